/* SPDX-License-Identifier: MIT */
/*
 * The way to the keeper. It is supervised by somebody else, and listens at a path; or it is ours: we
 * start it, and it starts us again when we were killed.
 *
 * One that has gone, or has had no room for a message for a second (then it is killed, for it would
 * come back as one of two), is connected to or started again, and handed everything over. If that does
 * not work the broker goes on without, and tries again each second.
 */
#ifndef PRSHM_DAEMON_KEEPER_LINK_H
#define PRSHM_DAEMON_KEEPER_LINK_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct keeper_link {
	int fd;           /* owned; -1: there is no keeper now */
	int pidfd;        /* owned; of the keeper, once it is known; or -1 */
	const char *path; /* borrowed; where it listens; NULL: it is ours */
	char **arguments; /* borrowed; what we were started with, for a keeper of ours */
	bool restoring;
	bool missing;     /* told once, until there is one again */
	uint64_t handed;  /* messages sent on this link */
	void (*hand_over)(void *data); /* puts everything; NULL as long as nothing is there */
	void *data;
	struct event readable;
	struct event again;
};

/*
 * passed_fd: the link a keeper of ours started us with, taken; or -1. arguments: argv. Tries for ten
 * seconds. 0 or a negative errno, logged.
 */
int keeper_link_open(
	struct keeper_link *link, const char *path, int passed_fd, char **arguments);
void keeper_link_close(struct keeper_link *link); /* what is kept stays there */

/* Whether it is one of ours. */
bool keeper_link_is_own(const struct keeper_link *link);

/*
 * Has all that is kept passed to take, which owns the descriptor. 0 or a negative errno, and then what
 * came until then has been taken.
 */
int keeper_link_take(struct keeper_link *link, void (*take)(void *data, uint64_t id, int fd),
	void *data);

/* From now on looks after the keeper. */
int keeper_link_watch(struct keeper_link *link, struct event_base *base,
	void (*hand_over)(void *data), void *data);

/* One-way. */
void keeper_link_put(struct keeper_link *link, uint64_t id, int fd);
void keeper_link_drop(struct keeper_link *link, uint64_t id);
/* The broker ends, and another is to go on: the last chance to hand over, if there is no keeper now. */
void keeper_link_settle(struct keeper_link *link);
/* The broker ends, and means it: nothing is to be kept, and a keeper of ours ends before this returns. */
void keeper_link_leave(struct keeper_link *link);

#endif
