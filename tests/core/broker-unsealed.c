/* SPDX-License-Identifier: MIT */
/* Segments that are made without a size, as shm_open(3) makes them: SIZE, HOLD and CHANGE. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "daemon/core/unsealed.h"
#include "tests/core/words-unsealed.h"
#include "tests/core/world.h"

#define LIMIT (UINT64_C(1) << 20) /* of one segment, in this world */

SCENARIO(a_new_segment_has_no_size_and_its_creator_may_do_what_it_asked_for)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0600), OPENED(1, 0, 0, CREATOR)},
		{ALICE, POSIX_CREATE("/b", 0), OPENED(2, 0, 1, CREATOR)},
		{ALICE, POSIX_OPEN_WITH("/c", WIRE_OPEN_CREATE | WIRE_OPEN_READONLY, 0),
			OPENED(3, 0, 2, RO | WIRE_FILL | WIRE_OWN)},
		{ALICE, POSIX_OPEN_WITH("/a", WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, 0), FAILS(EXISTS)},
		{DAVE, POSIX_OPEN_WITH("/a", WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, 0), FAILS(EXISTS)},
		{DAVE, POSIX_OPEN("/a"), FAILS(DENIED)}, {DAVE, POSIX_OPEN("/x"), FAILS(NOT_FOUND)},
		{ALICE, OPEN("/a", 0), FAILS(BAD_SIZE)}, {ALICE, OPEN("/a", 1), FAILS(BAD_SIZE)},
		{ALICE, CREATE("/a", 1, 0), FAILS(BAD_SIZE)}, {ALICE, REOPEN(1), FAILS(NOT_FOUND)},
		{ALICE, STAT("/a"), UNSEALED_STATED(1, 0, 1000, 1000, 0600, 1)});
}

SCENARIO(a_reader_need_not_write_but_a_writer_must_be_allowed_to)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0644), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0644, 1)},
		{DAVE, POSIX_OPEN("/a"), FAILS(DENIED)},
		{DAVE, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 4096, 0, RO | WIRE_OWN)},
		{DAVE, RESIZE(0, 1, WIRE_SIZE_SET), FAILS(DENIED)},
		{DAVE, RESIZE(0, 0, WIRE_SIZE_WRITER), FAILS(DENIED)},
		{DAVE, RESIZE(0, 0, 0), SEALED_SIZED(1, 4096, 0, 0644, 2)},
		{DAVE, RESIZE(1, 0, 0), FAILS(NOT_FOUND)});
}

SCENARIO(the_first_open_after_the_size_fixes_the_size)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)},
		{ALICE, RESIZE(0, 9000, WIRE_SIZE_SET | WIRE_SIZE_WRITER),
			SIZED(1, 9000, RW, 0666, 1)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), FAILS(BAD_SIZE)},
		{ALICE, RESIZE(0, LIMIT + 1, WIRE_SIZE_SET), FAILS(TOO_BIG)},
		{ALICE, RESIZE(0, UINT64_MAX, WIRE_SIZE_SET), FAILS(TOO_BIG)},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 9000, 0, RW | WIRE_OWN)},
		{ALICE, RESIZE(0, 9000, WIRE_SIZE_SET), SEALED_SIZED(1, 9000, 0, 0666, 2)},
		{BOB, RESIZE(0, 9000, WIRE_SIZE_SET | WIRE_SIZE_WRITER),
			SEALED_SIZED(1, 9000, RW, 0666, 2)},
		{ALICE, RESIZE(0, 9001, WIRE_SIZE_SET), FAILS(SEALED)},
		{BOB, RESIZE(0, 0, WIRE_SIZE_SET), FAILS(SEALED)},
		{ALICE, OPEN("/a", 9000), OPENED(1, 9000, 1, RW)});
}

