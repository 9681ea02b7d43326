/* SPDX-License-Identifier: MIT */
/* Finds the object that a descriptor is of, wherever the descriptor comes from. */
#ifndef PRSHM_POSIX_IDENTIFY_H
#define PRSHM_POSIX_IDENTIFY_H

#include <sys/stat.h>

#include "posix-lib/objects.h"

/* What the kernel calls the memory of an object; the rest of the name follows. */
#define OBJECT_LABEL "/memfd:prshm:" OBJECT_PREFIX

/*
 * Whether this link in /proc leads to the memory of an object; name: what its segment was called.
 */
bool identify_label(const char *link, char name[OBJECT_FULL_MAX + 1]);
/*
 * *st: what the kernel tells of the descriptor. The object, with a reference for object_drop; NULL:
 * it is foreign. A descriptor that is not known yet is known from then on, and the process a
 * holder.
 */
struct object *identify_stat(int fd, const struct stat64 *st);
/* The same, and fills *st in. NULL with st->st_mode 0: the descriptor is not open; see errno. */
struct object *identify(int fd, struct stat64 *st);

#endif
