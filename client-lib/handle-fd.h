/* SPDX-License-Identifier: MIT */
/*
 * The descriptors of a handle. A handle that is open has a descriptor or a mapping: one that was
 * taken back has none, and gets one when the program asks for it; so does one of very many.
 */
#ifndef PRSHM_CLIENT_HANDLE_FD_H
#define PRSHM_CLIENT_HANDLE_FD_H

#include <sys/stat.h>

#include "client-lib/handle.h"

/* Checks that fd is memory of that size that nobody can resize. Fills *st in. */
int handle_fd_verify(int fd, uint64_t size, struct stat *st);
/* Gives a new handle its descriptor; -1: it has no rights. */
void handle_fd_set(PRSharedMemory *handle, int fd);
/*
 * Where handles have a quarter of the descriptors that the process may have: maps the segment, and
 * closes the descriptor of this one.
 */
void handle_fd_save(PRSharedMemory *handle);
/*
 * 0: *fd is borrowed, and the handle's memory. -EBADF: the program has closed it. -EPROTO: the
 * broker has sent something else.
 */
int handle_fd_get(PRSharedMemory *handle, int *fd);
/* A read-only one; *close: it is the caller's to close. */
int handle_fd_get_readonly(PRSharedMemory *handle, int *fd, bool *close);
/* Closes both; one that the program has closed is left alone. */
void handle_fd_close(PRSharedMemory *handle);

#endif