SCENARIO(who_opens_early_reads_and_the_first_size_fixes_it)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{BOB, POSIX_OPEN("/a"), EARLY, OPENED(1, 0, 0, RW | WIRE_OWN)},
		{BOB, RESIZE(0, 0, WIRE_SIZE_WRITER), SIZED(1, 0, 0, 0666, 2)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SEALED_SIZED(1, 4096, 0, 0666, 2)},
		{BOB, RESIZE(0, 0, WIRE_SIZE_WRITER), SEALED_SIZED(1, 4096, RW, 0666, 2)},
		{ALICE, RESIZE(0, 8192, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(who_opens_early_may_size_it_too)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{BOB, POSIX_OPEN("/a"), EARLY, OPENED(1, 0, 0, RW | WIRE_OWN)},
		{BOB, RESIZE(0, 4096, WIRE_SIZE_SET | WIRE_SIZE_WRITER),
			SEALED_SIZED(1, 4096, RW, 0666, 2)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SEALED_SIZED(1, 4096, 0, 0666, 2)},
		{ALICE, LEAVES}, {BOB, LEAVES},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 4096, 0, RW | WIRE_OWN)});
}

SCENARIO(the_creator_is_no_early_opener)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, POSIX_OPEN("/a"), OPENED(1, 0, 1, CREATOR)}, {ALICE, CLOSE(0)},
		{ALICE, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 0, 0, RO | WIRE_FILL | WIRE_OWN)},
		{ALICE, RESIZE(1, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 2)},
		{ALICE, RESIZE(1, 8192, WIRE_SIZE_SET), SIZED(1, 8192, 0, 0666, 2)},
		{ALICE, POSIX_OPEN("/a"), OPENED(1, 8192, 2, CREATOR)},
		{ALICE, RESIZE(1, 9000, WIRE_SIZE_SET), SIZED(1, 9000, 0, 0666, 3)},
		{ALICE, OPEN("/a", 0), OPENED(1, 9000, 3, RW)},
		{ALICE, RESIZE(1, 9001, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(who_opens_what_nobody_has_and_nothing_is_in_becomes_its_creator)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0646), OPENED(1, 0, 0, CREATOR)},
		{DAVE, POSIX_OPEN("/a"), EARLY, OPENED(1, 0, 0, RW | WIRE_OWN)}, {ALICE, CLOSE(0)},
		{DAVE, CLOSE(0)},
		{DAVE, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 0, 0, RO | WIRE_OWN)},
		{DAVE, CLOSE(0)}, {DAVE, POSIX_OPEN("/a"), OPENED(2, 0, 0, CREATOR)},
		{ALICE, STAT("/a"), UNSEALED_STATED(2, 0, 1000, 1000, 0646, 1)},
		{DAVE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(2, 100, 0, 0646, 1)},
		{DAVE, RESIZE(0, 200, WIRE_SIZE_SET), SIZED(2, 200, 0, 0646, 1)});
}

/* What its last holder has closed in the ring is not there any more when the name is looked up. */
SCENARIO(what_went_with_its_last_holder_is_created)
{
	PLAY({ALICE, RING, QUIET},
		{ALICE,
			REQUEST(WIRE_OP_OPEN, "/a",
				.open = {.flags = WIRE_OPEN_POSIX | WIRE_OPEN_CREATE,
					.mode = 0666,
					.lifetime = UNUSED}),
			OPENED(1, 0, 0, CREATOR)},
		{ALICE, RINGS(0)}, {BOB, POSIX_OPEN("/a"), FAILS(NOT_FOUND), EXPIRES("/a ")},
		{BOB, POSIX_CREATE("/a", 0600), OPENED(2, 0, 0, CREATOR)});
}

SCENARIO(a_size_is_charged_before_it_happens)
{
	given_limit(world, ALICE, RESOURCE_BYTES, 8192);
	PLAY({ALICE, POSIX_CREATE("/a", 0600), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 8193, WIRE_SIZE_SET), LIMITED(BYTES, USER)},
		{ALICE, RESIZE(0, 4097, WIRE_SIZE_SET), SIZED(1, 4097, 0, 0600, 1)},
		{ALICE, CREATE("/b", 1, 0600), LIMITED(BYTES, USER)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CLOSE(0)}, {ALICE, CREATE("/b", 8192, 0600), OPENED(2, 8192, 0, RW)});
}

