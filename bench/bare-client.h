/* SPDX-License-Identifier: MIT */
/*
 * A client without the library: one request, one reply. Two brokers in one run need it, since the
 * library keeps to one; and who means ill does not use the library either.
 */
#ifndef PRSHM_BENCH_BARE_CLIENT_H
#define PRSHM_BENCH_BARE_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "wire/wire.h"

/* A connection that waits 20 seconds for any reply; the broker has yet to accept it. -1: none, with
 * errno. */
int bare_connect(const char *path);

/* STAT of a name that nobody has, the cheapest question. False: the broker is not there for us. */
bool bare_ask(int fd);
int bare_send_ask(int fd, int flags); /* without waiting, as those below */

/* The connection is a watcher's from then on, who is told of all below that prefix. */
bool bare_watch(int fd, const char *prefix);

struct bare_segment {
	uint32_t handle;
	int fd; /* owned */
};

/* flags: WIRE_OPEN_*, size: bytes. OK, or why not; INTERNAL: the connection is of no more use. */
enum status bare_open(
	int fd, const char *name, uint64_t size, uint32_t flags, struct bare_segment *out);
/* What the library does of an open, and then an attach of SEGMENT_BYTES, a detach and a close. */
bool bare_use(int fd, const char *name, uint64_t size, uint32_t flags);
/* Both of the segment's descriptor and of its handle. */
bool bare_close(int fd, const struct bare_segment *segment);
enum status bare_delete(int fd, const char *name);

/* How many segments there are, as LIST shows them to us; more than one message has: as many as that
 * has. -1: the connection is of no more use. */
long bare_count_segments(int fd);

/* Without waiting for the reply; flags as send(2) has them. 0 or a negative errno. */
int bare_send_open(int fd, const char *name, uint64_t size, uint32_t open_flags, int flags);
int bare_send_delete(int fd, const char *name, int flags);
/* The next reply, its descriptor closed. 0 or a negative errno; *status: what it says. */
int bare_receive(int fd, int flags, enum status *status, uint32_t *handle);
int bare_send_close(int fd, uint32_t handle, int flags);

#endif
