/* SPDX-License-Identifier: MIT */
/*
 * Who opens again what only one process has: the size is not fixed by that, but by the first open
 * of another process.
 */
#include <fcntl.h>
#include <linux/fs.h>
#include <stdio.h>
#include <sys/fsuid.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/core/words-unsealed.h"
#include "tests/core/world.h"

#define OTHER (RW | WIRE_OWN)

/* Alice's, with that size and mode 0666. */
static ino_t given_size(struct world *world, uint64_t size)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, size, WIRE_SIZE_SET), SIZED(1, size, 0, 0666, 1)});
	return (ino_t)registry_find_number(&world->broker.registry, 1)->inode;
}

SCENARIO(its_creator_opens_it_again_as_often_as_it_likes)
{
	given_size(world, 4096);
	PLAY({ALICE, POSIX_OPEN("/a"), OPENED(1, 4096, 1, CREATOR)},
		{ALICE, RESIZE(1, 5000, WIRE_SIZE_SET), SIZED(1, 5000, 0, 0666, 2)},
		{ALICE, CLOSE(0)}, {ALICE, CLOSE(1)},
		{ALICE, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 5000, 1, RO | WIRE_FILL | WIRE_OWN)},
		{ALICE, RESIZE(1, 6000, WIRE_SIZE_SET), FAILS(DENIED)},
		{ALICE, POSIX_OPEN("/a"), OPENED(1, 5000, 0, CREATOR)},
		{ALICE, RESIZE(0, 6000, WIRE_SIZE_SET), SIZED(1, 6000, 0, 0666, 2)},
		{ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 6000, 0, OTHER)},
		{ALICE, RESIZE(0, 7000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(processes_of_one_user_size_it_one_after_the_other)
{
	given_size(world, 4096);
	PLAY({ALICE, LEAVES}, {ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 4096, 0, CREATOR)},
		{ALICE_TOO, RESIZE(0, 5000, WIRE_SIZE_SET), SIZED(1, 5000, 0, 0666, 1)},
		{ALICE_TOO, LEAVES}, {ALICE, POSIX_OPEN("/a"), OPENED(1, 5000, 0, CREATOR)},
		{ALICE, RESIZE(0, 6000, WIRE_SIZE_SET), SIZED(1, 6000, 0, 0666, 1)},
		{ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 6000, 0, RO | WIRE_OWN)},
		{ALICE, RESIZE(0, 7000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(who_reads_alone_fixes_nothing_but_nobody_resizes_it_meanwhile)
{
	given_size(world, 4096);
	PLAY({ALICE, CLOSE(0)},
		{ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 4096, 0, RO | WIRE_FILL | WIRE_OWN)},
		{ALICE_TOO, CLOSE(0)}, {ALICE, POSIX_OPEN("/a"), OPENED(1, 4096, 0, CREATOR)},
		{ALICE, RESIZE(0, 5000, WIRE_SIZE_SET), SIZED(1, 5000, 0, 0666, 1)},
		{ALICE, CLOSE(0)},
		{ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 5000, 0, RO | WIRE_FILL | WIRE_OWN)},
		{ALICE, POSIX_OPEN("/a"), OPENED(1, 5000, 0, OTHER)},
		{ALICE, RESIZE(0, 6000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(an_empty_one_that_was_read_is_still_sized_as_its_owner_likes)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)}, {ALICE, CLOSE(0)},
		{ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 0, 0, RO | WIRE_FILL | WIRE_OWN)},
		{ALICE_TOO, CLOSE(0)}, {ALICE, POSIX_OPEN("/a"), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 100, WIRE_SIZE_SET), SIZED(1, 100, 0, 0666, 1)},
		{ALICE, RESIZE(0, 200, WIRE_SIZE_SET), SIZED(1, 200, 0, 0666, 1)},
		{ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 200, 0, OTHER)},
		{ALICE, RESIZE(0, 300, WIRE_SIZE_SET), FAILS(SEALED)});
}

