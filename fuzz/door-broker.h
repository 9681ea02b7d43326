/* SPDX-License-Identifier: MIT */
/*
 * The broker that a program with libprshm-posix has in a fuzz target: the real core, which is
 * honest, and a wire that the input spoils.
 */
#ifndef PRSHM_FUZZ_DOOR_BROKER_H
#define PRSHM_FUZZ_DOOR_BROKER_H

#include "daemon/core/broker.h"
#include "fuzz/make-request.h"

#define DOOR_NAMES 3   /* of objects */
#define DOOR_OWN   500 /* from this number on the library has its socket; see posix-lib/own.c */

struct door_broker {
	struct broker broker;
	struct peer *program, *other; /* program: NULL: not connected */
	uint32_t serial;              /* of the other's last request */
	struct input *input;
	bool is_over;  /* each connection ends */
	bool was_lost; /* the program has lost a connection, with its handles */
	/* a reply was not the core's: nothing that the broker says counts */
	bool has_lied;
};
extern struct door_broker door;

/* To be called before each input, and after. */
void door_begin(struct input *input);
void door_end(void);
/* As a segment's: "/dev/shm/a" and so on. */
const char *door_segment_name(size_t which);
const struct segment *door_find(size_t which);
/* One request of another program of the same user, as the input says. */
void door_play_other(void);
/* The connection breaks. */
void door_break(void);
/* ... if its socket is no longer there. */
void door_notice_end(void);
/* How many handles of that memory the program has, when all that it has closed is closed. */
unsigned int door_count_handles(uint64_t inode);

#endif
