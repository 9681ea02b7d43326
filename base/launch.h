/* SPDX-License-Identifier: MIT */
/* How broker and keeper start each other. */
#ifndef PRSHM_BASE_LAUNCH_H
#define PRSHM_BASE_LAUNCH_H

/*
 * Runs a program with one end of a new link as its descriptor 3, passed under that name as
 * sd_listen_fds(3) describes. It inherits the standard streams and nothing else, and no signal is
 * ignored or blocked. One that cannot be executed is logged by the child, and the link ends.
 * command: its path and arguments, NULL-terminated. pidfd: NULL, or where one of the process goes,
 * or -1; the caller's. Returns the other end, the caller's, or a negative errno.
 */
int launch(char **command, const char *name, int *pidfd);

#endif
