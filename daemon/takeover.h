/* SPDX-License-Identifier: MIT */
/*
 * Take-over: what a new broker does first, before it serves any client.
 *
 * (1) takeover_begin: finds what was passed to the process, opens the link to the keeper, and takes
 *     over all descriptors that the keeper holds.
 * (2) takeover_listener: goes on with the last broker's listening socket, or makes one.
 * (3) takeover_state: replays the last broker's journal. Each segment, connection and ring that the
 *     journal knows gets its descriptor, if the descriptor is what the journal says.
 * (4) takeover_end: the keeper drops the descriptors that nothing claimed.
 *
 * Between (3) and (4) the new broker begins to hand over its own changes (handover.h).
 */
#ifndef PRSHM_DAEMON_TAKEOVER_H
#define PRSHM_DAEMON_TAKEOVER_H

#include "base/listen.h"
#include "daemon/core/broker.h"
#include "daemon/keeper-link.h"
#include "daemon/options.h"

struct takeover_descriptor {
	uint64_t id;
	int fd; /* owned; -1: it was claimed */
};

struct takeover {
	struct takeover_descriptor *descriptors; /* owned; in the order of their ids */
	size_t count, room;
	int error;        /* -ENOMEM: there was no room for all */
	int socket;       /* owned: a manager passed it to listen on; or -1 */
	bool from_keeper; /* the keeper has started this broker, and has the last one's state */
};

/*
 * arguments: argv, for a keeper that this broker starts. link: closed by the caller, also after an
 * error. 0 or a negative errno, logged.
 */
int takeover_begin(struct takeover *takeover, const struct options *options, char **arguments,
	struct keeper_link *link);
/* path: where to listen; may be NULL if a socket was passed. 0 or a negative errno, logged. */
int takeover_listener(struct takeover *takeover, const char *path, struct listener *out);
/*
 * broker: as broker_init left it. Afterwards all its segments have their memory, and all its peers
 * their sockets. What does not fit together is left out, and logged. 0; or a negative errno,
 * logged: then the keeper must still have all, for a broker that can restore it.
 */
int takeover_state(struct takeover *takeover, struct broker *broker);
/*
 * Closes all unclaimed descriptors. link: the keeper drops them, too; NULL: the keeper still has
 * them.
 */
void takeover_end(struct takeover *takeover, struct keeper_link *link);

/*
 * For takeover-state.c: the descriptor that has this id, which the caller owns from now on; or -1.
 */
int takeover_claim(struct takeover *takeover, uint64_t id);

#endif
