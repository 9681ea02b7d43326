/* SPDX-License-Identifier: MIT */
/* The life of a broker, step by step. */
#include "tests/core/journal-run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/handle.h"
#include "daemon/core/park.h"
#include "daemon/core/rewrite.h"
#include "daemon/core/succession.h"
#include "tests/core/invariants.h"
#include "tests/core/journal-replayed.h"
#include "tests/core/journal-state.h"
#include "tests/lib/testing.h"

#define SECOND UINT64_C(1000000000)

static uint64_t seconds; /* the registry's clock takes no argument */

static uint64_t tell_time(void)
{
	return seconds * SECOND;
}

/*
 * What threads have to do, which the test does some time later; as is the time, they are nobody's
 * own.
 */
static struct {
	void (*work)(void *of);
	void *of;
} tasks[2];

static bool postpone(void (*work)(void *of), void *of)
{
	for (size_t i = 0; i < sizeof(tasks) / sizeof(*tasks); i++) {
		if (tasks[i].work)
			continue;
		tasks[i].work = work;
		tasks[i].of = of;
		return true;
	}
	return false; /* no more threads */
}

static void do_task(size_t i)
{
	void (*const work)(void *of) = tasks[i].work;

	tasks[i].work = NULL;
	if (work)
		work(tasks[i].of);
}

static void count_expired(void *data, const struct segment *segment, enum expiry why)
{
	(void)segment;
	(void)why;
	((struct run *)data)->expired++;
}

/* splitmix64: any seed is a good one. */
uint32_t run_choose(struct run *run, uint32_t below)
{
	uint64_t mixed = run->random += UINT64_C(0x9e3779b97f4a7c15);

	mixed = (mixed ^ mixed >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94d049bb133111eb);
	return (uint32_t)((mixed ^ mixed >> 31) >> 32) % below;
}

/* What is made below "/c" is root's; who made it pays. */
static void add_rule(struct policy *policy)
{
	struct name_rule *rule = policy_add_rule(policy);

	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup("/c");
	rule->file = strdup("test.conf");
	ck_assert(rule->prefix && rule->file);
	rule->owner = 0;
	rule->linger = 2;
}

/* Few enough that each limit is met now and then. */
static void set_limits(struct broker *broker)
{
	uint64_t *host = broker->policy.host;

	host[RESOURCE_SEGMENTS] = 24;
	host[RESOURCE_BYTES] = 40 * 4096;
	host[RESOURCE_CONNECTIONS] = 20;
	host[RESOURCE_HANDLES] = 64;
	memcpy(broker->accounts.host, host, sizeof(broker->accounts.host));
}

/* In one place for life: peers and accounts point into it. */
static struct broker *new_broker(void)
{
	struct broker *broker = malloc(sizeof(*broker));

	ck_assert_ptr_nonnull(broker);
	return broker;
}

static void set_up(struct run *run)
{
	struct succession succession = keeper_succession(&run->keeper);
	struct registry *registry = &run->broker->registry;

	set_limits(run->broker);
	add_rule(&run->broker->policy);
	registry->clock = tell_time;
	registry->on_expired = count_expired;
	registry->on_expired_data = run;
	if (run->rewrites)
		succession.run = postpone;
	ck_assert_int_eq(succession_begin(run->broker, &succession), 0);
}

void run_begin(struct run *run, uint64_t seed, bool compacts)
{
	*run = (struct run){.seed = seed, .random = seed, .compacts = compacts};
	run->rewrites = compacts && seed % 2 == 0;
	run->keeper.at = run->at;
	seconds = 1;
	run->broker = new_broker();
	replayed_init(run->broker);
	set_up(run);
}

/* Supplementary groups are not the journal's: who restores a peer asks its socket. */
static void add_groups(struct credentials *credentials)
{
	if (credentials->uid != 1001)
		return;
	credentials->groups = malloc(sizeof(gid_t));
	ck_assert_ptr_nonnull(credentials->groups);
	credentials->groups[0] = 2000;
	credentials->group_count = 1;
}

