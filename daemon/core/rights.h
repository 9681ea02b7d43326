/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a segment: a pure function of a user's credentials and the segment's rights.
 *
 *	if (rights_of(&peer->credentials, &segment->rights, NULL) & WIRE_READ) ...
 */
#ifndef PRSHM_DAEMON_CORE_RIGHTS_H
#define PRSHM_DAEMON_CORE_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "wire/wire.h"

/* What the kernel said when the connection was accepted. Nothing is looked up by pid, ever. */
struct credentials {
	uid_t uid;
	gid_t gid;
	pid_t pid;     /* only for people to read; 0: our pid namespace has no number for it */
	bool unmapped; /* our user namespace has no number for this user: uid means nothing */
	gid_t *groups; /* owned: supplementary groups */
	size_t group_count;
};

struct rights {
	uid_t uid;
	gid_t gid;
	mode_t mode;                /* 0..0777; execute bits are stored, but mean nothing */
	struct wire_entry *entries; /* owned; NULL without any */
	uint32_t entry_count;
};

/* Which rule decided; prshm(7) has the same numbers. */
enum rights_rule {
	RIGHTS_ROOT = 1,
	RIGHTS_OWNER,
	RIGHTS_USER_ENTRY,
	RIGHTS_GROUPS,
	RIGHTS_OTHER,
};

void credentials_deinit(struct credentials *credentials);
void credentials_sort_groups(struct credentials *credentials); /* once, before any look-up */
bool credentials_have_group(const struct credentials *credentials, gid_t gid);

/* A set of enum wire_access. rule may be NULL. */
unsigned int rights_of(
	const struct credentials *who, const struct rights *rights, enum rights_rule *rule);

/* The entry for that user or group, or NULL. */
const struct wire_entry *rights_find_entry(
	const struct wire_entry *entries, size_t count, uint16_t kind, uint32_t id);

/*
 * Takes mode and entries as a client sent them. OK, BAD_RIGHTS (too many, an unknown kind or right,
 * one id twice) or NO_MEMORY; *out is filled in only by OK, its owner fields are not touched.
 */
enum status rights_take(
	struct rights *out, uint32_t mode, const uint8_t *entries, size_t entry_count);
/* OK or NO_MEMORY; *out is filled in only by OK. */
enum status rights_copy(struct rights *out, const struct rights *from);
void rights_deinit(struct rights *rights);

/* Removes rights that the mode does not allow. Its group bits limit the entries, as in acl(5). */
void rights_limit(struct rights *rights, mode_t largest);
/* Removes delete and manage from all entries. */
void rights_limit_to_use(struct rights *rights);

#endif
