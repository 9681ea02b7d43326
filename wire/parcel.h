/* SPDX-License-Identifier: MIT */
/*
 * A parcel: a Unix socket, in whose queue lies all that a keeper would hold. What is in the queue
 * lives as long as that one descriptor does. Each message is SOCK_SEQPACKET: a header of 8 bytes,
 * an id of 8 bytes for each descriptor, all numbers little-endian, and the descriptors.
 *
 * One queue has not room for all. So a parcel's messages bring queues, and each of these has
 * messages with what is kept; the ids of the former mean nothing.
 */
#ifndef PRSHM_WIRE_PARCEL_H
#define PRSHM_WIRE_PARCEL_H

#include <stddef.h>
#include <stdint.h>

#include "wire/wire.h"

#define PARCEL_VERSION 1

struct parcel_message {
	size_t count;
	uint64_t ids[WIRE_FDS_MAX];
	int fds[WIRE_FDS_MAX]; /* the caller of parcel_receive owns them */
};

/* Neither waits. 0 or a negative errno; -EAGAIN: the queue is full, or empty. */
int parcel_send(int socket, const struct parcel_message *message);
/* -EBADMSG: no message of a parcel, or of another version. */
int parcel_receive(int socket, struct parcel_message *message);

/* A parcel that is being filled. */
struct parcel_filling {
	struct parcel_message queues; /* owned; their other ends are closed */
	struct parcel_message next;   /* borrowed; not sent yet */
	/* owned; both ends of the queue that is being filled; or -1 */
	int end, queue;
	size_t count; /* all that were added */
	int error;    /* the first one, a negative errno; or 0 */
};

void parcel_begin(struct parcel_filling *filling);
/*
 * fd is borrowed until parcel_end. Sockets should come last: while many thousands are in flight,
 * the kernel looks through all of them whenever anybody sends on a Unix socket.
 */
void parcel_add(struct parcel_filling *filling, uint64_t id, int fd);
/* the parcel, which the caller owns; or a negative errno */
int parcel_end(struct parcel_filling *filling);

/*
 * Closes parcel, after put was called for each descriptor in it, which put owns; put returns 0 or a
 * negative errno. 0; or the first error: what comes after that is closed.
 */
int parcel_open(int parcel, int (*put)(void *data, uint64_t id, int fd), void *data);

#endif
