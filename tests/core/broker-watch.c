/* SPDX-License-Identifier: MIT */
/* WATCH: who is told what, what is kept for it, and in which turn. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/tell.h"
#include "tests/core/expect.h"
#include "tests/core/world.h"

#define ALL     0xffU
#define LONGEST 1023

static const char *kind_name(uint32_t kind)
{
	switch (kind) {
	case WIRE_EVENT_CREATED:
		return "created";
	case WIRE_EVENT_DELETED:
		return "deleted";
	case WIRE_EVENT_EXPIRED:
		return "expired";
	case WIRE_EVENT_OPENED:
		return "opened";
	case WIRE_EVENT_CLOSED:
		return "closed";
	case WIRE_EVENT_UNUSED:
		return "unused";
	case WIRE_EVENT_RIGHTS:
		return "rights";
	case WIRE_EVENT_OVERFLOW:
		return "overflow";
	default:
		return "?";
	}
}

/* All there is to tell it, "kind name" and a semicolon each; overflow has no name. */
static void expect_told(struct world *world, enum who who, const char *events)
{
	struct watcher *watcher = world->peers[who]->watcher;
	char told[2048] = "";
	uint64_t before;

	ck_assert_ptr_nonnull(watcher);
	do {
		struct wire_event event;
		struct reply reply;
		const char *name;
		size_t at = 0;

		before = watcher->next;
		watcher->next = broker_tell_watcher(&world->broker, watcher, &reply);
		expect(world, reply.wire.header.serial == watcher->serial, "another serial");
		while (wire_get_event(
			reply.wire.tail, reply.wire.tail_length, &at, &event, &name)) {
			const size_t used = strlen(told);

			snprintf(told + used, sizeof(told) - used, "%s %.*s;",
				kind_name(event.kind), (int)event.name_length, name);
		}
		reply_deinit(&reply);
	} while (watcher->next != before);
	ck_assert_str_eq(told, events);
}

SCENARIO(a_watcher_is_told_what_happens_from_then_on)
{
	PLAY({ALICE, CREATE("/before", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE_TOO, WATCH("/", ALL), DONE}, {ALICE, CLOSE(0), DONE},
		{ALICE, DELETE("/before"), DONE},
		{ALICE, CREATE("/a", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, OPEN("/a", 0), OPENED(2, 1, 1, RW)}, {ALICE, SET_RIGHTS("/a", 0640), DONE},
		{ALICE, SET_OWNER("/a", AS_IS, AS_IS), DONE}, {ALICE, CLOSE(0), DONE},
		{ALICE, LEAVES, DONE}, {ALICE, DELETE("/a"), DONE});
	expect_told(world, ALICE_TOO,
		"closed /before;unused /before;deleted /before;created /a;opened /a;opened /a;"
		"rights /a;rights /a;closed /a;closed /a;unused /a;deleted /a;");
	expect_told(world, ALICE_TOO, "");
}

SCENARIO(what_did_not_happen_is_not_told)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE_TOO, WATCH("", ALL), DONE},
		{ALICE, CREATE_EXCL("/a", 1, 0600), FAILS(EXISTS)},
		{ALICE, OPEN("/b", 0), FAILS(NOT_FOUND)}, {ALICE, OPEN("/a", 2), FAILS(BAD_SIZE)},
		{BOB, DELETE("/a"), FAILS(DENIED)}, {BOB, SET_RIGHTS("/a", 0666), FAILS(DENIED)},
		{ALICE, CLOSE(7), DONE}, {ALICE, STAT("/a"), STATED(1, 1, 1000, 1000, 0600, 1)});
	expect_told(world, ALICE_TOO, "");
}

SCENARIO(who_did_it_is_told_unless_nobody_did)
{
	PLAY({ALICE_TOO, WATCH("", ALL), DONE},
		{ALICE, CREATE_LIVING("/a", 0600, UNUSED, 0), OPENED(1, 1, 0, RW)},
		{ALICE, CLOSE(0), DONE, EXPIRES("/a ")},
		{ALICE, CREATE_LIVING("/b", 0600, KEPT, 3), OPENED(2, 1, 0, RW)},
		{ALICE, CLOSE(0), DONE}, {ALICE, PASSES(3), EXPIRES("/b ")});
	expect_told(world, ALICE_TOO,
		"created /a;opened /a;closed /a;unused /a;expired /a;"
		"created /b;opened /b;closed /b;unused /b;expired /b;");
}

