/* SPDX-License-Identifier: MIT */
/* Rings of clients that write into them what they like: it is their own handles that they lose. */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "wire/ring.h"

static int intruder;
static struct ring_page *page; /* the intruder's */

static void begin(void)
{
	scene_begin_plain();
	intruder = broker_process_connect(&scene.broker);
	page = exchange_ring(intruder);
	exchange_create(intruder, "/mine");
}

static void end(void)
{
	if (intruder >= 0)
		close(intruder);
	munmap(page, RING_BYTES);
	intruder = broker_process_connect(&scene.broker);
	exchange_delete(intruder, "/mine"); /* scene_end sees whether anything else is left */
	close(intruder);
	scene_end();
}

static void put(uint32_t handle)
{
	page->handles[page->closed % RING_ROOM] = handle;
	page->closed++;
}

static uint32_t holders(const char *name)
{
	return exchange_holders(intruder, name);
}

FIXTURE(begin, end);

TEST(what_is_no_handle_closes_nothing)
{
	const uint32_t nonsense[] = {1, 7, 8, 65535, 65536, 0x7fffffff, 0xffffffff};

	for (size_t i = 0; i < sizeof(nonsense) / sizeof(*nonsense); i++)
		put(nonsense[i]);
	ck_assert_uint_eq(holders("/mine"), 1);
	for (int i = 0; i < 10 * RING_ROOM; i++) {
		put(4711);
		if (i % RING_ROOM == 0)
			scene_check_honest();
	}
	ck_assert_uint_eq(page->closed - page->seen, 10 * RING_ROOM);
	ck_assert_uint_eq(holders("/mine"), 1); /* more than full: nothing at all */
	page->closed = page->seen;
	put(0);
	ck_assert_uint_eq(holders("/mine"), 0);
	ck_assert_uint_eq(holders("/honest"), 1);
}

/* Its own handle 0 may go by that; the honest client's has the same number. */
TEST(counts_that_jump_disturb_nobody)
{
	const uint32_t counts[] = {1, 511, 512, 513, 1U << 31, UINT32_MAX, 0, 5};

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		page->closed = counts[i];
		page->seen = counts[i] * 7;
		page->quiet = counts[i];
		ck_assert_uint_le(holders("/mine"), 1);
		ck_assert_uint_eq(exchange_holders(scene.honest, "/honest"), 1);
		scene_check_honest();
	}
	memset((void *)page, 0xa5, RING_BYTES);
	ck_assert_uint_le(holders("/mine"), 1);
	ck_assert_uint_eq(exchange_holders(scene.honest, "/honest"), 1);
}

/* What the page says is for the client: the broker does not rely on it. */
TEST(who_overwrites_what_the_broker_says_deceives_itself_alone)
{
	struct wire_opened opened;

	ck_assert_int_eq(exchange_open(intruder, "/mine", 0, 0, 0, &opened, NULL), STATUS_OK);
	page->seen = 4711;
	page->quiet = 0;
	put(0);
	ck_assert_uint_eq(holders("/mine"), 1);
	ck_assert_uint_eq(page->seen, 1);
	put(opened.handle);
	ck_assert_uint_eq(holders("/mine"), 0);
	ck_assert_uint_eq(page->seen, 2);
}

TEST(a_hole_in_the_page_is_a_page_of_zeros)
{
	put(0);
	put(0);
	ck_assert_uint_eq(holders("/mine"), 0);
	exchange_open(intruder, "/mine", 0, 0, 0, NULL, NULL);
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(madvise(page, RING_BYTES, MADV_REMOVE), 0);
		scene_check_honest();
		ck_assert_uint_eq(holders("/mine"), 1);
		ck_assert_uint_eq(exchange_holders(scene.honest, "/mine"), 1);
	}
	page->closed = page->seen;
	put(0);
	ck_assert_uint_eq(holders("/mine"), 0);
}

TEST(a_ring_that_never_stops_filling_holds_nobody_up)
{
	const pid_t child = fork();

	if (child == 0) {
		for (;;) /* full, however fast it is emptied */
			page->closed = page->seen + RING_ROOM;
	}
	for (int i = 0; i < 50; i++) {
		ck_assert_uint_le(holders("/mine"), 1);
		scene_check_honest();
	}
	kill(child, SIGKILL);
	ck_assert_int_eq(waitpid(child, NULL, 0), child);
}

TEST(a_page_is_the_same_when_asked_for_again_and_goes_with_its_connection)
{
	struct ring_page *again = exchange_ring(intruder);

	page->reserved[0] = 4711;
	ck_assert_uint_eq(again->reserved[0], 4711); /* the same one */
	munmap(again, RING_BYTES);
	put(0);
	close(intruder);
	intruder = -1;
	scene_check_honest();
	put(0);
	scene_check_honest();
}
