/* SPDX-License-Identifier: MIT */
/*
 * What changes memory that a client is changing: the request is handled again, until the change is
 * made. Until then nothing is seen of it.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "daemon/core/memory.h"
#include "daemon/core/unsealed.h"
#include "tests/core/words-unsealed.h"
#include "tests/core/world.h"

enum lateness {
	WAITS,   /* the change is not made */
	IS_MADE, /* it is, just after the broker has waited for it */
};

static enum lateness lateness;

static int make_late(memory_change *change, int fd, uint64_t value, const struct account *payer)
{
	ck_assert_uint_eq(payer->id, 1000);
	if (lateness == IS_MADE)
		change(fd, value);
	lateness = WAITS;
	return -EINPROGRESS;
}

typedef int make(memory_change *change, int fd, uint64_t value, const struct account *payer);

/* The request, which comes once more with the same serial. */
static void ask_late(struct world *world, const struct step *step, enum lateness how)
{
	const struct outcome before = world->peers[step->who]->last;
	make *const at_once = memory_apply;
	struct reply reply;

	lateness = how;
	memory_apply = make_late;
	ask(world, step, &reply);
	memory_apply = at_once;
	ck_assert(reply.later);
	ck_assert_uint_eq(reply.fd_count, 0);
	ck_assert_uint_eq(world->peers[step->who]->last.serial, before.serial);
	ck_assert_uint_eq(world->peers[step->who]->last.op, before.op);
	reply_deinit(&reply);
	world->serials[step->who]--;
}

static void is_late(struct world *world, const struct step *step)
{
	ask_late(world, step, WAITS);
	ask_late(world, step, IS_MADE);
}

SCENARIO(a_size_is_set_later)
{
	const struct step sizes = {ALICE, RESIZE(0, 4096, WIRE_SIZE_SET)};

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)});
	is_late(world, &sizes);
	PLAY({ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
}

SCENARIO(the_first_size_that_others_wait_for_is_fixed_later)
{
	const struct step sizes = {ALICE, RESIZE(0, 4096, WIRE_SIZE_SET)};
	struct reply reply;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 0, 0, RW | WIRE_OWN), EARLY});
	is_late(world, &sizes);
	ask(world, &sizes, &reply); /* a look fixes the size, and may fail without being told of */
	ck_assert_uint_eq(reply.wire.header.status, STATUS_OK);
	reply_deinit(&reply);
	PLAY({ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SEALED_SIZED(1, 4096, 0, 0666, 2)},
		{ALICE, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
}

SCENARIO(what_is_shared_is_opened_later)
{
	const struct step opens = {BOB, OPEN("/a", 0)};

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
	is_late(world, &opens);
	PLAY({BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)},
		{ALICE, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)});
}

static bool waits_always(uint64_t inode)
{
	(void)inode;
	return true;
}

SCENARIO(a_size_that_comes_later_is_charged_at_once)
{
	const struct step sizes = {ALICE, RESIZE(0, 8192, WIRE_SIZE_SET)};
	bool (*const waits)(uint64_t) = memory_waits;

	given_limit(world, ALICE, RESOURCE_BYTES, 8192);
	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)});
	ask_late(world, &sizes, WAITS);
	memory_waits = waits_always;
	broker_sweep(&world->broker);
	ask_late(world, &sizes, WAITS);
	PLAY({ALICE, CREATE("/b", 1, 0600), LIMITED(BYTES, USER)});
	memory_waits = waits;
	/* The kernel has not made it after all. */
	broker_sweep(&world->broker);
	PLAY({ALICE, CREATE("/b", 1, 0600), OPENED(2, 1, 1, RW)});
}

SCENARIO(a_size_that_comes_after_a_late_seal_is_refused)
{
	const struct step opens = {BOB, OPEN("/a", 0)};

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
	ask_late(world, &opens, IS_MADE);
	PLAY({ALICE, RESIZE(0, 5000, WIRE_SIZE_SET), FAILS(SEALED)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SEALED_SIZED(1, 4096, 0, 0666, 1)});
}

/* The creator may seal the memory before the kernel gets to it. */
SCENARIO(a_size_that_is_still_to_come_is_told_to_nobody)
{
	const struct step sizes = {ALICE, RESIZE(0, 8192, WIRE_SIZE_SET)};
	bool (*const waits)(uint64_t) = memory_waits;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
	ask_late(world, &sizes, WAITS);
	memory_waits = waits_always;
	ck_assert(memory_seal(registry_find_number(&world->broker.registry, 1)->fd));
	PLAY({BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)});
	memory_waits = waits;
}

/* The last broker has died, but its seals came all the same, just before those of this one. */
static int make_after_another(
	memory_change *change, int fd, uint64_t value, const struct account *payer)
{
	const int error = change(fd, value);

	(void)payer;
	return error < 0 ? error : change(fd, value);
}

SCENARIO(what_the_last_broker_has_sealed_is_not_spoiled)
{
	make *const at_once = memory_apply;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
	memory_apply = make_after_another;
	PLAY({BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)});
	memory_apply = at_once;
}

SCENARIO(what_waits_for_ever_is_refused_in_the_end)
{
	make *const at_once = memory_apply;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)});
	lateness = WAITS;
	memory_apply = make_late;
	PLAY({BOB, OPEN("/a", 0), .last_time = true, FAILS(REFUSED)});
	memory_apply = at_once;
	PLAY({BOB, OPEN("/a", 0), OPENED(1, 4096, 0, RW)});
}

/* The size is there, the seal is late: what was opened early must not become able to write. */
SCENARIO(a_copy_of_an_early_open_brings_what_the_open_brought)
{
	const struct step opens = {BOB, POSIX_OPEN("/a"), AGAIN};
	make *const at_once = memory_apply;
	struct reply reply;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{BOB, POSIX_OPEN("/a"), OPENED(1, 0, 0, RW | WIRE_OWN), EARLY});
	ck_assert_int_eq(ftruncate(registry_find_number(&world->broker.registry, 1)->fd, 4096), 0);
	lateness = WAITS;
	memory_apply = make_late;
	broker_sweep(&world->broker);
	ask(world, &opens, &reply);
	memory_apply = at_once;
	ck_assert_uint_eq(reply.fd_count, 1);
	ck_assert_int_eq(fcntl(reply.fds[0].fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	reply_deinit(&reply);
}

/* Of several names, those before the one that waits are opened; the client asks for the others. */
SCENARIO(of_many_the_first_that_waits_comes_later)
{
	const struct step first = {BOB, OPEN_MANY(WIRE_FDS_MAX, "/a /b")};
	const struct step second = {BOB, OPEN_MANY(WIRE_FDS_MAX, "/b /a")};
	make *const at_once = memory_apply;
	struct reply reply;

	PLAY({ALICE, POSIX_CREATE("/a", 0666), OPENED(1, 0, 0, CREATOR)},
		{ALICE, RESIZE(0, 4096, WIRE_SIZE_SET), SIZED(1, 4096, 0, 0666, 1)},
		{ALICE, CREATE("/b", 1, 0666), OPENED(2, 1, 1, RW)});
	ask_late(world, &first, WAITS);
	lateness = WAITS;
	memory_apply = make_late;
	ask(world, &second, &reply);
	memory_apply = at_once;
	ck_assert(!reply.later);
	ck_assert_uint_eq(reply.wire.opened_many.count, 1);
	ck_assert_uint_eq(reply.fd_count, 1);
	reply_deinit(&reply);
	PLAY({BOB, OPEN_MANY(WIRE_FDS_MAX, "/a"), TOLD("1:1:rw")});
}
