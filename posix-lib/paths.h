/* SPDX-License-Identifier: MIT */
/* Paths in /dev/shm, where the program wants them to be the broker's. */
#ifndef PRSHM_POSIX_PATHS_H
#define PRSHM_POSIX_PATHS_H

#include <stdbool.h>
#include <sys/stat.h>

/* False: the path is none of ours. *result: 0, or -1 with errno. */
bool paths_stat(const char *path, struct stat64 *st, int *result);

#endif
