/* SPDX-License-Identifier: MIT */
/* STATUS: what is there, and what was done, for everybody. */
#include <string.h>

#include "tests/core/world.h"
#include "tests/lib/testing.h"

#define OF_NONE 0

/* As DAVE, who has nothing to do with any of it. */
static struct wire_condition look(struct world *world, struct reply *reply)
{
	const struct step step = {DAVE, REQUEST(WIRE_OP_STATUS, "", .none = {})};

	ask(world, &step, reply);
	ck_assert_int_eq(reply->wire.header.status, STATUS_OK);
	reply_deinit(reply);
	return reply->wire.condition;
}

static uint64_t counted(struct world *world, enum wire_counter counter, uint32_t of)
{
	struct reply reply;
	const struct wire_condition condition = look(world, &reply);
	struct wire_count count;
	size_t at = 0;

	for (uint32_t i = 0; i < condition.count; i++) {
		ck_assert(wire_get_count(reply.wire.tail, reply.wire.tail_length, &at, &count));
		if (count.counter == counter && count.of == of)
			return count.value;
	}
	ck_abort_msg("counter %d of %u is not told", (int)counter, of);
	return 0;
}

static void expect_counts(struct world *world, const uint64_t *wanted)
{
	static const enum wire_counter counters[] = {WIRE_COUNTER_OPENS, WIRE_COUNTER_CREATIONS,
		WIRE_COUNTER_DELETIONS, WIRE_COUNTER_CLOSES, WIRE_COUNTER_DENIALS,
		WIRE_COUNTER_EXPIRIES, WIRE_COUNTER_ACCEPTED, WIRE_COUNTER_ENDED};

	for (size_t i = 0; i < sizeof(counters) / sizeof(*counters); i++) {
		const uint64_t got = counted(world, counters[i], OF_NONE);

		ck_assert_msg(got == wanted[i], "counter %d is %ju instead of %ju",
			(int)counters[i], (uintmax_t)got, (uintmax_t)wanted[i]);
	}
}

/* Opens, creations, deletions, closes, denials, expiries, connections accepted, ended. */
#define COUNTS(...) expect_counts(world, (const uint64_t[]){__VA_ARGS__})

static void do_all(struct world *world)
{
	COUNTS(0, 0, 0, 0, 0, 0, 7, 0);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 2, RW)},
		{ALICE_TOO, REDEEM(2), OPENED(2, 1, 0, RW)});
	COUNTS(4, 2, 0, 0, 0, 0, 7, 0);
	PLAY({BOB, OPEN("/a", 0), FAILS(DENIED)}, {BOB, DELETE("/a"), FAILS(DENIED)},
		{BOB, OPEN("/b", 0), FAILS(NOT_FOUND)}, {ALICE, CLOSE(0), DONE},
		{ALICE, CLOSE(0), DONE}, {ALICE, DELETE("/a"), DONE},
		{ALICE, DELETE("/a"), FAILS(NOT_FOUND)});
	COUNTS(4, 2, 1, 1, 2, 0, 7, 0);
	PLAY({ALICE, LEAVES}); /* and comes again */
	COUNTS(4, 2, 1, 3, 2, 0, 8, 1);
	PLAY({ALICE, CREATE_LIVING("/c", 0600, UNUSED, 0), OPENED(3, 1, 0, RW)},
		{ALICE, CLOSE(0), DONE, EXPIRES("/c ")});
	COUNTS(5, 3, 1, 4, 2, 1, 8, 1);
}

