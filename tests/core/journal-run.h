/* SPDX-License-Identifier: MIT */
/*
 * A random life of a broker that keeps a journal: peers come and go, ask for this and that, ask
 * again, time passes, and now and then the broker dies and the next one goes on. After each step
 * what the journal says is compared with what is there. The same seed is the same life.
 */
#ifndef PRSHM_TESTS_JOURNAL_RUN_H
#define PRSHM_TESTS_JOURNAL_RUN_H

#include "tests/core/journal-keeper.h"

#define RUN_PEERS   6
#define RUN_ENTRIES 4
#define RUN_NAMES   4

struct run {
	struct broker *broker;
	struct keeper keeper;
	struct run_peer {
		struct peer *peer;           /* NULL: not there */
		int fd;                      /* its socket */
		struct wire_request request; /* its last one, and what that points to */
		uint8_t entries[RUN_ENTRIES * WIRE_SIZE_entry];
		uint8_t names[RUN_NAMES * (WIRE_NAME_MAX + 2)];
	} peers[RUN_PEERS];
	uint64_t random;
	uint64_t seed;
	unsigned int step;
	bool compacts;                       /* every few steps */
	bool rewrites;                       /* so, but by a thread */
	struct token token;                  /* of the anonymous segment that was made last */
	unsigned int done[WIRE_OP_LAST + 1]; /* by op: requests that went well */
	/* how often that was */
	unsigned int failed, repeated, expired, restarted, rung, parked, rewritten;
	char at[128];
};

void run_begin(struct run *run, uint64_t seed, bool compacts);
void run_step(struct run *run);
void run_end(struct run *run);

/* A random number below that. */
uint32_t run_choose(struct run *run, uint32_t below);
/* A request of that peer, with the serial that comes next. */
void run_make_request(struct run *run, struct run_peer *from);

#endif
