/* SPDX-License-Identifier: MIT */
/*
 * A broker, seven peers, a clock, and tables of (peer, request) -> reply. The state a request meets
 *is what the steps before it made.
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
 * same step, repeated, gives what the table says. After every step the invariants hold, as many
 * descriptors are open as there are segments, and only such names have expired as the step tells.
 */
#ifndef PRSHM_TESTS_WORLD_H
#define PRSHM_TESTS_WORLD_H

#include "daemon/core/reply.h"
#include "tests/core/failing.h"
#include "tests/core/words.h"
#include "tests/lib/testing.h"

#define TOKENS_MAX 16

struct world {
	struct broker broker;          /* its policy allows all: see world.c for the limits */
	struct peer *peers[WHO_COUNT]; /* not END */
	uint32_t serials[WHO_COUNT];   /* of each one's last request */
	size_t fds_before;
	struct token tokens[TOKENS_MAX]; /* of anonymous segments, by number */
	char expired[256];               /* names that went in this step, a blank behind each */
	char at[256];                    /* the step that is being played, for people */
	unsigned int nth;                /* call that is to fail; 0: none */
	unsigned int fired;              /* calls that failed in this run */
};

void play(struct world *world, const struct step *steps); /* up to END */

/* Creates "/PREFIX0".."/PREFIX<count-1>" of one byte each, undisturbed: the state for a table. */
void given(
	struct world *world, enum who who, unsigned int count, const char *prefix, uint32_t mode);

/* A rule of the name policy, to be filled in; policy_sort is the caller's, where there are more. */
struct name_rule *given_rule(struct world *world, const char *prefix);
/* Limits as a configuration would set them. */
void given_host_limit(struct world *world, enum resource resource, uint64_t limit);
void given_limit(struct world *world, enum who who, enum resource resource, uint64_t limit);

/* One request, undisturbed and unchecked; the caller looks at the reply and deinits it. */
void ask(struct world *world, const struct step *step, struct reply *reply);
/* The same with the call failing that failing_plan says; what that was, or NULL. */
const struct failure *ask_disturbed(
	struct world *world, const struct step *step, struct reply *reply);

void replay(void (*scenario)(struct world *world));

#define SCENARIO(name)                                                                             \
	static void name##_scenario(struct world *world);                                          \
	TEST(name)                                                                                 \
	{                                                                                          \
		replay(name##_scenario);                                                           \
	}                                                                                          \
	static void name##_scenario(struct world *world)

/* For the whole of most scenarios. */
#define PLAY(...) play(world, (const struct step[]){__VA_ARGS__, {.who = END}})

#endif
