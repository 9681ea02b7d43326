/* SPDX-License-Identifier: MIT */
/*
 * The link to the keeper. Either somebody else runs the keeper, which listens at a path; or the keeper is
 * the broker's own: the broker starts it, and it starts the broker again when that was killed.
 *
 * A keeper that has had no room for a message for a second is killed. One that was killed, or has gone,
 * is replaced: the broker connects to, or starts, another one and hands everything over to it. If that
 * does not work the broker goes on without a keeper, and tries again each second.
 */
#ifndef PRSHM_DAEMON_KEEPER_LINK_H
#define PRSHM_DAEMON_KEEPER_LINK_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct keeper_link {
	int fd;            /* owned; -1: there is no keeper now */
	int pidfd;         /* owned; of the keeper, once it is known; or -1 */
	const char *path;  /* borrowed; where the keeper listens; NULL: it is the broker's own */
	char **arguments;  /* borrowed; the broker's argv, for a keeper of its own */
	bool handing_over; /* to another keeper: its failure does not begin that again */
	bool missing;      /* that there is no keeper was logged */
	uint64_t handed;   /* messages sent on this link */
	void (*put_all)(void *data); /* puts everything; NULL before keeper_link_watch */
	void *data;
	struct event readable;
	struct event again;
};

/*
 * path: where a keeper listens that somebody else runs: tries for ten seconds. NULL: starts one.
 * passed_fd: the link with which a keeper started this broker, taken; or -1. arguments: argv.
 * 0 or a negative errno, logged.
 */
int keeper_link_open(
	struct keeper_link *link, const char *path, int passed_fd, char **arguments);
void keeper_link_close(struct keeper_link *link); /* what is kept stays there */

/* Whether the broker starts the keeper, and the keeper the broker. */
bool keeper_link_is_own(const struct keeper_link *link);

/*
 * Passes all that the keeper holds to take, in the order of ids; take owns the descriptor. 0; or a
 * negative errno, and then take was called for what came until then.
 */
int keeper_link_take_over(struct keeper_link *link, void (*take)(void *data, uint64_t id, int fd),
	void *data);

/* From now on a keeper that goes is replaced, and put_all is called for the new one. 0 or -ENOMEM. */
int keeper_link_watch(struct keeper_link *link, struct event_base *base,
	void (*put_all)(void *data), void *data);

/* One-way: a failure replaces the keeper. */
void keeper_link_put(struct keeper_link *link, uint64_t id, int fd);
void keeper_link_drop(struct keeper_link *link, uint64_t id);
/* The broker ends, and another is to go on: the last chance to hand over, if there is no keeper now. */
void keeper_link_settle(struct keeper_link *link);
/* The broker ends, and means it: nothing is to be kept, and a keeper of ours ends before this returns. */
void keeper_link_leave(struct keeper_link *link);

#endif
