/* SPDX-License-Identifier: MIT */
/* Two ways to a keeper: connect to a path, or start one. */
#ifndef PRSHM_DAEMON_KEEPER_START_H
#define PRSHM_DAEMON_KEEPER_START_H

/* Connects to the keeper at that path. The link, the caller's; or a negative errno. */
int keeper_connect(const char *path);

/*
 * Starts prshm-keeper, which lies beside this program, with the arguments (argv) that it needs to start
 * this program again. The link, the caller's, as is *pidfd; or a negative errno.
 */
int keeper_start(char **arguments, int *pidfd);

#endif
