/* SPDX-License-Identifier: MIT */
/*
 * The messages between broker and keeper: which descriptor is stored under which id. Each is one
 * SOCK_SEQPACKET message of 16 bytes. All numbers are little-endian and the format is versioned,
 * since broker and keeper may be of different releases.
 */
#ifndef PRSHM_WIRE_KEEPER_H
#define PRSHM_WIRE_KEEPER_H

#include <stdint.h>

#define KEEPER_VERSION 1
#define KEEPER_BATCH   64 /* HELD messages in one answer to TAKE: the kernel limits fds in flight */

enum keeper_op {
	KEEPER_HELLO = 1, /* from the keeper, its first message; brings a pidfd of the keeper */
	KEEPER_PUT = 2,   /* from the broker: store this descriptor under id; close the old one */
	/* from the broker: close the descriptor that has this id; count 1: it is small */
	KEEPER_DROP = 3,
	KEEPER_TAKE = 4,  /* from the broker: send the next descriptors, those above id */
	KEEPER_HELD = 5,  /* from the keeper: one id, with its descriptor */
	KEEPER_END = 6,   /* from the keeper: TAKE is answered, with this count of HELD messages;
			     fewer than KEEPER_BATCH: there are no more descriptors */
	KEEPER_LEAVE = 7, /* from the broker: close all; no other broker will go on */
};

struct keeper_message {
	enum keeper_op op;
	uint32_t count;
	uint64_t id;
	int fd; /* -1: the message has none. keeper_receive's caller owns a received one */
};

/*
 * flags: MSG_DONTWAIT or 0. Both return 0 or a negative errno, as wire_send and wire_receive do.
 * -EBADMSG: also a message of another version, of an unknown op, with a descriptor that does not
 * belong to its op, or without the descriptor that does.
 * -EMFILE, -ENFILE: a descriptor came, but the descriptor table is full; the message is lost.
 * -ECONNRESET: the link has ended. If the peer died with messages unread, this error comes once
 * before the messages that the peer had sent (unix(7)). A caller that wants them receives again;
 * the error returns after the last message.
 */
int keeper_send(int link, const struct keeper_message *message, int flags);
int keeper_receive(int link, struct keeper_message *message, int flags);

#endif
