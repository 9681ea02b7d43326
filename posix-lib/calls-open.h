/* SPDX-License-Identifier: MIT */
/* What opens, copies and closes the descriptor of an object, by the name of its segment. */
#ifndef PRSHM_POSIX_CALLS_OPEN_H
#define PRSHM_POSIX_CALLS_OPEN_H

#include <sys/types.h>

/* A descriptor that is the caller's, or -1 with errno. flags, mode: of open(2). */
int open_segment(const char *full, int flags, mode_t mode);
/* The same, and the descriptor has O_CLOEXEC, O_APPEND and O_NONBLOCK as open(2) would give. */
int open_object(const char *full, int flags, mode_t mode);
/* dup3(2) of such a descriptor. */
int copy_segment(int fd, int to, int flags);
/* Closes such a descriptor, and leaves errno as it is. */
void close_segment(int fd);
/* 0, or -1 with errno. */
int unlink_segment(const char *full);

#endif
