/* SPDX-License-Identifier: MIT */
/*
 * The worst that parking costs others: 2,000 clients, each with as many handles parked as the
 * library parks, are swept; segment by segment, as where each is deleted, and all at once, as
 * before a handle is refused because the host is full. Beside it: the same clients have closed the
 * same handles in their rings, and these are drained.
 */
#include <stdio.h>
#include <stdlib.h>

#include "bench/section.h"
#include "bench/statistics.h"
#include "daemon/core/broker-peer.h"
#include "daemon/core/drain.h"
#include "daemon/core/park.h"
#include "daemon/core/segment-charges.h"

#define PEERS        2000U
#define HANDLES      64U
#define ROUNDS       21U
#define QUICK_ROUNDS 5U
#define AT_MOST      2.0

enum way { DRAIN, SWEEP, DRAIN_AND_RELEASE, SWEEP_AND_RELEASE, WAY_COUNT };

struct sweep {
	struct broker broker;
	struct peer *peers[PEERS];
	struct segment *segments[HANDLES];
	uint32_t numbers[PEERS][HANDLES]; /* the handle that a peer has of a segment */
	double times[WAY_COUNT][ROUNDS];  /* us */
};

static bool make_segments(struct sweep *sweep)
{
	struct account *account = account_get(&sweep->broker.accounts, 0);
	char name[32];

	for (unsigned int i = 0; account && i < HANDLES; i++) {
		const size_t length = (size_t)snprintf(name, sizeof(name), "/sweep/%u", i);
		struct segment *segment = segment_restore(name, length, SEGMENT_BYTES, i);

		if (!segment)
			return false;
		segment->number = i + 1;
		segment->lifetime = WIRE_LIFETIME_KEPT;
		segment_restore_charges(segment, account);
		registry_restore(&sweep->broker.registry, segment, true);
		sweep->segments[i] = segment;
	}
	return account;
}

/* The page is of ordinary memory: nobody else maps it. */
static bool make_peers(struct sweep *sweep)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		const struct credentials credentials = {.uid = 1000 + i, .gid = 1000 + i};
		struct credentials taken = credentials;
		struct refusal why = {.kind = REFUSED_NOT};

		if (broker_add_peer(&sweep->broker, &taken, -1, &sweep->peers[i], &why) !=
			STATUS_OK)
			return false;
		sweep->peers[i]->ring.page = aligned_alloc(RING_BYTES, RING_BYTES);
		if (!sweep->peers[i]->ring.page)
			return false;
		*sweep->peers[i]->ring.page = (struct ring_page){.parking = 1};
	}
	return true;
}

static bool open_all(struct sweep *sweep)
{
	for (unsigned int i = 0; i < PEERS * HANDLES; i++) {
		struct peer *peer = sweep->peers[i / HANDLES];
		struct refusal why = {.kind = REFUSED_NOT};
		struct holder *holder;

		if (peer_reserve(peer, &why) != STATUS_OK)
			return false;
		holder = peer_hold(peer, sweep->segments[i % HANDLES], 1, WIRE_READ | WIRE_WRITE);
		park_give_out(&sweep->broker, holder);
		sweep->numbers[i / HANDLES][i % HANDLES] = holder->handle;
	}
	return true;
}

/* All peers, their handle of one segment. */
static void close_in_rings(struct sweep *sweep, unsigned int segment)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		struct ring_page *page = sweep->peers[i]->ring.page;

		atomic_store(&page->handles[page->closed % RING_ROOM], sweep->numbers[i][segment]);
		atomic_fetch_add(&page->closed, 1);
	}
}

static void park(struct sweep *sweep, unsigned int segment)
{
	for (unsigned int i = 0; i < PEERS; i++) {
		const uint32_t handle = sweep->numbers[i][segment];

		atomic_fetch_or(
			&sweep->peers[i]->ring.page->parks[handle / 32], RING_PARKED(handle));
	}
}

