/* SPDX-License-Identifier: MIT */
/* What the next broker makes of parked handles: a broker is killed, and its pages stay. */
#include <check.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/handle.h"
#include "daemon/core/park.h"
#include "daemon/core/succession.h"
#include "tests/core/journal-keeper.h"
#include "tests/core/journal-replayed.h"
#include "tests/lib/testing.h"

#define HANDLES 4U

static struct {
	struct keeper keeper;
	struct broker old, next;
	struct peer *peer; /* of the old broker, then of the next one */
	int fd;
} test;

static void ask(uint16_t op, const char *name, uint32_t flags)
{
	const struct wire_request request = {
		.header = {.op = op, .serial = test.peer->last.serial + 1},
		.open = {.size = 1, .flags = flags, .mode = 0600},
		.name = name,
		.name_length = strlen(name),
	};
	struct reply reply;

	reply_init(&reply);
	broker_handle(&test.old, test.peer, &request, &reply);
	ck_assert_uint_eq(reply.wire.header.status, STATUS_OK);
	reply_deinit(&reply);
}

/* A peer that has the same segment open under each of its handles. */
static void begin(void)
{
	const struct credentials who = {.uid = 1000, .gid = 1000};
	struct succession succession;
	struct refusal why;
	int ends[2];

	test.keeper = (struct keeper){.at = "parking"};
	succession = keeper_succession(&test.keeper);
	replayed_init(&test.old);
	ck_assert_int_eq(succession_begin(&test.old, &succession), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	close(ends[1]);
	test.fd = ends[0];
	ck_assert_int_eq(broker_add_peer(&test.old, &who, test.fd, &test.peer, &why), STATUS_OK);
	ask(WIRE_OP_RING, "", 0);
	for (unsigned int i = 0; i < HANDLES; i++)
		ask(WIRE_OP_OPEN, "/a", WIRE_OPEN_CREATE);
}

static void kill_broker(void)
{
	keeper_replay(&test.keeper, &test.next);
	test.peer = peers_find(&test.next.peers, test.peer->number);
	ck_assert_ptr_nonnull(test.peer);
	succession_end(&test.old);
	replayed_discard(&test.old);
	park_take_over(&test.next);
}

static void end(void)
{
	replayed_discard(&test.next);
	keeper_deinit(&test.keeper);
	close(test.fd);
}

static struct ring_page *page(void)
{
	return test.peer->ring.page;
}

/* Which handles are open: a bit each. */
static unsigned int open_handles(void)
{
	unsigned int set = 0;

	for (uint32_t handle = 0; handle < HANDLES; handle++)
		set |= (peer_find(test.peer, handle) ? 1U : 0U) << handle;
	return set;
}

TEST(what_is_parked_stays_so_and_what_was_claimed_is_closed)
{
	begin();
	page()->parks[0] = RING_PARKED(1) | RING_PARKED(2) | RING_FROZEN(2) | RING_FROZEN(3);
	kill_broker();
	ck_assert_uint_eq(open_handles(), 0xb);
	ck_assert_uint_eq(park_count_all(&test.next), 1);
	ck_assert(peer_find(test.peer, 0)->may_park && !peer_find(test.peer, 3)->may_park);
	ck_assert_uint_eq(page()->parks[0] & RING_FROZEN(0), 0);
	ck_assert_uint_eq(page()->parks[0] & RING_FROZEN(1), 0);
	end();
}

/* A damaged journal has lost them; the client has them mapped, and their name may be another's. */
TEST(a_number_that_the_journal_does_not_know_is_frozen)
{
	begin();
	page()->parks[0] |= RING_PARKED(HANDLES);
	page()->parks[7] = 0;
	kill_broker();
	ck_assert_uint_ne(page()->parks[0] & RING_FROZEN(HANDLES), 0);
	ck_assert_uint_eq(page()->parks[7] & RING_FROZEN_ALL, RING_FROZEN_ALL);
	end();
}

/* Its broker knew nothing of parking, and wrote no bits. */
TEST(a_page_of_an_older_release_freezes_what_is_open)
{
	begin();
	for (size_t i = 0; i < RING_PARKS; i++)
		page()->parks[i] = 0;
	page()->parking = 0;
	kill_broker();
	ck_assert_uint_eq(open_handles(), 0xf);
	ck_assert_uint_eq(test.peer->parkable, 0);
	ck_assert_uint_eq(page()->parking, 1);
	for (size_t i = 0; i < RING_PARKS; i++)
		ck_assert_uint_eq(page()->parks[i], RING_FROZEN_ALL);
	end();
}

/* Killed before the sweep was committed, or between it and the change. */
TEST(a_sweep_that_was_not_committed_is_done_by_the_next_broker)
{
	uint64_t committed;

	begin();
	page()->parks[0] |= RING_PARKED(0) | RING_PARKED(1);
	memcpy(&committed, test.old.journal.bytes + 16, sizeof(committed));
	park_sweep(&test.old, peer_find(test.peer, 0)->segment);
	memcpy(test.old.journal.bytes + 16, &committed, sizeof(committed));
	kill_broker();
	ck_assert_uint_eq(open_handles(), 0xc);
	ck_assert_uint_eq(test.peer->parkable, 0);
	end();
}
