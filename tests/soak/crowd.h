/* SPDX-License-Identifier: MIT */
/*
 * A crowd of ill-meaning clients of one broker, on this host's own Unix socket: each process of it
 * is another user, has so many connections, and does the same with all. They live until they are
 * stopped, or whoever started them ends.
 */
#ifndef PRSHM_SOAK_CROWD_H
#define PRSHM_SOAK_CROWD_H

#include <stdbool.h>
#include <sys/types.h>

#define CROWD_MAX 50

/* Name, key in JSON, whether it needs the CPU all the time. */
#define ABUSES(X)                                                                                  \
	X(SILENT, "connect and say nothing", "silent", false)                                      \
	X(UNREAD, "never read the replies", "unread", false)                                       \
	X(HOLD, "hold all they can get", "hold", false)                                            \
	X(HALF, "send half a request, reconnect", "half", true)                                    \
	X(OPENS, "flood opens", "opens", true)                                                     \
	X(CREATES, "flood creates", "creates", true)                                               \
	X(DELETES, "flood deletes", "deletes", true)                                               \
	X(CONNECTS, "connect and close", "connects", true)                                         \
	X(BURN, "only burn CPU", "burn", true)

/* Name, and what it is called: what can be hoarded, each measured by hoards.h. */
#define HOARDS(X)                                                                                  \
	X(HANDLES, "handles")                                                                      \
	X(BYTES, "bytes")                                                                          \
	X(WATCHES, "watches")                                                                      \
	X(CONNECTIONS, "connections")

enum abuse {
#define X(name, text, key, burns) ABUSE_##name,
	ABUSES(X)
#undef X
		ABUSE_COUNT,
#define X(name, text) HOARD_##name,
	HOARDS(X)
#undef X
};

struct crowd {
	pid_t pids[CROWD_MAX];
	unsigned int count;
	double since; /* now_us() */
};

/*
 * users: up to CROWD_MAX, of FIRST_UID and so on. Of a HOARD_ each has one connection, and that
 * many things at most. Returns when all are at it; false: they are not.
 */
bool crowd_start(struct crowd *crowd, enum abuse abuse, const char *socket, unsigned int users,
	unsigned int connections_each);
/* Returns which share of one CPU's time the crowd has taken since it was started. */
double crowd_stop(struct crowd *crowd);

#endif