/* Who opened early may have passed a descriptor on, and relies on the first size. */
SCENARIO(what_was_opened_early_goes_to_nobody_unfixed)
{
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{BOB, POSIX_OPEN("/a"), EARLY, OPENED(1, 0, 0, OTHER)}, {BOB, CLOSE(0)},
		{ALICE, LEAVES},
		{ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0),
			OPENED(1, 0, 0, RO | WIRE_OWN)},
		{ALICE_TOO, CLOSE(0)}, {ALICE_TOO, POSIX_OPEN("/a"), OPENED(2, 0, 0, CREATOR)});
}

SCENARIO(another_users_open_fixes_it_also_where_nobody_has_it)
{
	static const enum who others[] = {BOB, ROOT, NOBODY};

	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(i + 1, 0, 0, CREATOR)},
			{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(i + 1, 4096, 0, 0666, 1)},
			{ALICE, CLOSE(0)},
			{others[i], POSIX_OPEN("/a"), OPENED(i + 1, 4096, 0, OTHER)},
			{others[i], RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)},
			{others[i], CLOSE(0)},
			{ALICE, POSIX_OPEN("/a"), OPENED(i + 1, 4096, 0, OTHER)},
			{ALICE, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)}, {ALICE, CLOSE(0)},
			{ALICE, DELETE("/a"), DONE});
	}
}