SCENARIO(each_is_told_of_what_a_list_would_show)
{
	world->broker.policy.observers = 2000; /* Bob and Carol */
	PLAY({ROOT, WATCH("", WIRE_EVENT_CREATED), DONE},
		{DAVE, WATCH("", WIRE_EVENT_CREATED), DONE},
		{BOB, WATCH("", WIRE_EVENT_CREATED), DONE},
		{NOBODY, WATCH("", WIRE_EVENT_CREATED), DONE},
		{ALICE, CREATE("/own", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/all", 1, 0604), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE("/dave", 1, 0600), ENTRIES(USER(1003, WIRE_READ)),
			OPENED(3, 1, 2, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(4, 3, RW)});
	expect_told(world, ROOT, "created /own;created /all;created /dave;created ;");
	expect_told(world, DAVE, "created /all;created /dave;");
	expect_told(world, BOB, "created /own;created /all;created /dave;created ;");
	expect_told(world, NOBODY, "created /all;");
}

/* As they were then: what is hidden later was seen, what is shown later was not. */
SCENARIO(the_rights_at_the_time_of_the_event_count)
{
	PLAY({DAVE, WATCH("", WIRE_EVENT_CREATED | WIRE_EVENT_RIGHTS), DONE},
		{ALICE, CREATE("/a", 1, 0604), OPENED(1, 1, 0, RW)},
		{ALICE, SET_RIGHTS("/a", 0600), DONE}, {ALICE, SET_RIGHTS("/a", 0604), DONE},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, SET_RIGHTS("/b", 0604), DONE});
	expect_told(world, DAVE, "created /a;rights /a;rights /b;");
}

SCENARIO(only_what_was_asked_for_is_told)
{
	PLAY({ALICE_TOO, WATCH("/p/a", WIRE_EVENT_CREATED), DONE},
		{BOB, WATCH_EXACT("/p/a", WIRE_EVENT_CREATED | WIRE_EVENT_DELETED), DONE},
		{CAROL, WATCH("/q", 0), DONE}, {DAVE, WATCH("/p", WIRE_EVENT_OPENED), DONE},
		{ALICE, CREATE("/p/ab", 1, 0666), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/p/a", 1, 0666), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE("/p", 1, 0666), OPENED(3, 1, 2, RW)},
		{ALICE, CREATE("/q", 1, 0666), OPENED(4, 1, 3, RW)}, {ALICE, DELETE("/p/a"), DONE},
		{ALICE, DELETE("/p/ab"), DONE});
	expect_told(world, ALICE_TOO, "created /p/ab;created /p/a;");
	expect_told(world, BOB, "created /p/a;deleted /p/a;");
	expect_told(world, CAROL, "");
	expect_told(world, DAVE, "opened /p/ab;opened /p/a;opened /p;");
}

SCENARIO(what_nobody_asked_for_is_not_written_down)
{
	const struct watches *watches = &world->broker.registry.watches;

	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)});
	ck_assert_ptr_null(watches->backlog);
	PLAY({ALICE_TOO, WATCH("/b/x", WIRE_EVENT_DELETED), DONE},
		{BOB, WATCH("/b/y", WIRE_EVENT_CREATED), DONE}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CREATE("/c", 1, 0600), OPENED(2, 1, 1, RW)});
	ck_assert_ptr_nonnull(watches->backlog);
	ck_assert_uint_eq(watches->end, 0);
	PLAY({ALICE, CREATE("/b/z", 1, 0600), OPENED(3, 1, 2, RW)}); /* it might be, for both */
	ck_assert_uint_gt(watches->end, 0);
	PLAY({BOB, LEAVES, DONE}, {ALICE_TOO, LEAVES, DONE});
	ck_assert_ptr_null(watches->backlog);
	ck_assert_uint_eq(watches->kinds, 0);
}