SCENARIO(truncate_gives_the_name_new_memory_with_the_same_rights)
{
	PLAY({ALICE, CREATE("/a", 4096, 0646), OPENED(1, 4096, 0, RW)},
		{DAVE, POSIX_OPEN_WITH("/a", WIRE_OPEN_TRUNCATE, 0), OPENED(2, 0, 0, CREATOR)},
		{ALICE, STAT("/a"), UNSEALED_STATED(2, 0, 1000, 1000, 0646, 1)},
		{ALICE, REOPEN(1), REOPENED(1)},
		{DAVE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(2, 100, 0, 0646, 1)},
		{ALICE, POSIX_CREATE("/b", 0644), OPENED(3, 0, 1, CREATOR)},
		{DAVE, POSIX_OPEN_WITH("/b", WIRE_OPEN_TRUNCATE, 0), FAILS(DENIED)},
		{DAVE, POSIX_OPEN_WITH("/b", WIRE_OPEN_TRUNCATE | WIRE_OPEN_READONLY, 0),
			FAILS(DENIED)});
}

SCENARIO(holding_needs_the_inode_and_a_right)
{
	ino_t inode;

	PLAY({ALICE, POSIX_CREATE("/a", 0640), OPENED(1, 0, 0, CREATOR)});
	inode = registry_find_number(&world->broker.registry, 1)->inode;
	PLAY({ALICE_TOO, HOLD(1, inode, ""), OPENED(1, 0, 0, RW)},
		{ALICE_TOO, HOLD(0, inode, "/a"), OPENED(1, 0, 1, RW)},
		{ALICE_TOO, HOLD(0, inode, "/b"), FAILS(NOT_FOUND)},
		{ALICE_TOO, HOLD(1, inode + 1, ""), FAILS(NOT_FOUND)},
		{DAVE, HOLD(1, inode, ""), FAILS(NOT_FOUND)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, CLOSE(0)},
		{ALICE_TOO, RESIZE(0, 10, WIRE_SIZE_SET),
			SIZED_WITH(
				1, 10, 0, 0640, 2, WIRE_SEGMENT_DELETED | WIRE_SEGMENT_UNSEALED)},
		{ALICE_TOO, LEAVES}, {ALICE, HOLD(1, inode, ""), FAILS(NOT_FOUND)});
}

/* A descriptor of what is not sealed is the creator's alone. */
SCENARIO(holding_brings_no_descriptor_before_the_size_is_fixed)
{
	ino_t inode;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)});
	inode = registry_find_number(&world->broker.registry, 1)->inode;
	PLAY({BOB, HOLD(1, inode, ""), OPENED(1, 0, 0, RW)},
		{BOB, REOPEN_HANDLE(0), FAILS(NOT_FOUND)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 2)},
		{BOB, REOPEN_HANDLE(0), FAILS(NOT_FOUND)},
		{ALICE, REOPEN_HANDLE(0), REOPENED_AS(1, RW)},
		{DAVE, POSIX_OPEN("/a"), OPENED(1, 4096, 0, RW | WIRE_OWN)},
		{BOB, REOPEN_HANDLE(0), REOPENED_AS(1, RW)});
}

SCENARIO(a_handle_is_not_parked_before_the_size_is_fixed)
{
	ino_t inode;

	PLAY({ALICE, RING, QUIET}, {ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
	inode = registry_find_number(&world->broker.registry, 1)->inode;
	PLAY({ALICE, HOLD(1, inode, ""), OPENED(1, 4096, 1, RW)}, {ALICE, PARKS(0), FROZEN},
		{ALICE, PARKS(1), FROZEN}, {ALICE, OPEN("/a", 0), OPENED(1, 4096, 2, RW)},
		{ALICE, PARKS(2)});
}

SCENARIO(a_handle_changes_mode_and_owner)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0600), OPENED(1, 0, 0, CREATOR)},
		{ALICE, CHANGE(0, 0640, AS_IS, AS_IS), DONE},
		{ALICE, STAT("/a"), UNSEALED_STATED(1, 0, 1000, 1000, 0640, 1)},
		{ALICE, CHANGE(0, 01000, AS_IS, AS_IS), FAILS(BAD_RIGHTS)},
		{ALICE, CHANGE(1, 0600, AS_IS, AS_IS), FAILS(NOT_FOUND)},
		{ALICE, CHANGE(0, AS_IS, 1001, AS_IS), FAILS(NOT_OWNER)},
		{ROOT, POSIX_OPEN("/a"), EARLY, OPENED(1, 0, 0, RW | WIRE_OWN)},
		{ROOT, CHANGE(0, 0666, 1001, 2000), DONE},
		{ALICE, STAT("/a"), UNSEALED_STATED(1, 0, 1001, 2000, 0666, 2)},
		{ALICE, CHANGE(0, 0600, AS_IS, AS_IS), FAILS(DENIED)});
}

