/* SPDX-License-Identifier: MIT */
/* HOLDERS: who has a segment open, in pages, for whoever may see the segment. */
#include "tests/core/world.h"

SCENARIO(each_handle_is_told_with_its_user_and_access)
{
	PLAY({ALICE, CREATE("/a", 1, 0644), OPENED(1, 1, 0, RW)},
		{ALICE, HOLDERS(1), HELD("1000:0:rw")}, {BOB, OPEN("/a", 0), OPENED(1, 1, 0, RO)},
		{ALICE_TOO, CREATE("/b", 1, 0), OPENED(2, 1, 0, 0)},
		{ALICE_TOO, OPEN_READONLY("/a", 0), OPENED(1, 1, 1, RO)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		/* By connection, then handle: whoever came later is behind. */
		{ALICE, HOLDERS(1), HELD("1000:0:rw 1000:1:rw 1000:1:r 1001:0:r")},
		{DAVE, HOLDERS(1), HELD("1000:0:rw 1000:1:rw 1000:1:r 1001:0:r")},
		{ALICE, HOLDERS(2), HELD("1000:0:")}, {ALICE, CLOSE(0), DONE},
		{ALICE, HOLDERS(1), HELD("1000:1:rw 1000:1:r 1001:0:r")},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, /* in its old place */
		{ALICE, HOLDERS(1), HELD("1000:0:rw 1000:1:rw 1000:1:r 1001:0:r")}, {BOB, LEAVES},
		{ALICE, HOLDERS(1), HELD("1000:0:rw 1000:1:rw 1000:1:r")});
}

SCENARIO(who_may_not_see_a_segment_does_not_see_its_holders)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), ENTRIES(USER(1002, WIRE_DELETE)), OPENED(1, 1, 0, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 1, RW)}, {BOB, HOLDERS(1), FAILS(NOT_FOUND)},
		{NOBODY, HOLDERS(1), FAILS(NOT_FOUND)}, {CAROL, HOLDERS(1), HELD("1000:0:rw")},
		{BOB, HOLDERS(2), FAILS(NOT_FOUND)}, {ALICE_TOO, HOLDERS(2), HELD("1000:1:rw")},
		{ROOT, HOLDERS(2), HELD("1000:1:rw")}, {ROOT, HOLDERS(3), FAILS(NOT_FOUND)},
		{ROOT, HOLDERS(0), FAILS(NOT_FOUND)},
		{ROOT, HOLDERS(UINT64_MAX), FAILS(NOT_FOUND)});
}

SCENARIO(what_was_deleted_has_holders_until_it_goes)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, HOLDERS(1), HELD("1000:0:rw")}, {ALICE, CLOSE(0), DONE},
		{ALICE, HOLDERS(1), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 0, RW)}, {ALICE, CLOSE(0), DONE},
		{ALICE, HOLDERS(2), HELD("")});
}

SCENARIO(a_page_begins_behind_any_cursor_whether_it_is_held_or_not)
{
	uint64_t alice = world->peers[ALICE]->number;

	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 1, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 2, RW)},
		{ROOT, OPEN("/a", 0), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(1), DONE},
		{ALICE, HOLDERS(1), HELD("0:0:rw 1000:0:rw 1000:2:rw")},
		{ALICE, HOLDERS_AFTER(1, alice, 0), HELD("1000:2:rw")},
		{ALICE, HOLDERS_AFTER(1, alice, 1), HELD("1000:2:rw")},
		{ALICE, HOLDERS_AFTER(1, alice, 2), HELD("")},
		{ALICE, HOLDERS_AFTER(1, alice - 1, UINT32_MAX), HELD("1000:0:rw 1000:2:rw")},
		{ALICE, HOLDERS_AFTER(1, UINT64_MAX, UINT32_MAX), HELD("")});
}

#define MANY 300U
#define PAGE ((WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_held) / WIRE_SIZE_holder)

/* Follows the pages; before each next one, the holder that the cursor names goes, if so wanted. */
static unsigned int count_holders(struct world *world, bool closing)
{
	struct step step = {ALICE, HOLDERS(1)};
	unsigned int count = 0;

	do {
		struct reply reply;
		const struct wire_held *held = &reply.wire.held;

		ask(world, &step, &reply);
		ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
		ck_assert(held->connection == 0 || held->count == PAGE);
		count += held->count;
		step.request.holders.connection = held->connection;
		step.request.holders.handle = held->handle;
		reply_deinit(&reply);
		if (closing && held->connection != 0)
			PLAY({ALICE, CLOSE(held->handle), DONE});
	} while (step.request.holders.connection != 0);
	return count;
}

SCENARIO(many_holders_are_told_once_each_over_many_pages)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
	for (unsigned int i = 1; i < MANY; i++) {
		const struct step step = {ALICE, OPEN("/a", 0)};
		struct reply reply;

		ask(world, &step, &reply);
		ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
		reply_deinit(&reply);
	}
	ck_assert_uint_eq(count_holders(world, false), MANY);
	ck_assert_uint_eq(count_holders(world, true), MANY);
	ck_assert_uint_eq(count_holders(world, false), MANY - 2);
}
