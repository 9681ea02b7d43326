/* SPDX-License-Identifier: MIT */
/* Two ways to a keeper: connect to its path, or start a keeper. */
#ifndef PRSHM_DAEMON_KEEPER_START_H
#define PRSHM_DAEMON_KEEPER_START_H

/*
 * Connects to the keeper at that path. Returns the link, which the caller owns; or a negative
 * errno.
 */
int keeper_connect(const char *path);

/*
 * Starts prshm-keeper, whose file is beside this program's. arguments: this program's argv, with
 * which the keeper can start it again. Returns the link, or a negative errno. The caller owns the
 * link and *pidfd.
 */
int keeper_start(char **arguments, int *pidfd);

#endif
