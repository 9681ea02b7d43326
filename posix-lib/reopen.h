/* SPDX-License-Identifier: MIT */
/* Opens once more what a descriptor is of, by the number that the descriptor has in /proc. */
#ifndef PRSHM_POSIX_REOPEN_H
#define PRSHM_POSIX_REOPEN_H

/*
 * fd: what open(2) of this path and these flags has returned, with its errno. If the kernel has
 * refused /proc/PID/fd/N, /dev/fd/N or the like of an object: another descriptor, which is the
 * caller's. Else the same, with the same errno.
 */
int reopen(int fd, const char *path, int flags);

#endif
