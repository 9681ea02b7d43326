/* SPDX-License-Identifier: MIT */
/*
 * Rights as lines of text, as getfacl(1) and setfacl(1) have them:
 *
 *	user::rw           the owner's bits of the mode; so group::, other::
 *	user:alice:rwd     an entry for a user; so group:staff:
 *
 * The letters are r, w, d (delete) and m (manage). A - stands for no right.
 */
#ifndef PRSHM_CTL_ACL_H
#define PRSHM_CTL_ACL_H

#include <stdio.h>

#include "include/prshm-client.h"

#define ACL_LETTERS_MAX 8

/* "rw", "-". */
const char *acl_letters(unsigned int rights, char out[ACL_LETTERS_MAX]);
/* "user:alice:rw"; the caller's to free. */
char *acl_entry_text(const struct prshm_entry *entry);
/* All lines. */
void acl_print(const struct prshm_rights *rights, FILE *to);
/* The entries as a JSON array, without the mode. */
void acl_print_json(const struct prshm_rights *rights, FILE *to);

enum acl_action { ACL_SET, ACL_REMOVE };

/*
 * Sets what one line says, or removes the entry that "user:alice" names; rights after the name are
 * ignored. Returns NULL, or what is wrong: then the rights have not changed.
 */
const char *acl_apply(struct prshm_rights *rights, enum acl_action action, const char *line);

#endif
