/* SPDX-License-Identifier: MIT */
/*
 * The link to the keeper. Either somebody else runs the keeper, which listens at a path. Or the
 * keeper is the broker's own: the broker starts the keeper, and the keeper starts the broker again
 * when the broker was killed.
 *
 * A keeper that has no room for a message is killed: after one second, or, if it is busy, after
 * five. When a keeper was killed or has gone, the broker connects to another keeper, or starts one,
 * and hands everything over to it. If that fails, the broker goes on without a keeper, and tries
 * again each second.
 */
#ifndef PRSHM_DAEMON_KEEPER_LINK_H
#define PRSHM_DAEMON_KEEPER_LINK_H

#include <event2/event_struct.h>
#include <stdbool.h>
#include <stdint.h>

struct keeper_link {
	int fd;           /* owned; -1: there is no keeper now */
	int pidfd;        /* owned; of the keeper, once it is known; or -1 */
	const char *path; /* borrowed; where the keeper listens; NULL: it is the broker's own */
	char **arguments; /* borrowed; the broker's argv, for a keeper of its own */
	/* a new keeper is being handed everything; if it fails, do not start over */
	bool handing_over;
	bool missing;                /* there is no keeper, and that was logged */
	uint64_t handed;             /* messages sent on this link */
	void (*put_all)(void *data); /* puts everything; NULL before keeper_link_watch */
	void *data;
	struct event readable;
	struct event again;
};

/*
 * path: where a keeper listens that somebody else runs; tries for ten seconds.
 * NULL: starts a keeper.
 * passed_fd: the link to the keeper that started this broker, owned from here on; or -1.
 * arguments: the broker's argv. Returns 0 or a negative errno, which is logged.
 */
int keeper_link_open(struct keeper_link *link, const char *path, int passed_fd, char **arguments);
void keeper_link_close(struct keeper_link *link); /* the keeper still has its descriptors */

/* Whether the keeper is the broker's own: each of the two starts the other. */
bool keeper_link_is_own(const struct keeper_link *link);

/*
 * Calls take for each descriptor that the keeper has, in the order of ids; take owns the
 * descriptor. Returns 0; or a negative errno, after take was called for the descriptors that came
 * until then.
 */
int keeper_link_take_over(
	struct keeper_link *link, void (*take)(void *data, uint64_t id, int fd), void *data);

/*
 * From now on a keeper that goes is replaced, and put_all is called for the new one. 0 or -ENOMEM.
 */
int keeper_link_watch(
	struct keeper_link *link, struct event_base *base, void (*put_all)(void *data), void *data);

/* Neither waits for an answer. If the message cannot be sent, the keeper is replaced. */
void keeper_link_put(struct keeper_link *link, uint64_t id, int fd);
/* under REAPER_BYTES */
void keeper_link_drop(struct keeper_link *link, uint64_t id, bool is_small);
/*
 * For a broker that ends while another is to go on. If there is no keeper now, this tries once more
 * to reach one and to hand everything over. Whether a keeper has all.
 */
bool keeper_link_settle(struct keeper_link *link);
/*
 * For a broker that ends for good: the keeper closes everything. The broker's own keeper has ended
 * when this returns.
 */
void keeper_link_leave(struct keeper_link *link);

#endif
