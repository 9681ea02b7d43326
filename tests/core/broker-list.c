/* SPDX-License-Identifier: MIT */
/* LIST: what one may see, in pages, however much there is. */
#include <stdio.h>
#include <string.h>

#include "tests/core/world.h"

#define SCAN_MAX 256 /* segments that one LIST looks at */

SCENARIO(a_list_has_what_one_may_see_in_the_order_of_numbers)
{
	PLAY({ALICE, LIST(0, ""), LISTED(0, "")},
		{CAROL, CREATE("/z", 1, 0600), OPENED(1, 1, 0, RW)},
		{CAROL, CREATE("/y", 1, 0640), OPENED(2, 1, 1, RW)},
		{CAROL, CREATE("/x", 1, 0604), OPENED(3, 1, 2, RW)},
		{CAROL, CREATE("/w", 1, 0622), OPENED(4, 1, 3, RW)},
		{CAROL, CREATE("/v", 1, 0), OPENED(5, 1, 4, 0)},
		{BOB, CREATE("/u", 1, 0400), OPENED(6, 1, 0, RO)},
		{CAROL, LIST(0, ""), LISTED(0, "/z /y /x /w /v")},
		{BOB, LIST(0, ""), LISTED(0, "/y /u")}, {DAVE, LIST(0, ""), LISTED(0, "/x")},
		{ROOT, LIST(0, ""), LISTED(0, "/z /y /x /w /v /u")});
}

SCENARIO(a_list_goes_on_after_any_number)
{
	given(world, ALICE, 3, "a", 0600);
	PLAY({ALICE, CREATE("/a3", 1, 0600), OPENED(4, 1, 3, RW)}, {ALICE, CLOSE(1), DONE},
		{ALICE, DELETE("/a1"), DONE}, /* number 2 */
		{ALICE, LIST(0, ""), LISTED(0, "/a0 /a2 /a3")},
		{ALICE, LIST(1, ""), LISTED(0, "/a2 /a3")},
		{ALICE, LIST(2, ""), LISTED(0, "/a2 /a3")}, {ALICE, LIST(3, ""), LISTED(0, "/a3")},
		{ALICE, LIST(4, ""), LISTED(0, "")}, {ALICE, LIST(5, ""), LISTED(0, "")},
		{ALICE, LIST(UINT64_MAX - 1, ""), LISTED(0, "")},
		{ALICE, LIST(UINT64_MAX, ""), LISTED(0, "")});
}

SCENARIO(a_list_may_be_of_the_names_that_begin_the_same)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/ab", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE("/a/b", 1, 0600), OPENED(3, 1, 2, RW)},
		{ALICE, CREATE("/b/a", 1, 0600), OPENED(4, 1, 3, RW)},
		{ALICE, CREATE("/\xff", 1, 0600), OPENED(5, 1, 4, RW)},
		{ALICE, LIST(0, "/"), LISTED(0, "/a /ab /a/b /b/a /\xff")},
		{ALICE, LIST(0, "/a"), LISTED(0, "/a /ab /a/b")},
		{ALICE, LIST(0, "/a/"), LISTED(0, "/a/b")},
		{ALICE, LIST(1, "/a"), LISTED(0, "/ab /a/b")},
		{ALICE, LIST(0, "/b/a"), LISTED(0, "/b/a")},
		{ALICE, LIST(0, "/b/ab"), LISTED(0, "")},
		{ALICE, LIST(0, "/\xff"), LISTED(0, "/\xff")}, {ALICE, LIST(0, "a"), LISTED(0, "")},
		{ALICE, LIST(0, "/a\0"), .name_length = 3, LISTED(0, "")},
		{ALICE, LIST(0, "//../"), LISTED(0, "")}); /* any bytes will do as a prefix */
}

SCENARIO(a_prefix_may_be_as_long_as_a_message)
{
	char prefix[WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_list + 1];

	memset(prefix, 'x', sizeof(prefix) - 1);
	prefix[0] = '/';
	prefix[sizeof(prefix) - 1] = '\0';
	PLAY({ALICE, CREATE("/x", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, LIST(0, prefix), LISTED(0, "")});
}

/*
 * Who looks for the memory that is used up has to find it; who looks for names, none that is gone.
 */
SCENARIO(what_was_deleted_is_listed_while_it_is_held_but_by_no_prefix)
{
	PLAY({ALICE, CREATE("/a", 1, 0640), OPENED(1, 1, 0, RW)},
		{CAROL, LIST(0, ""), LISTED(0, "")}, {ALICE, DELETE("/a"), DONE},
		{ALICE, LIST(0, ""), LISTED(0, "/a")}, {ALICE, LIST(0, "/a"), LISTED(0, "")},
		{ALICE, LIST(0, "/"), LISTED(0, "")}, {BOB, LIST(0, ""), LISTED(0, "")},
		{ROOT, LIST(0, ""), LISTED(0, "/a")},
		{ALICE, CREATE("/a", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, LIST(0, ""), LISTED(0, "/a /a")}, {ALICE, LIST(0, "/"), LISTED(0, "/a")},
		{ALICE, CLOSE(0), DONE}, {ALICE, LIST(0, ""), LISTED(0, "/a")});
}

static uint16_t flags_of_first(struct world *world, enum who who)
{
	const struct step step = {who, LIST(0, "")};
	struct wire_stated entry = {0};
	struct reply reply;
	const char *name;
	size_t at = 0;

	ask(world, &step, &reply);
	ck_assert(wire_get_entry(reply.wire.tail, reply.wire.tail_length, &at, &entry, &name));
	reply_deinit(&reply);
	return entry.flags;
}

SCENARIO(an_entry_tells_whether_there_is_a_name_and_was_one)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{BOB, ANONYMOUS(1, false), MADE(2, 0, RW)});
	ck_assert_uint_eq(flags_of_first(world, ALICE), 0);
	ck_assert_uint_eq(flags_of_first(world, BOB), WIRE_SEGMENT_ANONYMOUS);
	PLAY({ALICE, DELETE("/a"), DONE});
	ck_assert_uint_eq(flags_of_first(world, ALICE), WIRE_SEGMENT_DELETED);
}

