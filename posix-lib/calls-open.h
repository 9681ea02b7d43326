/* SPDX-License-Identifier: MIT */
/* shm_open(3) and shm_unlink(3), by the name of the segment. */
#ifndef PRSHM_POSIX_CALLS_OPEN_H
#define PRSHM_POSIX_CALLS_OPEN_H

#include <sys/types.h>

/* A descriptor that is the caller's, or -1 with errno. flags, mode: of open(2). */
int open_segment(const char *full, int flags, mode_t mode);
/* 0, or -1 with errno. */
int unlink_segment(const char *full);

#endif
