/* SPDX-License-Identifier: MIT */
/*
 * A broker, six peers, and tables of (peer, request) -> reply. The state a request meets is what
 *the steps before it made.
 *
 *	SCENARIO(only_the_owner_deletes)
 *	{
 *		PLAY({ALICE, CREATE("/a", 4096, 0600), OPENED(1, 4096, 0, RW)},
 *			{BOB, DELETE("/a"), FAILS(DENIED)},
 *			{ALICE, DELETE("/a"), DONE});
 *	}
 *
 * A scenario is a test. It runs undisturbed first, then again and again with one more call of the
 * core's failing (failing.h): the reply then says so, nothing has changed, nothing leaks, and the
 * same step, repeated, gives what the table says. After every step the invariants hold and as many
 * descriptors are open as there are segments.
 */
#ifndef PRSHM_TESTS_WORLD_H
#define PRSHM_TESTS_WORLD_H

#include "tests/core/steps.h"
#include "tests/testing.h"

struct world {
	struct broker broker;
	struct peer peers[WHO_COUNT]; /* not END */
	size_t fds_before;
	char at[256];       /* the step that is being played, for people */
	unsigned int nth;   /* call that is to fail; 0: none */
	unsigned int fired; /* calls that failed in this run */
};

void play(struct world *world, const struct step *steps); /* up to END */

/* Creates "/PREFIX0".."/PREFIX<count-1>" of one byte each, undisturbed: the state for a table. */
void given(
	struct world *world, enum who who, unsigned int count, const char *prefix, uint32_t mode);

/* One request, undisturbed and unchecked; the caller looks at the reply and deinits it. */
void ask(struct world *world, const struct step *step, struct reply *reply);

void replay(void (*scenario)(struct world *world));

#define SCENARIO(name)                                                                             \
	static void name##_scenario(struct world *world);                                          \
	START_TEST(name)                                                                           \
	{                                                                                          \
		replay(name##_scenario);                                                           \
	}                                                                                          \
	END_TEST                                                                                   \
	static void name##_scenario(struct world *world)

/* For the whole of most scenarios. */
#define PLAY(...) play(world, (const struct step[]){__VA_ARGS__, {.who = END}})

#endif