/* What the creator does by its own descriptor. */
static int memory_of(struct world *world, uint64_t number)
{
	return registry_find_number(&world->broker.registry, number)->fd;
}

SCENARIO(what_the_creator_grows_unasked_is_charged_when_it_is_looked_at)
{
	given_limit(world, ALICE, RESOURCE_BYTES, 8192);
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)});
	ck_assert_int_eq(ftruncate(memory_of(world, 1), 8000), 0);
	PLAY({ALICE, STAT("/a"), UNSEALED_STATED(1, 8000, 1000, 1000, 0666, 1)},
		{ALICE, CREATE("/b", 1, 0600), LIMITED(BYTES, USER)});
	ck_assert_int_eq(ftruncate(memory_of(world, 1), 1000), 0);
	PLAY({ALICE, LIST(0, ""), LISTED(0, "/a")},
		{ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)});
	ck_assert_int_eq(ftruncate(memory_of(world, 1), 9000), 0);
	broker_sweep(&world->broker);
	PLAY({ALICE, STAT("/a"), FAILS(NOT_FOUND)}, {BOB, POSIX_OPEN("/a"), FAILS(NOT_FOUND)},
		{ALICE, RESIZE(0, 0, 0), SIZED_WITH(1, 1000, 0, 0666, 1, WIRE_SEGMENT_DELETED)},
		{ALICE, RESIZE(0, 1, WIRE_SIZE_SET), FAILS(REFUSED)});
}

static void reserve(struct world *world, uint64_t number, off_t bytes)
{
	ck_assert_int_eq(fallocate(memory_of(world, number), FALLOC_FL_KEEP_SIZE, 0, bytes), 0);
}

static int64_t used(struct world *world, uint64_t number)
{
	return (int64_t)segment_used(registry_find_number(&world->broker.registry, number));
}

SCENARIO(what_the_creator_reserves_behind_the_size_is_charged_and_not_shared)
{
	given_limit(world, ALICE, RESOURCE_BYTES, 65536);
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(1, 100, 0, 0666, 1)});
	reserve(world, 1, 40960);
	PLAY({ALICE, STAT("/a"), UNSEALED_STATED(1, 100, 1000, 1000, 0666, 1)},
		{ALICE, CREATE("/b", 28672, 0600), LIMITED(BYTES, USER)},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 100, 0, RW | WIRE_OWN)});
	ck_assert_int_eq(used(world, 1), 4096);
	PLAY({ALICE, CREATE("/b", 28672, 0600), OPENED(2, 28672, 1, RW)},
		{ALICE, POSIX_CREATE("/c", 0666), OPENED(3, 0, 2, CREATOR)});
	reserve(world, 3, 65536);
	broker_sweep(&world->broker);
	PLAY({ALICE, STAT("/c"), FAILS(NOT_FOUND)});
}

SCENARIO(what_is_reserved_behind_holes_is_freed)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 40960, WIRE_SIZE_SET), SIZED(1, 40960, 0, 0666, 1)});
	ck_assert_int_eq(pwrite(memory_of(world, 1), "x", 1, 40959), 1);
	ck_assert_int_eq(fallocate(memory_of(world, 1), FALLOC_FL_KEEP_SIZE, 40960, 4096), 0);
	PLAY({BOB, POSIX_OPEN("/a"), OPENED(1, 40960, 0, RW | WIRE_OWN)});
	ck_assert_int_eq(used(world, 1), 4096);
}

/* To free it would take long. */
SCENARIO(who_reserves_much_behind_the_size_shares_nothing)
{
	world->broker.policy.segment_bytes = UINT64_C(1) << 30;
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(1, 100, 0, 0666, 1)});
	reserve(world, 1, 17 << 20);
	PLAY({ALICE, STAT("/a"), UNSEALED_STATED(1, 100, 1000, 1000, 0666, 1)},
		{BOB, POSIX_OPEN("/a"), FAILS(REFUSED)}, {ALICE, DELETE("/a"), DONE});
}