SCENARIO(who_watches_says_nothing_else)
{
	PLAY({ALICE_TOO, WATCH("/", ALL), DONE}, {ALICE_TOO, STAT("/a"), FAILS(MALFORMED)},
		{BOB, WATCH("/", ALL), DONE}, {BOB, WATCH("/", ALL), FAILS(MALFORMED)});
}

SCENARIO(a_copy_of_the_request_changes_nothing)
{
	PLAY({ALICE_TOO, WATCH("/", WIRE_EVENT_CREATED), DONE},
		{ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE_TOO, AGAIN, WATCH("/", WIRE_EVENT_CREATED), DONE},
		{ALICE_TOO, IGNORED, WATCH("/", WIRE_EVENT_CREATED)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)});
	expect_told(world, ALICE_TOO, "created /a;created /b;");
}

SCENARIO(a_watch_is_charged_until_its_connection_ends)
{
	given_limit(world, ALICE, RESOURCE_WATCHES, 1);
	PLAY({ALICE, WATCH("/", ALL), DONE}, {ALICE_TOO, WATCH("/", ALL), LIMITED(WATCHES, USER)},
		{BOB, WATCH("/", ALL), DONE}, {ALICE, LEAVES, DONE},
		{ALICE, WATCH("/", ALL), DONE});
}

SCENARIO(a_name_to_watch_is_a_name_and_a_prefix_is_none_too_long)
{
	char longest[LONGEST + 2];

	memset(longest, 'x', sizeof(longest));
	longest[sizeof(longest) - 1] = '\0';
	PLAY({ALICE, WATCH_EXACT("/a/", ALL), FAILS(BAD_NAME)},
		{ALICE, WATCH_EXACT("", ALL), FAILS(BAD_NAME)},
		{ALICE, WATCH(longest, ALL), FAILS(BAD_NAME)},
		{ALICE, WATCH_EXACT(longest, ALL), FAILS(BAD_NAME)},
		{ALICE, WATCH(longest + 1, ALL), DONE}, {BOB, WATCH("//..", ALL), DONE});
}

SCENARIO(who_falls_behind_is_told_that_once_and_goes_on)
{
	struct watches *watches = &world->broker.registry.watches;

	PLAY({ALICE_TOO, WATCH("/", WIRE_EVENT_CREATED), DONE});
	watches->end = 3 * BACKLOG_BYTES;
	watches->oldest = 3 * BACKLOG_BYTES;
	PLAY({ALICE, CREATE("/missed", 1, 0600), OPENED(1, 1, 0, RW)});
	expect_told(world, ALICE_TOO, "overflow ;");
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(2, 1, 1, RW)});
	expect_told(world, ALICE_TOO, "created /a;");
}

/* A ring by itself, and segments that are nothing but names. */
static struct {
	struct accounts accounts;
	struct account *account;
	struct watches watches;
} alone;

static void set_up_ring(void)
{
	static const uint64_t host[RESOURCE_COUNT] = {[RESOURCE_WATCHES] = 1000};

	accounts_init(&alone.accounts, host);
	alone.account = account_get(&alone.accounts, 0);
	watches_init(&alone.watches);
}

static void tear_down_ring(void)
{
	while (!TAILQ_EMPTY(&alone.watches.all))
		watcher_free(&alone.watches, TAILQ_FIRST(&alone.watches.all));
	watches_deinit(&alone.watches);
	account_unref(alone.account);
	accounts_deinit(&alone.accounts);
}

static struct watcher *add_watcher(void)
{
	const struct wire_request request = {.watch = {.events = ALL}, .name = ""};
	struct watcher *watcher = NULL;
	struct refusal why;

	ck_assert_int_eq(watcher_new(&alone.watches, &request, NULL, alone.account, &watcher, &why),
		STATUS_OK);
	return watcher;
}

static size_t length_of(uint64_t number)
{
	return 1 + (number ^ number >> 7) * 2654435761 % WIRE_NAME_MAX;
}