static void come(struct run *run, size_t index)
{
	static const uid_t uids[RUN_PEERS] = {0, 1000, 1000, 1001, 1002, 65534};
	struct run_peer *coming = &run->peers[index];
	struct credentials credentials = {
		.uid = uids[index],
		.gid = uids[index] + 1,
		.pid = (pid_t)run_choose(run, 30000),
		.unmapped = uids[index] == 65534,
	};
	struct refusal why;
	int ends[2];

	add_groups(&credentials);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	close(ends[1]);
	coming->fd = ends[0];
	if (broker_add_peer(run->broker, &credentials, coming->fd, &coming->peer, &why) !=
		STATUS_OK)
		close(coming->fd);
}

static void go(struct run *run, struct run_peer *going)
{
	if (!going->peer->ended && run_choose(run, 2)) {
		broker_end_peer(run->broker, going->peer);
		return;
	}
	going->peer = broker_remove_peer(run->broker, going->peer);
	close(going->fd);
}

static void note_reply(struct run *run, const struct reply *reply)
{
	const struct wire_header *header = &reply->wire.header;

	ck_assert_uint_ne(header->status, STATUS_INTERNAL);
	run->failed += header->status != STATUS_OK;
	if (header->status != STATUS_OK || header->op > WIRE_OP_LAST)
		return;
	run->done[header->op]++;
	if (header->op == WIRE_OP_ANONYMOUS && reply->expected)
		run->token =
			(struct token){reply->wire.made.token_high, reply->wire.made.token_low};
}

/* A repeated LIST looks into all rings, and a repeated WATCH sweeps what is parked. */
static bool is_any_waiting(const struct run *run)
{
	for (size_t i = 0; i < RUN_PEERS; i++) {
		if (run->peers[i].peer && ring_waiting(&run->peers[i].peer->ring) > 0)
			return true;
	}
	return park_count_all(run->broker) > 0;
}

/*
 * One in six is the last one once more; one in fifty is older or too new, and one in fifty another
 * with the serial of the last.
 */
static void ask(struct run *run, struct run_peer *from)
{
	struct reply *reply = malloc(sizeof(*reply));
	struct wire_request *request = &from->request;
	const size_t used = run->broker->journal.used;
	bool waiting;
	bool seen;

	ck_assert_ptr_nonnull(reply);
	if (from->request.header.op == 0 || !from->peer->last.known || run_choose(run, 6))
		run_make_request(run, from);
	else
		run->repeated++;
	if (run_choose(run, 50) == 0)
		request->header.serial += run_choose(run, 6) - 3;
	else if (run_choose(run, 50) == 0)
		request->header.serial = from->peer->last.serial;
	snprintf(run->at, sizeof(run->at), "seed %ju, step %u, %s of uid %u", (uintmax_t)run->seed,
		run->step, wire_op_name(request->header.op),
		(unsigned int)from->peer->credentials.uid);
	seen = from->peer->last.known &&
	       (int32_t)(request->header.serial - from->peer->last.serial) <= 0;
	/*
	 * Of several holds one may be closed that there is no room for in the new broker's reply.
	 */
	if (seen && from->peer->last.op == WIRE_OP_OPEN_MANY && !from->peer->last.answered)
		seen = false;
	waiting = is_any_waiting(run);
	reply_init(reply);
	reply->room = 1 + run_choose(run, RUN_NAMES);
	run->broker->registry.now = 1000 + run_choose(run, 1000); /* this clock may go back */
	broker_handle(run->broker, from->peer, request, reply);
	ck_assert_msg(!seen || waiting || run->compacts || run->broker->journal.used == used,
		"%s: it is done once more", run->at);
	note_reply(run, reply);
	reply_deinit(reply);
	free(reply);
}

/* Dies; its journal and its memory stay, and the next one goes on. */
static void restart(struct run *run)
{
	struct broker *next = new_broker();

	keeper_replay(&run->keeper, next);
	for (size_t i = 0; i < RUN_PEERS; i++) {
		struct run_peer *at = &run->peers[i];

		if (!at->peer)
			continue;
		at->peer = peers_find(&next->peers, at->peer->number);
		ck_assert_ptr_nonnull(at->peer);
		at->peer->fd = at->fd;
		at->peer->after_takeover = true;
		add_groups(&at->peer->credentials);
	}
	rewrite_end(run->broker);
	succession_end(run->broker);
	run->broker->registry.on_expired = NULL;
	replayed_discard(run->broker);
	free(run->broker);
	run->broker = next;
	run->broker->restarts++;
	run->restarted++;
	set_up(run);
	park_take_over(run->broker);
	succession_commit(run->broker);
}

