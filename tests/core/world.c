/* SPDX-License-Identifier: MIT */
/* Plays tables of requests against a broker, with its calls failing in turn. */
#include "tests/core/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/handle.h"
#include "tests/core/expect.h"
#include "tests/core/failing.h"
#include "tests/core/invariants.h"
#include "tests/core/page.h"
#include "tests/core/sums.h"
#include "tests/lib/process.h"

#define SECOND UINT64_C(1000000000)

static const struct {
	uid_t uid;
	gid_t gid;
	gid_t group; /* 0: none */
	bool unmapped;
} people[WHO_COUNT] = {
	[ROOT] = {0, 0, 0, false},
	[ALICE] = {1000, 1000, 0, false},
	[ALICE_TOO] = {1000, 1000, 0, false},
	[BOB] = {1001, 1001, 2000, false},
	[CAROL] = {1002, 2000, 0, false},
	[DAVE] = {1003, 1003, 0, false},
	[NOBODY] = {65534, (gid_t)-1, 0, true},
};

static uint64_t seconds; /* the registry's clock takes no argument */

static uint64_t tell_time(void)
{
	return seconds * SECOND;
}

static void note_expired(void *data, const struct segment *segment, enum expiry why)
{
	struct world *world = data;
	size_t length = strlen(world->expired);

	(void)why;
	snprintf(world->expired + length, sizeof(world->expired) - length, "%.*s ",
		(int)segment->name_length, segment->name);
}

/* Limits that no scenario meets by chance: one user may have nearly half of them. */
static void init_broker(struct world *world)
{
	struct policy policy;

	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = UINT64_C(1) << 20;
	policy.host[RESOURCE_BYTES] = UINT64_MAX / 4 * 3;
	policy.segment_bytes = 1 << 20;
	/* else it would be told with each creation */
	policy.memory.preallocate = PREALLOCATE_NEVER;
	broker_init(&world->broker, &policy);
	seconds = 1;
	world->broker.registry.clock = tell_time;
	world->broker.registry.on_expired = note_expired;
	world->broker.registry.on_expired_data = world;
}

struct name_rule *given_rule(struct world *world, const char *prefix)
{
	struct name_rule *rule = policy_add_rule(&world->broker.policy);

	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup(prefix);
	rule->file = strdup("test.conf");
	rule->line = (unsigned int)world->broker.policy.rule_count;
	ck_assert(rule->prefix && rule->file);
	return rule;
}

void given_host_limit(struct world *world, enum resource resource, uint64_t limit)
{
	world->broker.policy.host[resource] = limit;
	world->broker.accounts.host[resource] = limit;
}

void given_limit(struct world *world, enum who who, enum resource resource, uint64_t limit)
{
	world->peers[who]->account->limit[resource] = limit;
	world->peers[who]->account->has_own[resource] = true;
}

/* Returns what was made to fail, or NULL: then it ends as wanted. */
static const struct failure *connect_peer(
	struct world *world, enum who who, const struct step *wanted, bool disturbed)
{
	struct credentials credentials = {
		.uid = people[who].uid,
		.gid = people[who].gid,
		.unmapped = people[who].unmapped,
	};
	const struct failure *fired;
	struct refusal why = {.kind = REFUSED_NOT};
	enum status status;

	if (people[who].group != 0) {
		credentials.groups = malloc(sizeof(gid_t));
		ck_assert_ptr_nonnull(credentials.groups);
		credentials.groups[credentials.group_count++] = people[who].group;
	}
	failing_begin(disturbed);
	status = broker_add_peer(&world->broker, &credentials, -1, &world->peers[who], &why);
	fired = failing_end();
	expect(world, status == (fired ? fired->status : wanted->status), "connecting: %s",
		status_text((uint16_t)status));
	expect(world,
		fired || (why.kind == wanted->refusal.kind &&
				 why.resource == wanted->refusal.resource),
		"it is limited by %s, kind %d", resource_unit(why.resource, 2), (int)why.kind);
	return fired;
}

static void assert_invariants(struct world *world, size_t fds_in_reply)
{
	size_t expected = world->fds_before + world->broker.registry.count + fds_in_reply;
	const struct peer *peer = peers_next(&world->broker.peers, 0);
	const char *broken;

	for (; peer; peer = peers_next(&world->broker.peers, peer->number))
		expected += peer->ring.fd >= 0;
	broken = invariants_broken(&world->broker);
	ck_assert_msg(!broken, "%s: %s", world->at, broken);
	ck_assert_msg(process_count_fds(0) == expected, "%s: %zu descriptors instead of %zu",
		world->at, process_count_fds(0), expected);
}

