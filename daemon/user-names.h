/* SPDX-License-Identifier: MIT */
/*
 * Names of users for "%u" in a prefix, remembered: the account database may be slow, and all
 * clients wait.
 */
#ifndef PRSHM_DAEMON_USER_NAMES_H
#define PRSHM_DAEMON_USER_NAMES_H

#include <sys/types.h>

#define USER_NAMES_MAX      1024  /* users that are remembered; then the oldest is forgotten */
#define USER_NAMES_AGAIN_MS 10000 /* after that time a uid that had no name is asked for again */

/* Borrowed until the next call. NULL: the uid has no name, or there is no memory. */
const char *user_names_find(uid_t uid);
void user_names_forget(void); /* all: accounts may have changed */

#endif