/* Were the broker killed now, the next one would be as this one is. */
static void check(struct run *run)
{
	const char *broken;
	const char *difference;
	struct broker next;

	if (run->keeper.is_blind)
		return;
	broken = invariants_broken(run->broker);
	ck_assert_msg(!broken, "%s: %s", run->at, broken);
	keeper_replay(&run->keeper, &next);
	broken = invariants_broken(&next);
	ck_assert_msg(!broken, "%s: replayed: %s", run->at, broken);
	difference = state_difference(run->broker, &next);
	ck_assert_msg(!difference, "%s: %s", run->at, difference);
	keeper_assert_nothing_else(&run->keeper, run->broker);
	replayed_discard(&next);
}

/* Right or wrong, and with nobody there to look. */
static void ring(struct run *run, const struct peer *peer)
{
	struct ring_page *page = peer->ring.page;

	if (!page)
		return;
	page->handles[page->closed % RING_ROOM] = run_choose(run, 6);
	page->closed++;
	run->rung++;
}

/* Mostly as a client may, now and then whatever comes. */
static void park(struct run *run, const struct peer *peer)
{
	const uint32_t handle = run_choose(run, 6);
	_Atomic uint64_t *word = peer->ring.page ? &peer->ring.page->parks[0] : NULL;

	if (!word)
		return;
	if (run_choose(run, 20) == 0)
		*word ^= (uint64_t)run_choose(run, 64) << (run_choose(run, 2) * 32);
	else if (!(*word & RING_FROZEN(handle)))
		*word ^= RING_PARKED(handle);
	run->parked++;
}

static void describe(struct run *run, const char *deed)
{
	snprintf(run->at, sizeof(run->at), "seed %ju, step %u, %s", (uintmax_t)run->seed, run->step,
		deed);
}

static void act(struct run *run)
{
	const size_t index = run_choose(run, RUN_PEERS);
	struct run_peer *peer = &run->peers[index];
	const uint32_t deed = run_choose(run, 100);

	if (deed <= 1) {
		describe(run, "restarting");
		restart(run);
	} else if (deed <= 8) {
		describe(run, "waiting");
		seconds += run_choose(run, 3);
		broker_expire(run->broker);
	} else if (!peer->peer) {
		describe(run, "coming");
		come(run, index);
	} else if (deed <= 12 || peer->peer->ended) {
		describe(run, "going");
		go(run, peer);
	} else if (deed <= 20) {
		describe(run, "ringing");
		ring(run, peer->peer);
	} else if (deed <= 28) {
		describe(run, "parking");
		park(run, peer->peer);
	} else {
		ask(run, peer);
	}
}

/* A thread takes its time, and the broker looks after each step, as an event loop does. */
static void rewrite(struct run *run)
{
	const uint64_t compactions = run->broker->counters.compactions;

	describe(run, "rewriting");
	rewrite_tend(run->broker);
	if (run->step % 3 == 0)
		do_task(run->step / 3 % 2);
	run->rewritten += run->broker->counters.compactions > compactions;
	check(run);
}

void run_step(struct run *run)
{
	run->step++;
	if (run->compacts)
		run->broker->compact_at = run_choose(run, 4) ? SIZE_MAX : 0;
	act(run);
	check(run);
	if (run->rewrites)
		rewrite(run);
}

void run_end(struct run *run)
{
	rewrite_end(run->broker);
	while (tasks[0].work || tasks[1].work) {
		do_task(0);
		do_task(1);
	}
	for (size_t i = 0; i < RUN_PEERS; i++) {
		if (run->peers[i].peer)
			close(run->peers[i].fd);
	}
	succession_end(run->broker);
	run->broker->registry.on_expired = NULL;
	replayed_discard(run->broker);
	free(run->broker);
	keeper_deinit(&run->keeper);
}
