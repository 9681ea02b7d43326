/* SPDX-License-Identifier: MIT */
/* How broker and keeper start each other. */
#ifndef PRSHM_BASE_LAUNCH_H
#define PRSHM_BASE_LAUNCH_H

/*
 * Runs a program. Its descriptor 3 is one end of a new link, passed under that name as
 * sd_listen_fds(3) describes. The program inherits the standard streams and no other descriptor,
 * and ignores and blocks no signal. If it cannot be executed, the child logs that, and the link
 * ends.
 * command: path and arguments, NULL-terminated. pidfd: where to put a pidfd of the process, which
 * the caller owns, or -1; may be NULL. Returns the other end of the link, which the caller owns; or
 * a negative errno.
 */
int launch(char **command, const char *name, int *pidfd);

#endif