/* Blanks in the table, lengths on the wire. */
static void pack_names(struct wire_request *request, uint8_t *tail)
{
	const char *name = request->name;
	size_t used = 0;

	while (*name) {
		const size_t length = strcspn(name, " ");

		ck_assert(wire_put_name(tail, WIRE_MESSAGE_MAX, &used, name, length));
		request->open_many.count++;
		name += length + (name[length] == ' ');
	}
	request->name = (const char *)tail;
	request->name_length = used;
}

/* What tables cannot have: what tails are made of, counts, and tokens, which are random. */
static void complete(struct world *world, const struct step *step, struct wire_request *request,
	uint8_t *entries)
{
	const struct token *token = &world->tokens[step->token_of % TOKENS_MAX];

	if (step->again)
		world->peers[step->who]->last.answered = false;
	else if (!step->ignored)
		world->serials[step->who]++;
	request->header.serial = world->serials[step->who];
	request->name_length = step->name_length > 0 ? step->name_length : strlen(request->name);
	if (request->header.op == WIRE_OP_REDEEM) {
		request->redeem.token_high ^= token->high;
		request->redeem.token_low ^= token->low;
	}
	if (request->header.op == WIRE_OP_OPEN_MANY)
		pack_names(request, entries);
	if (request->header.op == WIRE_OP_OPEN)
		request->open.entry_count = step->entry_count;
	else if (request->header.op == WIRE_OP_SET_RIGHTS)
		request->set_rights.entry_count = step->entry_count;
	else if (request->header.op == WIRE_OP_EXPLAIN)
		request->explain.entry_count = step->entry_count;
	else
		return;
	request->entries = entries;
	request->entry_count = step->entry_count;
	for (uint32_t i = 0; i < step->entry_count; i++)
		wire_put_right(entries, i, &step->entries[i]);
}

static void remember_token(struct world *world, const struct reply *reply)
{
	const struct wire_made *made = &reply->wire.made;

	if (reply->wire.header.op != WIRE_OP_ANONYMOUS || reply->wire.header.status != STATUS_OK)
		return;
	expect(world, made->segment < TOKENS_MAX, "no room for its token");
	world->tokens[made->segment] = (struct token){made->token_high, made->token_low};
}

/*
 * Through the codec, as a request of a real client comes in. Returns what was made to fail, or
 * NULL. Nothing but the broker may run meanwhile: check allocates, too.
 */
static const struct failure *send_request(
	struct world *world, const struct step *step, struct reply *reply, bool disturbed)
{
	struct wire_request request = step->request;
	uint8_t entries[WIRE_MESSAGE_MAX];
	const struct failure *fired;
	struct wire_message message;

	complete(world, step, &request, entries);
	ck_assert(wire_encode_request(&request, &message));
	ck_assert_int_eq(wire_decode_request(message.bytes, message.length, &request), STATUS_OK);
	reply_init(reply);
	reply->room = step->room > 0 ? step->room : 1;
	reply->last_time = step->last_time;
	world->broker.registry.now = (1600000000 + seconds) * SECOND;
	failing_begin(disturbed);
	broker_handle(&world->broker, world->peers[step->who], &request, reply);
	fired = failing_end();
	expect(world, reply->wire.header.serial == request.header.serial, "another's serial");
	expect(world, reply->wire.header.op == request.header.op, "another op");
	remember_token(world, reply);
	return fired;
}

void ask(struct world *world, const struct step *step, struct reply *reply)
{
	send_request(world, step, reply, false);
}

const struct failure *ask_disturbed(
	struct world *world, const struct step *step, struct reply *reply)
{
	return send_request(world, step, reply, true);
}

static void expect_failure(
	const struct world *world, const struct failure *failure, const struct reply *reply)
{
	expect(world, reply->wire.header.status == failure->status, "it says \"%s\"",
		status_text(reply->wire.header.status));
	expect(world, reply->expected, "it is not told");
	expect(world, reply->wire.header.fds == 0 && reply->fd_count == 0,
		"a descriptor comes along");
	expect(world, reply->error == (failure->status == STATUS_INTERNAL ? failure->error : 0),
		"it tells errno %d", reply->error);
	expect(world, reply->refusal.kind == REFUSED_NOT, "a limit is told of");
}