SCENARIO(seals_that_are_not_ours_are_shared_with_nobody)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(1, 100, 0, 0666, 1)},
		{ALICE, POSIX_CREATE("/b", 0666), OPENED(2, 0, 1, CREATOR)},
		{ALICE, RESIZE(1, 100, WIRE_SIZE_SET), SIZED(2, 100, 0, 0666, 1)});
	ck_assert_int_eq(fcntl(memory_of(world, 1), F_ADD_SEALS, F_SEAL_SEAL), 0);
	ck_assert_int_eq(fcntl(memory_of(world, 2), F_ADD_SEALS, F_SEAL_FUTURE_WRITE), 0);
	PLAY({BOB, POSIX_OPEN("/a"), FAILS(REFUSED)}, {BOB, POSIX_OPEN("/b"), FAILS(REFUSED)},
		{BOB, OPEN("/a", 0), FAILS(REFUSED)}, {ALICE, POSIX_OPEN("/b"), FAILS(REFUSED)},
		{ALICE, DELETE("/a"), DONE});
}

/* Each seal, before and after the size is asked for; its creator may go on, and hurts nobody. */
SCENARIO(no_seal_of_a_client_gets_it_past_a_limit)
{
	static const int seals[] = {
		F_SEAL_SEAL, F_SEAL_SHRINK, F_SEAL_GROW, F_SEAL_WRITE, F_SEAL_FUTURE_WRITE};

	given_limit(world, ALICE, RESOURCE_BYTES, 8192);
	for (uint64_t number = 1; number <= 5; number++) {
		const int seal = seals[number - 1];

		PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(number, 0, 0, CREATOR)},
			{ALICE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(number, 100, 0, 0666, 1)});
		ck_assert_int_eq(fcntl(memory_of(world, number), F_ADD_SEALS, seal), 0);
		PLAY({BOB, POSIX_OPEN("/a"), FAILS(REFUSED)},
			{BOB, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0), FAILS(REFUSED)},
			{ALICE, RESIZE(0, 200, WIRE_SIZE_SET), FAILS(REFUSED)},
			{ALICE, RESIZE(0, 0, WIRE_SIZE_WRITER),
				SIZED_WITH(number, 100, 0, 0666, 1, 0)},
			{ALICE, STAT("/a"), STATED(number, 100, 1000, 1000, 0666, 1)});
		/* with some of the seals the creator may still grow the memory */
		if (ftruncate(memory_of(world, number), 9000) == 0) {
			broker_sweep(&world->broker);
			PLAY({ALICE, STAT("/a"), FAILS(NOT_FOUND)});
		} else {
			PLAY({ALICE, DELETE("/a"), DONE});
		}
		PLAY({ALICE, CLOSE(0)});
	}
}

/* An open that waited for the lease would keep all other clients waiting, for 45 seconds. */
SCENARIO(a_lease_of_a_client_keeps_nobody_waiting)
{
	char path[32];
	int holder;

	signal(SIGIO, SIG_IGN); /* by which the kernel asks for the lease */
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(1, 100, 0, 0666, 1)});
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory_of(world, 1));
	holder = open(path, O_RDWR | O_CLOEXEC);
	world->fds_before++;
	if (holder >= 0 && fcntl(holder, F_SETLEASE, F_WRLCK) == 0) {
		PLAY({BOB, POSIX_OPEN("/a"), FAILS(REFUSED)},
			{DAVE, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0), FAILS(REFUSED)},
			{ALICE, RESIZE(0, 0, WIRE_SIZE_WRITER), FAILS(REFUSED)},
			{ALICE_TOO, POSIX_OPEN("/a"), FAILS(REFUSED)},
			{ALICE, RESIZE(0, 200, WIRE_SIZE_SET), SIZED(1, 200, 0, 0666, 1)});
	}
	close(holder);
	world->fds_before--;
	PLAY({BOB, POSIX_OPEN("/a"), OPENED(1, 200, 0, RW | WIRE_OWN)});
}
