/* SPDX-License-Identifier: MIT */
/* Plays tables of requests against a broker, with its calls failing in turn. */
#include "tests/core/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/core/expect.h"
#include "tests/core/failing.h"
#include "tests/core/invariants.h"

static const struct {
	uid_t uid;
	gid_t gid;
	gid_t group; /* 0: none */
} people[WHO_COUNT] = {
	[ROOT] = {0, 0, 0},
	[ALICE] = {1000, 1000, 0},
	[ALICE_TOO] = {1000, 1000, 0},
	[BOB] = {1001, 1001, 2000},
	[CAROL] = {1002, 2000, 0},
	[DAVE] = {1003, 1003, 0},
};

static const struct limits default_limits = {
	.segment_bytes = 1 << 20,
	.segments = 1000,
	.handles_a_connection = 1000,
};

static void connect_peer(struct world *world, enum who who)
{
	struct credentials credentials = {.uid = people[who].uid, .gid = people[who].gid};

	if (people[who].group != 0) {
		credentials.groups = malloc(sizeof(gid_t));
		ck_assert_ptr_nonnull(credentials.groups);
		credentials.groups[credentials.group_count++] = people[who].group;
	}
	peer_init(&world->peers[who], &world->broker.registry, &credentials,
		world->broker.limits.handles_a_connection);
}

static void assert_invariants(struct world *world, size_t fds_in_reply)
{
	const struct peer *peers[WHO_COUNT];
	size_t expected = world->fds_before + world->broker.registry.count + fds_in_reply;
	const char *broken;

	for (size_t i = ROOT; i < WHO_COUNT; i++)
		peers[i] = &world->peers[i];
	broken = invariants_broken(&world->broker, peers + ROOT, WHO_COUNT - ROOT);
	ck_assert_msg(!broken, "%s: %s", world->at, broken);
	ck_assert_msg(testing_count_fds() == expected, "%s: %zu descriptors instead of %zu",
		world->at, testing_count_fds(), expected);
}

/*
 * Through the codec, as a request of a real client comes in. Returns what was made to fail, or
 * NULL. Nothing but the broker may run meanwhile: check allocates, too.
 */
static const struct failure *send_request(
	struct world *world, const struct step *step, struct reply *reply, bool disturbed)
{
	struct wire_request request = step->request;
	const struct failure *fired;
	struct wire_message message;

	request.header.serial = (uint32_t)random();
	request.name_length = step->name_length > 0 ? step->name_length : strlen(request.name);
	ck_assert(wire_encode_request(&request, &message));
	ck_assert_int_eq(wire_decode_request(message.bytes, message.length, &request), STATUS_OK);
	reply_init(reply);
	failing_begin(disturbed);
	broker_handle(&world->broker, &world->peers[step->who], &request, reply);
	fired = failing_end();
	expect(world, reply->wire.header.serial == request.header.serial, "another's serial");
	expect(world, reply->wire.header.op == request.header.op, "another op");
	return fired;
}

void ask(struct world *world, const struct step *step, struct reply *reply)
{
	send_request(world, step, reply, false);
}

/* All that a request can change but the trees' and lists' shapes. */
struct sums {
	size_t segments;
	uint64_t last_number;
	uint64_t names;
	uint64_t holders;
};

static struct sums sum_up(struct world *world)
{
	struct registry *registry = &world->broker.registry;
	struct sums sums = {.segments = registry->count, .last_number = registry->last_number};

	for (struct segment *at = registry_next(registry, 0); at;
		at = registry_next(registry, at->number)) {
		sums.names += at->named;
		sums.holders += at->holder_count;
	}
	return sums;
}

static void expect_failure(
	const struct world *world, const struct failure *failure, const struct reply *reply)
{
	expect(world, reply->wire.header.status == failure->status, "it says \"%s\"",
		status_text(reply->wire.header.status));
	expect(world, reply->expected, "it is not told");
	expect(world, reply->wire.header.fds == 0 && !reply->fd_owned, "a descriptor comes along");
	expect(world, reply->error == (failure->status == STATUS_INTERNAL ? failure->error : 0),
		"it tells errno %d", reply->error);
}

/* Returns whether the step has to be repeated, because a call was made to fail. */
static bool ask_failing(struct world *world, const struct step *step, struct reply *reply)
{
	const struct sums before = sum_up(world);
	const struct failure *fired = send_request(world, step, reply, true);
	struct sums after;

	if (!fired)
		return false;
	describe(world, " with the %u. call failing (%s)", world->nth, fired->name);
	after = sum_up(world);
	expect_failure(world, fired, reply);
	expect(world, memcmp(&before, &after, sizeof(before)) == 0, "something has changed");
	reply_deinit(reply);
	assert_invariants(world, 0);
	describe(world, ", and again");
	world->fired++;
	return true;
}

static void play_step(struct world *world, const struct step *step)
{
	struct reply reply;

	if (step->leaves) {
		peer_deinit(&world->peers[step->who]);
		connect_peer(world, step->who);
		assert_invariants(world, 0);
		return;
	}
	if (ask_failing(world, step, &reply))
		ask(world, step, &reply);
	expect_reply(world, step, &reply);
	assert_invariants(world, reply.fd_owned);
	reply_deinit(&reply);
}

void play(struct world *world, const struct step *steps)
{
	for (size_t i = 0; steps[i].who != END; i++) {
		world->at[0] = '\0';
		describe(world, "row %zu, %s \"%.40s\"", i,
			steps[i].leaves ? "leaving" : wire_op_name(steps[i].request.header.op),
			steps[i].request.name ? steps[i].request.name : "");
		play_step(world, &steps[i]);
	}
}

void given(struct world *world, enum who who, unsigned int count, const char *prefix, uint32_t mode)
{
	for (unsigned int i = 0; i < count; i++) {
		char name[64];
		const struct step step = {who, CREATE(name, 1, mode)};
		struct reply reply;

		snprintf(name, sizeof(name), "/%s%u", prefix, i);
		ask(world, &step, &reply);
		ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
		reply_deinit(&reply);
	}
	assert_invariants(world, 0);
}

/* Returns how many calls were made to fail: one, or none when there are fewer than nth. */
static unsigned int run(void (*scenario)(struct world *world), unsigned int nth, unsigned int way)
{
	struct world world = {.fds_before = testing_count_fds(), .nth = nth, .at = "at first"};

	broker_init(&world.broker, &default_limits);
	for (enum who who = ROOT; who < WHO_COUNT; who++)
		connect_peer(&world, who);
	failing_plan(nth, way);
	scenario(&world);
	failing_plan(0, 0);
	for (enum who who = ROOT; who < WHO_COUNT; who++)
		peer_deinit(&world.peers[who]);
	broker_deinit(&world.broker);
	ck_assert_uint_eq(testing_count_fds(), world.fds_before);
	return world.fired;
}

void replay(void (*scenario)(struct world *world))
{
	ck_assert_uint_eq(run(scenario, 0, 0), 0);
	for (unsigned int way = 0; way < FAILING_WAYS; way++) {
		unsigned int nth = 1;

		while (run(scenario, nth, way) == 1)
			nth++;
		ck_assert_msg(nth > 1, "no call was made to fail: the harness is broken");
	}
}