/* Returns how many handles are open after it: 0. */
static unsigned int count_open(const struct sweep *sweep)
{
	unsigned int open = 0;

	for (unsigned int i = 0; i < PEERS * HANDLES; i++)
		open += peer_find(sweep->peers[i / HANDLES], i % HANDLES) != NULL;
	return open;
}

/* Each returns the microseconds that it took, but for what the clients do. */
static double drain_segments(struct sweep *sweep)
{
	double took = 0;

	for (unsigned int i = 0; i < HANDLES; i++) {
		close_in_rings(sweep, i);
		took -= now_us();
		broker_drain_holders(&sweep->broker, sweep->segments[i]);
		took += now_us();
	}
	return took;
}

static double sweep_segments(struct sweep *sweep)
{
	double took = 0;

	for (unsigned int i = 0; i < HANDLES; i++) {
		park(sweep, i);
		took -= now_us();
		park_sweep(&sweep->broker, sweep->segments[i]);
		took += now_us();
	}
	return took;
}

/* Also gives back what is charged for handles that are free, however they were closed. */
static void release(struct sweep *sweep)
{
	const struct refusal full = {.kind = REFUSED_HOST, .resource = RESOURCE_HANDLES};

	park_release(&sweep->broker, sweep->peers[0]->account, &full);
}

static double drain_and_release(struct sweep *sweep)
{
	double begin;

	for (unsigned int i = 0; i < HANDLES; i++)
		close_in_rings(sweep, i);
	begin = now_us();
	broker_drain_all(&sweep->broker);
	release(sweep);
	return now_us() - begin;
}

static double sweep_and_release(struct sweep *sweep)
{
	double begin;

	for (unsigned int i = 0; i < HANDLES; i++)
		park(sweep, i);
	begin = now_us();
	release(sweep);
	return now_us() - begin;
}

static double (*const ways[WAY_COUNT])(struct sweep *sweep) = {
	[DRAIN] = drain_segments,
	[SWEEP] = sweep_segments,
	[DRAIN_AND_RELEASE] = drain_and_release,
	[SWEEP_AND_RELEASE] = sweep_and_release,
};

static bool run_round(struct sweep *sweep, unsigned int round)
{
	for (enum way way = 0; way < WAY_COUNT; way++) {
		/* A new journal, as after a compaction. */
		journal_deinit(&sweep->broker.journal);
		if (measure_interrupted || journal_new(&sweep->broker.journal, 0) < 0 ||
			!open_all(sweep))
			return false;
		sweep->times[way][round] = ways[way](sweep);
		if (count_open(sweep) != 0)
			return false;
	}
	return true;
}

static bool put(struct sweep *sweep, const char *key, const char *what, enum way way,
	enum way other, unsigned int rounds)
{
	double ratios[ROUNDS];

	for (unsigned int round = 0; round < rounds; round++)
		ratios[round] = sweep->times[way][round] / sweep->times[other][round];
	return section_put(key, what, "times", quantile(ratios, rounds, 0.5), AT_MOST,
		"%.1f and %.1f ms", quantile(sweep->times[way], rounds, 0.5) / 1000,
		quantile(sweep->times[other], rounds, 0.5) / 1000);
}

static bool measure_rounds(struct sweep *sweep, unsigned int rounds)
{
	for (unsigned int round = 0; round < rounds; round++) {
		if (!run_round(sweep, round))
			return false;
	}
	return put(sweep, "sweep", "segment by segment to draining them", SWEEP, DRAIN, rounds) &&
	       put(sweep, "release", "all at once to draining them", SWEEP_AND_RELEASE,
		       DRAIN_AND_RELEASE, rounds);
}

bool sweep_measure(const struct place *place, const struct schedule *schedule)
{
	struct sweep *sweep = calloc(1, sizeof(*sweep));
	struct policy policy;

	(void)place; /* there is no broker in it */
	if (!sweep)
		return false;
	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = UINT64_C(1) << 40;
	broker_init(&sweep->broker, &policy);
	return make_segments(sweep) && make_peers(sweep) &&
	       measure_rounds(sweep, schedule->is_quick ? QUICK_ROUNDS : ROUNDS);
}
