/* SPDX-License-Identifier: MIT */
/*
 * A parcel: a Unix socket, in whose queue lies all that a keeper holds. What is in the queue lives as
 * long as that one descriptor does. Each message is SOCK_SEQPACKET: a header of 8 bytes, an id of 8 bytes
 * for each descriptor, all numbers little-endian, and the descriptors.
 *
 * One queue has not room for all. So a parcel's messages bring queues, and each of these has messages with
 * what the keeper holds; the ids of the former mean nothing.
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

#endif
