/* SPDX-License-Identifier: MIT */
/*
 * Access lists as acl(5) has them, in the bytes of the extended attribute in which the kernel takes
 * and gives them, and as the rights of a segment.
 */
#ifndef PRSHM_POSIX_ACCESS_LIST_H
#define PRSHM_POSIX_ACCESS_LIST_H

#include <stddef.h>

#include "posix-lib/ask.h"

#define ACCESS_LIST_NAME "system.posix_acl_access"
/* Three entries that each list has, a mask, and the named users and groups. */
#define ACCESS_LIST_MAX (4 + 8 * (4 + WIRE_ENTRIES_MAX))

/* 0, or an errno. No entries at all: the named users and groups go, and the mode stays. */
int access_list_read(const void *bytes, size_t size, struct rights *rights);
/* The number of bytes. */
size_t access_list_write(const struct rights *rights, unsigned char bytes[ACCESS_LIST_MAX]);

#endif