/* Their uid is that of the user nobody, and they may be many. */
SCENARIO(who_has_no_number_here_fixes_what_nobody_owns)
{
	given_size(world, 4096);
	PLAY({ALICE, CLOSE(0)}, {ROOT, SET_OWNER("/a", 65534, 65534), DONE},
		{NOBODY, POSIX_OPEN("/a"), OPENED(1, 4096, 0, OTHER)},
		{NOBODY, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(other_rules_than_posixs_fix_it_also_by_its_creator)
{
	given_size(world, 4096);
	PLAY({ALICE, OPEN("/a", 0), OPENED(1, 4096, 1, RW)},
		{ALICE, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
}

/* As one that a client has passed on to a process that no broker knows. */
static void *map_unknown(struct world *world, uint64_t number)
{
	char path[32];
	void *mapped;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d",
		registry_find_number(&world->broker.registry, number)->fd);
	fd = open(path, O_RDWR | O_CLOEXEC);
	mapped = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(mapped, MAP_FAILED);
	close(fd);
	return mapped;
}

SCENARIO(memory_that_a_process_has_without_a_handle_is_fixed)
{
	void *mapped;

	given_size(world, 4096);
	mapped = map_unknown(world, 1);
	PLAY({ALICE, LEAVES}, {ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 4096, 0, OTHER)},
		{ALICE_TOO, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
	munmap(mapped, 1);
}

SCENARIO(seals_of_its_creators_own_make_it_nobodys)
{
	given_size(world, 4096);
	ck_assert_int_eq(fcntl(registry_find_number(&world->broker.registry, 1)->fd, F_ADD_SEALS,
				 F_SEAL_FUTURE_WRITE),
		0);
	PLAY({ALICE, LEAVES}, {ALICE_TOO, POSIX_OPEN("/a"), FAILS(REFUSED)});
}

/* HOLD proves no descriptor: another process may have one. */
SCENARIO(a_handle_alone_does_not_show_that_no_other_process_can_size_it)
{
	const ino_t inode = given_size(world, 4096);
	void *mapped = map_unknown(world, 1);

	PLAY({ALICE_TOO, HOLD(1, inode, ""), OPENED(1, 4096, 0, RW)}, {ALICE, LEAVES},
		{ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 4096, 1, OTHER)},
		{ALICE_TOO, RESIZE(1, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
	munmap(mapped, 1);
}

SCENARIO(who_has_the_last_handle_and_no_descriptor_may_open_it_again)
{
	const ino_t inode = given_size(world, 4096);

	PLAY({ALICE_TOO, HOLD(1, inode, ""), OPENED(1, 4096, 0, RW)}, {ALICE, LEAVES},
		{ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 4096, 1, CREATOR)},
		{ALICE_TOO, RESIZE(1, 5000, WIRE_SIZE_SET), SIZED(1, 5000, 0, 0666, 2)},
		{ALICE, HOLD(1, inode, ""), OPENED(1, 5000, 0, RW)},
		{ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 5000, 2, OTHER)},
		{ALICE_TOO, RESIZE(1, 6000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(a_handle_alone_lets_no_other_user_size_it)
{
	const ino_t inode = given_size(world, 4096);

	PLAY({BOB, HOLD(1, inode, ""), OPENED(1, 4096, 0, RW)}, {ALICE, LEAVES},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 4096, 1, OTHER)},
		{BOB, RESIZE(1, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(what_was_closed_in_a_ring_is_closed)
{
	PLAY({ALICE, RING, QUIET});
	given_size(world, 4096);
	PLAY({ALICE, RINGS(0)},
		{ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, 0),
			FAILS(EXISTS)},
		{ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 4096, 0, CREATOR)},
		{ALICE, POSIX_OPEN("/a"), OPENED(1, 4096, 0, OTHER)});
}

SCENARIO(a_new_owner_pays_and_sizes_it)
{
	given_size(world, 4096);
	PLAY({ALICE, CLOSE(0)}, {ROOT, SET_OWNER("/a", 1001, 1001), DONE},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 4096, 0, CREATOR)},
		{BOB, RESIZE(0, 5000, WIRE_SIZE_SET),
			SIZED_OF(1001, 1, 5000, 0, 0666, 1, WIRE_SEGMENT_UNSEALED)},
		{BOB, CLOSE(0)}, {ALICE, POSIX_OPEN("/a"), OPENED(1, 5000, 0, OTHER)},
		{ALICE, RESIZE(0, 6000, WIRE_SIZE_SET), FAILS(SEALED)});
}

/*
 * Any process with a descriptor may change the mode. Without a capability, the broker cannot open
 * the memory for writing then.
 */
SCENARIO(memory_that_the_broker_may_not_open_to_write_is_fixed)
{
	static const struct step reads = {ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0)};
	struct reply reply;
	int fd;

	setfsuid(65534);
	given_size(world, 4096);
	fd = registry_find_number(&world->broker.registry, 1)->fd;
	PLAY({ALICE, CLOSE(0)});
	ck_assert_int_eq(fchmod(fd, 0400), 0);
	ask(world, &reads, &reply);
	ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
	reply_deinit(&reply);
	ck_assert_int_eq(fchmod(fd, 0600), 0);
	PLAY({ALICE_TOO, RESIZE(0, 0, 0), SEALED_SIZED(1, 4096, 0, 0666, 1)});
	setfsuid(geteuid());
}

SCENARIO(who_did_not_make_it_does_not_take_its_name_back)
{
	given_size(world, 4096);
	PLAY({ALICE, CLOSE(0)}, {ALICE_TOO, POSIX_OPEN("/a"), OPENED(1, 4096, 0, CREATOR)},
		{ALICE_TOO, TAKE_BACK(0), DONE},
		{ALICE, STAT("/a"), UNSEALED_STATED(1, 4096, 1000, 1000, 0666, 0)});
}

/* By chattr(1), through a descriptor. It is root's alone, and not of all kernels. */
SCENARIO(memory_that_root_made_immutable_is_read)
{
	const int immutable = FS_IMMUTABLE_FL, none = 0;
	static const struct step reads = {ALICE_TOO, POSIX_OPEN_WITH("/a", WIRE_OPEN_READONLY, 0)};
	struct reply reply;
	int fd;

	given_size(world, 4096);
	fd = registry_find_number(&world->broker.registry, 1)->fd;
	PLAY({ALICE, CLOSE(0)});
	if (ioctl(fd, FS_IOC_SETFLAGS, &immutable) < 0)
		return;
	ask(world, &reads, &reply);
	ck_assert_int_eq(reply.wire.header.status, STATUS_OK);
	reply_deinit(&reply);
	PLAY({ALICE, POSIX_OPEN("/a"), FAILS(REFUSED)});
	ck_assert_int_eq(ioctl(fd, FS_IOC_SETFLAGS, &none), 0);
	PLAY({ALICE_TOO, RESIZE(0, 0, 0), SEALED_SIZED(1, 4096, 0, 0666, 1)});
}