/* Not where a call fails: what is asked for twice is counted twice. */
static void run_undisturbed(struct world *world)
{
	if (world->nth == 0)
		do_all(world);
	else
		PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

TEST(opens_creations_deletions_closes_denials_expiries_and_connections_are_counted)
{
	replay(run_undisturbed);
}

SCENARIO(requests_are_counted_by_op_and_refusals_by_resource)
{
	const uint64_t before = counted(world, WIRE_COUNTER_REQUESTS, WIRE_OP_STATUS);

	ck_assert_uint_eq(counted(world, WIRE_COUNTER_REQUESTS, WIRE_OP_STATUS), before + 1);
	given_limit(world, ALICE, RESOURCE_SEGMENTS, 0);
	PLAY({ALICE, CREATE("/a", 1, 0600), LIMITED(SEGMENTS, USER)});
	ck_assert_uint_ge(counted(world, WIRE_COUNTER_REQUESTS, WIRE_OP_OPEN), 1);
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_REQUESTS, WIRE_OP_DELETE), 0);
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_REFUSALS, WIRE_RESOURCE_SEGMENTS), 1);
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_REFUSALS, WIRE_RESOURCE_BYTES), 0);
	given_limit(world, BOB, RESOURCE_CONNECTIONS, 0);
	world->broker.accounts.host[RESOURCE_CONNECTIONS] = 6;
	PLAY({BOB, LEAVES, LIMITED(CONNECTIONS, HOST)});
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_REFUSALS, WIRE_RESOURCE_CONNECTIONS), 1);
	PLAY({DAVE, CREATE("/d", 1, 0600), OPENED(1, 1, 0, RW)});
}

SCENARIO(what_there_is_now_is_told)
{
	struct wire_condition condition;
	struct reply reply;

	PLAY({ALICE, CREATE("/a", 4097, 0600), OPENED(1, 4097, 0, RW)},
		{ROOT, OPEN("/a", 0), OPENED(1, 4097, 0, RW)}, {ROOT, CLOSE(0), DONE});
	condition = look(world, &reply);
	ck_assert_uint_eq(condition.segments, 1);
	ck_assert_uint_eq(condition.bytes, 8192);
	ck_assert_uint_eq(condition.connections, 7);
	ck_assert_uint_eq(condition.handles, 1);
	ck_assert_uint_eq(condition.users, 6);
	ck_assert_uint_eq(condition.keeper, WIRE_KEEPER_UNWANTED);
	ck_assert_uint_eq(condition.restarts, 0);
	ck_assert_uint_eq(reply.wire.tail_length, condition.count * (size_t)WIRE_SIZE_count);
}

static bool answer_as_told(void *data)
{
	return *(const bool *)data;
}

SCENARIO(what_the_shell_knows_is_told)
{
	bool there = true;
	struct wire_condition condition;
	struct reply reply;

	world->broker.restarts = 3;
	world->broker.health = (struct health){.version = "1.2",
		.started = 77,
		.handed = 99,
		.has_keeper = answer_as_told,
		.data = &there};
	condition = look(world, &reply);
	ck_assert_uint_eq(condition.restarts, 3);
	ck_assert_uint_eq(condition.started, 77);
	ck_assert_uint_eq(condition.handed, 99);
	ck_assert_uint_eq(condition.keeper, WIRE_KEEPER_THERE);
	ck_assert_uint_eq(reply.wire.tail_length, condition.count * (size_t)WIRE_SIZE_count + 3);
	ck_assert_mem_eq(reply.wire.tail + reply.wire.tail_length - 3, "1.2", 3);
	there = false;
	ck_assert_uint_eq(look(world, &reply).keeper, WIRE_KEEPER_MISSING);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

SCENARIO(capacity_is_told_and_which_process_the_broker_is)
{
	PLAY({ALICE, CREATE("/a", 4097, 0600), OPENED(1, 4097, 0, RW)});
	world->broker.health.uid = 123;
	world->broker.health.pid = 4567;
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_USED, WIRE_RESOURCE_SEGMENTS), 1);
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_USED, WIRE_RESOURCE_BYTES), 8192);
	for (uint32_t i = 0; i < RESOURCE_COUNT; i++)
		ck_assert_uint_eq(
			counted(world, WIRE_COUNTER_LIMIT, i + 1), world->broker.accounts.host[i]);
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_UID, OF_NONE), 123);
	ck_assert_uint_eq(counted(world, WIRE_COUNTER_PID, OF_NONE), 4567);
}

/*
 * Behind the version, each after a NUL: an older client takes all of it for the version, and stops
 * there.
 */