static void expect_unchanged(
	struct world *world, const struct sums *before, const struct failure *failure)
{
	struct sums after = sum_up(&world->broker);

	describe(world, " with the %u. call failing (%s)", world->nth, failure->name);
	expect(world, memcmp(before, &after, sizeof(after)) == 0, "something has changed");
	assert_invariants(world, 0);
	describe(world, ", and again");
	world->fired++;
}

/* Some scenarios end with a peer that was refused. */
static struct peer *leave(struct world *world, enum who who)
{
	struct peer *peer = world->peers[who];

	return peer ? broker_remove_peer(&world->broker, peer) : NULL;
}

static void play_leave(struct world *world, const struct step *step)
{
	const enum who who = step->who;
	const struct failure *fired;
	struct sums before;

	world->peers[who] = leave(world, who);
	before = sum_up(&world->broker);
	fired = connect_peer(world, who, step, true);
	if (fired) {
		expect_unchanged(world, &before, fired);
		connect_peer(world, who, step, false);
	}
	assert_invariants(world, 0);
}

static size_t count_owned(const struct reply *reply)
{
	size_t count = 0;

	for (size_t i = 0; i < reply->fd_count; i++)
		count += reply->fds[i].owned;
	return count;
}

/* Of OPEN_MANY one name fails, and not the request: broker-many.c looks at that. */
static void play_request(struct world *world, const struct step *step)
{
	const bool disturbed = step->request.header.op != WIRE_OP_OPEN_MANY;
	const struct sums before = sum_up(&world->broker);
	struct reply reply;
	const struct failure *fired = send_request(world, step, &reply, disturbed);

	if (fired) {
		expect_failure(world, fired, &reply);
		reply_deinit(&reply);
		expect_unchanged(world, &before, fired);
		ask(world, step, &reply);
	}
	if (step->ignored)
		expect(world, !reply.expected, "it is answered");
	else
		expect_reply(world, step, &reply);
	assert_invariants(world, count_owned(&reply));
	reply_deinit(&reply);
}

static void play_step(struct world *world, const struct step *step)
{
	world->expired[0] = '\0';
	if (step->leaves) {
		play_leave(world, step);
	} else if (page_is_played(step)) {
		expect(world, page_play(world->peers[step->who]->ring.page, step) != step->frozen,
			"the handle is frozen, or not");
	} else if (step->passes > 0) {
		seconds += step->passes;
		broker_expire(&world->broker);
		assert_invariants(world, 0);
	} else {
		play_request(world, step);
	}
	expect(world, strcmp(world->expired, step->expires ? step->expires : "") == 0,
		"these expired: %s", world->expired);
}

void play(struct world *world, const struct step *steps)
{
	for (size_t i = 0; steps[i].who != END; i++) {
		const struct step *step = &steps[i];

		world->at[0] = '\0';
		describe(world, "row %zu, %s \"%.40s\"", i,
			step->leaves           ? "leaving"
			: page_is_played(step) ? "in its page"
			: step->passes > 0     ? "waiting"
					       : wire_op_name(step->request.header.op),
			step->request.name ? step->request.name : "");
		play_step(world, step);
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
	struct world world = {.fds_before = process_count_fds(0), .nth = nth, .at = "at first"};
	const struct step accepted = {.leaves = true};

	init_broker(&world);
	for (enum who who = ROOT; who < WHO_COUNT; who++)
		connect_peer(&world, who, &accepted, false);
	failing_plan(nth, way);
	scenario(&world);
	failing_plan(0, 0);
	for (enum who who = ROOT; who < WHO_COUNT; who++)
		leave(&world, who);
	broker_deinit(&world.broker);
	ck_assert_uint_eq(process_count_fds(0), world.fds_before);
	return world.fired;
}

/* In the short form each call fails in one of its ways, and the next one in another. */
void replay(void (*scenario)(struct world *world))
{
	const unsigned int ways = testing_is_long() ? FAILING_WAYS : 1;

	ck_assert_uint_eq(run(scenario, 0, 0), 0);
	for (unsigned int way = 0; way < ways; way++) {
		unsigned int nth = 1;

		while (run(scenario, nth, nth + way) == 1)
			nth++;
		ck_assert_msg(nth > 1, "no call was made to fail: the harness is broken");
	}
}