/* Four names of 1000 bytes do not fit into a message, three do. */
SCENARIO(a_page_ends_before_the_entry_that_does_not_fit)
{
	char names[7][1001];
	char page[3100];

	for (uint32_t i = 0; i < 7; i++) {
		for (size_t at = 0; at < 1000; at++)
			names[i][at] = at % 200 == 0 ? '/' : (char)('a' + i);
		names[i][1000] = '\0';
		PLAY({ALICE, CREATE(names[i], 1, 0600), OPENED(i + 1, 1, i, RW)});
	}
	snprintf(page, sizeof(page), "%s %s %s", names[0], names[1], names[2]);
	PLAY({ALICE, LIST(0, ""), LISTED(3, page)});
	snprintf(page, sizeof(page), "%s %s %s", names[3], names[4], names[5]);
	PLAY({ALICE, LIST(3, ""), LISTED(6, page)}, {ALICE, LIST(6, ""), LISTED(0, names[6])});
	snprintf(page, sizeof(page), "%s %s %s", names[4], names[5], names[6]);
	PLAY({ALICE, LIST(4, ""), LISTED(0, page)}); /* full to the last, and nothing left */
}

/* Follows the pages, as a client does; returns how many there were, *entries in all of them. */
static unsigned int count_pages(struct world *world, enum who who, unsigned int *entries)
{
	unsigned int pages = 0;
	uint64_t after = 0;

	*entries = 0;
	do {
		const struct step step = {who, LIST(after, "/")};
		uint64_t last = after;
		struct wire_stated entry;
		struct reply reply;
		const char *name;
		size_t at = 0;

		ask(world, &step, &reply);
		ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
		while (wire_get_entry(
			reply.wire.tail, reply.wire.tail_length, &at, &entry, &name)) {
			ck_assert_uint_gt(entry.segment, last);
			last = entry.segment;
			++*entries;
		}
		after = reply.wire.listed.next;
		ck_assert(after == 0 || after >= last);
		pages++;
		reply_deinit(&reply);
	} while (after != 0);
	return pages;
}

SCENARIO(many_segments_are_listed_once_each_over_many_pages)
{
	unsigned int entries;

	given(world, ALICE, 400, "page", 0600);
	PLAY({ALICE, CREATE("/last", 1, 0600), OPENED(401, 1, 400, RW)});
	/* (4096 - 16 - 16) / (72 + 8) in a page. */
	ck_assert_uint_eq(count_pages(world, ALICE, &entries), 8);
	ck_assert_uint_eq(entries, 401);
}

/* The page that looks at 256 segments in vain tells where to go on, and nothing else. */
SCENARIO(what_is_hidden_makes_empty_pages_and_gives_no_name_away)
{
	unsigned int entries;

	given(world, ALICE, SCAN_MAX + 1, "hidden", 0600);
	PLAY({BOB, CREATE("/seen", 1, 0644), OPENED(SCAN_MAX + 2, 1, 0, RW)},
		{DAVE, LIST(0, ""), LISTED(SCAN_MAX, "")},
		{DAVE, LIST(SCAN_MAX, ""), LISTED(0, "/seen")},
		{DAVE, LIST(1, ""), LISTED(SCAN_MAX + 1, "")},
		{DAVE, LIST(2, ""), LISTED(0, "/seen")},
		{DAVE, LIST(0, "/hidden"), LISTED(SCAN_MAX, "")},
		{DAVE, LIST(SCAN_MAX, "/hidden"), LISTED(0, "")},
		{ALICE, LIST(0, "/hidden256"), LISTED(SCAN_MAX, "")},
		{ALICE, LIST(SCAN_MAX, "/hidden256"), LISTED(0, "/hidden256")});
	ck_assert_uint_eq(count_pages(world, DAVE, &entries), 2);
	ck_assert_uint_eq(entries, 1);
}

SCENARIO(what_comes_and_goes_between_two_pages_does_not_stop_them)
{
	given(world, ALICE, SCAN_MAX + 2, "hidden", 0600);
	PLAY({DAVE, LIST(0, ""), LISTED(SCAN_MAX, "")}, {ALICE, CLOSE(255), DONE},
		{ALICE, CLOSE(256), DONE},
		{ALICE, DELETE("/hidden255"), DONE}, /* the cursor itself */
		{ALICE, DELETE("/hidden256"), DONE},
		{BOB, CREATE("/new", 1, 0644), OPENED(SCAN_MAX + 3, 1, 0, RW)},
		{DAVE, LIST(SCAN_MAX, ""), LISTED(0, "/new")},
		{ALICE, LIST(SCAN_MAX, ""), LISTED(0, "/hidden257 /new")});
}