SCENARIO(the_configuration_is_told_behind_the_version)
{
	static const char told[] = "1.2\0/etc/a.conf\0/etc/a.conf\0/etc/a.conf.d/b.conf";
	char *files[] = {(char *)"/etc/a.conf", (char *)"/etc/a.conf.d/b.conf"};
	struct wire_condition condition;
	struct reply reply;
	size_t counters;

	world->broker.health.version = "1.2";
	world->broker.health.configured = "/etc/a.conf";
	world->broker.health.files = files;
	world->broker.health.file_count = 2;
	condition = look(world, &reply);
	counters = condition.count * (size_t)WIRE_SIZE_count;
	ck_assert_uint_eq(reply.wire.tail_length, counters + sizeof(told) - 1);
	ck_assert_mem_eq(reply.wire.tail + counters, told, sizeof(told) - 1);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

/* A file whose path does not fit is left out, and the reply stays one message. */
SCENARIO(more_files_than_fit_are_left_out)
{
	char path[4000];
	char *files[] = {path, (char *)"/b"};
	struct wire_condition condition;
	struct reply reply;

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	world->broker.health.configured = "/a";
	world->broker.health.files = files;
	world->broker.health.file_count = 2;
	condition = look(world, &reply);
	ck_assert_uint_eq(reply.wire.tail_length,
		condition.count * (size_t)WIRE_SIZE_count + sizeof("/a") + sizeof("/b"));
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

static struct wire_origin origin_of(struct world *world, uint64_t number, enum status status)
{
	const struct step step = {ALICE, REQUEST(WIRE_OP_ORIGIN, "", .reopen = {number})};
	struct reply reply;

	ask(world, &step, &reply);
	ck_assert_int_eq(reply.wire.header.status, status);
	reply_deinit(&reply);
	return reply.wire.origin;
}

SCENARIO(who_made_a_segment_and_who_opened_it_last_is_told)
{
	struct wire_origin origin;

	PLAY({ALICE, CREATE("/a", 1, 0666), OPENED(1, 1, 0, RW)});
	origin = origin_of(world, 1, STATUS_OK);
	ck_assert_uint_eq(origin.creator_uid, world->peers[ALICE]->credentials.uid);
	ck_assert_uint_eq(origin.creator_pid, (uint32_t)world->peers[ALICE]->credentials.pid);
	ck_assert_uint_eq(origin.opener_uid, origin.creator_uid);
	PLAY({BOB, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {BOB, CLOSE(0), DONE});
	origin = origin_of(world, 1, STATUS_OK);
	ck_assert_uint_eq(origin.creator_uid, world->peers[ALICE]->credentials.uid);
	ck_assert_uint_eq(origin.opener_uid, world->peers[BOB]->credentials.uid);
	ck_assert_uint_eq(origin.opener_pid, (uint32_t)world->peers[BOB]->credentials.pid);
	PLAY({BOB, CREATE("/b", 1, 0600), OPENED(2, 1, 0, RW)});
	origin_of(world, 2, STATUS_NOT_FOUND);
	origin_of(world, 99, STATUS_NOT_FOUND);
}

static unsigned int stops;

static void count_stop(void *data)
{
	(void)data;
	stops++;
}

#define STOP REQUEST(WIRE_OP_STOP, "", .none = {})

SCENARIO(the_user_of_the_broker_and_root_may_stop_it)
{
	stops = 0;
	world->broker.health.pid = 1;
	world->broker.health.uid = world->peers[BOB]->credentials.uid;
	PLAY({ALICE, STOP, FAILS(NOT_OWNER)}, {BOB, STOP, FAILS(REFUSED)});
	world->broker.health.stop = count_stop;
	PLAY({ALICE, STOP, FAILS(NOT_OWNER)});
	ck_assert_uint_eq(stops, 0);
	PLAY({BOB, STOP, DONE}, {ROOT, STOP, DONE});
	ck_assert_uint_ge(stops, 2);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
}

/* What the broker before this one did is not counted again: the memory and handles are there. */
SCENARIO(a_broker_that_starts_counts_anew_and_forgets_nothing)
{
	struct reply reply;

	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
	broker_start(&world->broker);
	COUNTS(0, 0, 0, 0, 0, 0, 0, 0);
	ck_assert_uint_eq(look(world, &reply).handles, 1);
	PLAY({ALICE, CLOSE(0), DONE});
	COUNTS(0, 0, 0, 1, 0, 0, 0, 0);
	ck_assert_uint_eq(look(world, &reply).handles, 0);
}