/* Of any length, with any number of entries; its number is in the event. */
static void happen(uint64_t number)
{
	static struct wire_entry entries[WIRE_ENTRIES_MAX];
	char name[WIRE_NAME_MAX];
	const size_t length = length_of(number);
	struct segment *segment;

	memset(name, 'a' + (int)(number % 26), sizeof(name));
	segment = segment_restore(name, length, 1, 0);
	if (!segment) /* without ck_assert, of which each takes a while */
		ck_abort_msg("out of memory");
	segment->number = number;
	segment->named = true;
	segment->rights.entries = entries;
	segment->rights.entry_count = (uint32_t)(number % (WIRE_ENTRIES_MAX + 1));
	if (alone.watches.kinds & WIRE_EVENT_CREATED)
		watches_write(&alone.watches, WIRE_EVENT_CREATED, segment, NULL, 1);
	segment->named = false;
	segment->rights = (struct rights){0};
	segment_free(segment);
}

/* Reads one, which has to be that one, whole; without ck_assert, of which each takes a while. */
static bool is_next(uint64_t *at, uint64_t number)
{
	const struct happening *happening = watches_read(&alone.watches, at);
	const size_t length = length_of(number);
	char expected[WIRE_NAME_MAX];

	memset(expected, 'a' + (int)(number % 26), sizeof(expected));
	return happening && (const uint8_t *)happening >= alone.watches.backlog &&
	       (const uint8_t *)happening + happening->length <=
		       alone.watches.backlog + BACKLOG_BYTES &&
	       happening->event.segment == number && happening->event.name_length == length &&
	       happening->entry_count == number % (WIRE_ENTRIES_MAX + 1) &&
	       memcmp(happening->entries + happening->entry_count, expected, length) == 0;
}

/* Some 20 times round, so that they end at the ring's end in many ways. */
#define HAPPENINGS 30000

FIXTURE(set_up_ring, tear_down_ring);

TEST(the_ring_has_the_newest_happenings_whole)
{
	struct watcher *watcher = add_watcher();
	uint64_t number = 1;
	uint64_t at;

	for (; number <= HAPPENINGS; number++) {
		happen(number);
		if (!is_next(&watcher->next, number))
			ck_abort_msg("number %ju is not there, or not whole", (uintmax_t)number);
	}
	ck_assert_ptr_null(watches_read(&alone.watches, &watcher->next));
	at = alone.watches.oldest;
	ck_assert_uint_ge(alone.watches.end - at, BACKLOG_BYTES - 2000);
	ck_assert_uint_le(alone.watches.end - at, BACKLOG_BYTES);
	number = watches_read(&alone.watches, &at)->event.segment;
	while (number < HAPPENINGS && is_next(&at, number + 1))
		number++;
	ck_assert_uint_eq(number, HAPPENINGS);
	ck_assert_ptr_null(watches_read(&alone.watches, &at));
}

static void note_fresh(void *data)
{
	++*(unsigned int *)data;
}

TEST(each_gets_a_turn_in_a_round)
{
	struct watches *watches = &alone.watches;
	struct watcher *first = add_watcher();
	struct watcher *second = add_watcher();
	struct watcher *third = add_watcher();
	unsigned int fresh = 0;

	watches->on_fresh = note_fresh;
	watches->on_fresh_data = &fresh;
	happen(1);
	happen(2);
	ck_assert_uint_eq(fresh, 1);
	watches_begin_round(watches);
	ck_assert_ptr_eq(watches_take_turn(watches), first);
	happen(3);
	happen(4);
	ck_assert_uint_eq(fresh, 2);
	watcher_free(watches, second); /* whose turn it would be */
	ck_assert_ptr_eq(watches_take_turn(watches), third);
	ck_assert_ptr_null(watches_take_turn(watches));
	ck_assert_ptr_null(watches_take_turn(watches));
	watches_begin_round(watches);
	watcher_free(watches, first);
	ck_assert_ptr_eq(watches_take_turn(watches), third);
	watcher_free(watches, third);
	ck_assert_ptr_null(watches_take_turn(watches));
	happen(5);
	ck_assert_uint_eq(fresh, 2); /* to nobody */
}
