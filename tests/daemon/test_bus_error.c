/* SPDX-License-Identifier: MIT */
/*
 * A ring whose memory is gone. What brings it about, a hole and no memory to fill it, would starve
 * the whole machine; a file that became shorter faults in the same way, and for that the page has
 * no seals here.
 */
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/bus-error.h"
#include "daemon/core/ring.h"
#include "tests/lib/testing.h"

static struct ring ring;
static struct ring other;

static void make(struct ring *out)
{
	ring_init(out);
	out->fd = memfd_create("ring", MFD_CLOEXEC);
	ck_assert(out->fd >= 0 && ftruncate(out->fd, RING_BYTES) == 0);
	out->page = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, out->fd, 0);
	ck_assert_ptr_ne(out->page, MAP_FAILED);
}

static void begin(void)
{
	bus_error_init();
	make(&ring);
	make(&other);
	ring.page->closed = other.page->closed = 2;
}

static void end(void)
{
	ring_deinit(&ring);
	ring_deinit(&other);
}

static void take_away(void)
{
	ck_assert_int_eq(ftruncate(ring.fd, 0), 0);
}

FIXTURE(begin, end);

TEST(a_page_without_memory_reads_as_zeros)
{
	take_away();
	ck_assert_uint_eq(ring_waiting(&ring), 0);
	ck_assert_uint_eq(ring_waiting(&other), 2);
	ck_assert_uint_eq(ring_waiting(&ring), 0);
}

TEST(it_may_go_between_any_two_accesses)
{
	ck_assert_uint_eq(ring_waiting(&ring), 2);
	take_away();
	ck_assert_uint_eq(ring_take(&ring), 0);
	ck_assert_uint_eq(ring_take(&ring), 0);
	ring_give_room(&ring);
	ring_set_quiet(&ring, true);
	ck_assert_uint_eq(ring_waiting(&other), 2);
}

TEST_LOOP(a_store_survives_it_too, 2)
{
	take_away();
	if (_i == 0) {
		ring_set_quiet(&ring, true);
	} else {
		ring.seen = 1;
		ring_give_room(&ring);
	}
	ck_assert_uint_eq(ring_waiting(&ring), 0);
}

/* A fault of our own is not to be hidden: another page, though just as lost. */
TEST_SIGNAL(any_other_bus_error_ends_us, SIGBUS)
{
	ck_assert_uint_eq(ring_waiting(&other), 2);
	take_away();
	ck_assert_uint_eq(ring.page->closed, 0);
}

TEST_SIGNAL(one_that_somebody_sends_ends_us, SIGBUS)
{
	ck_assert_uint_eq(ring_waiting(&other), 2);
	kill(getpid(), SIGBUS);
}
