/* SPDX-License-Identifier: MIT */
/*
 * What broker and keeper say to each other: which descriptor to keep under which number. One
 * SOCK_SEQPACKET message each, of 16 bytes, little-endian, as they outlive each other's upgrades.
 */
#ifndef PRSHM_WIRE_KEEPER_H
#define PRSHM_WIRE_KEEPER_H

#include <stdint.h>

#define KEEPER_VERSION 1
#define KEEPER_BATCH   64 /* HELD messages in one answer to TAKE: what is in flight is counted */

enum keeper_op {
	KEEPER_HELLO = 1, /* keeper to broker, first of all; brings a pidfd of the keeper */
	KEEPER_PUT = 2,   /* keep this descriptor under id, in place of what is there */
	KEEPER_DROP = 3,  /* id is not needed any more */
	KEEPER_TAKE = 4,  /* give me what you have above id; answered by HELD ... HELD END */
	KEEPER_HELD = 5,  /* id, and its descriptor */
	KEEPER_END = 6,   /* count HELD have come; fewer than KEEPER_BATCH: there are no more */
	KEEPER_LEAVE = 7, /* forget all; the broker ends, and means it */
};

struct keeper_message {
	enum keeper_op op;
	uint32_t count;
	uint64_t id;
	int fd; /* -1: none comes along. A received one is the caller's */
};

/*
 * 0 or a negative errno, as wire_send and wire_receive; -EBADMSG also for what is not of this
 * protocol: another version or op, or a descriptor where none belongs, or none where one does.
 * -EMFILE, -ENFILE: a descriptor came, and the table is full; the message is lost.
 * flags: MSG_DONTWAIT or 0. -ECONNRESET may come once before what is queued: unix(7) tells so of a
 * peer that dies with unread messages. Who wants the queue reads on; at the end it comes again.
 */
int keeper_send(int link, const struct keeper_message *message, int flags);
int keeper_receive(int link, struct keeper_message *message, int flags);

#endif
