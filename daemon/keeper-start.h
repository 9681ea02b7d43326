/* SPDX-License-Identifier: MIT */
/* How the broker comes to a keeper: by a path, or by starting one. */
#ifndef PRSHM_DAEMON_KEEPER_START_H
#define PRSHM_DAEMON_KEEPER_START_H

/* A link to the keeper that listens there. The descriptor, or a negative errno. */
int keeper_connect(const char *path);

/*
 * Starts prshm-keeper, which lies beside our own program, with what it needs to start us again. The
 * link; *pidfd is the caller's, too. Or a negative errno.
 */
int keeper_start(char **arguments, int *pidfd);

#endif
