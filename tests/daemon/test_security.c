/* SPDX-License-Identifier: MIT */
/* What other users cannot do, each of them a process of a uid of its own. Needs root. */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE     4096
#define SEGMENTS 7 /* of Alice's */

static void create_as(const char *name, uint32_t mode)
{
	int connection = broker_process_connect(&scene.broker);

	ck_assert_int_eq(exchange_open(connection, name, WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, SIZE,
				 mode, NULL, NULL),
		STATUS_OK);
	close(connection);
}

/* Alice's segments, one for each of these modes. */
static void alice_creates(void *data)
{
	(void)data;
	create_as("/alice/private", 0600);
	create_as("/alice/readable", 0644);
	create_as("/alice/writable", 0666);
	create_as("/alice/write-only", 0622);
	create_as("/alice/group-denied", 0606);
	create_as("/alice/unwritable", 0444);
	create_as("/alice/sealed-off", 0000);
}

static void begin(void)
{
	scene_begin_plain();
	user_as_uid(ALICE, alice_creates, NULL);
	scene.segments += SEGMENTS;
	scene.fds += SEGMENTS;
}

static void expect_deleted(size_t count)
{
	scene.segments -= count;
	scene.fds -= count;
}

/* A descriptor of that segment, and the access that came with it. */
static int open_here(const char *name, uint32_t access)
{
	int connection = broker_process_connect(&scene.broker);
	struct wire_opened opened;
	int fd;

	ck_assert_int_eq(exchange_open(connection, name, 0, 0, 0, &opened, &fd), STATUS_OK);
	ck_assert_uint_eq(opened.access, access);
	ck_assert_int_ge(fd, 0);
	close(connection);
	return fd;
}

static void check_fails(long result, int error)
{
	ck_assert_int_eq(result, -1);
	ck_assert_msg(errno == error, "%s instead of %s", strerror(errno), strerror(error));
}

/* That the way is open, so that a refusal is the file's: a file of one's own comes through. */
static void check_reopen_works_here(void)
{
	int own = memfd_create("own", MFD_CLOEXEC);
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", own);
	again = open(path, O_RDWR | O_CLOEXEC);
	ck_assert_msg(again >= 0, "%s: %s", path, strerror(errno));
	close(again);
	close(own);
}

static void check_cannot_reopen(pid_t pid, int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/fd/%d", (int)pid, fd);
	check_fails(open(path, O_RDWR | O_CLOEXEC), EACCES);
	check_fails(open(path, O_WRONLY | O_CLOEXEC), EACCES);
	check_fails(open(path, O_RDWR | O_TRUNC | O_CLOEXEC), EACCES);
	check_fails(truncate(path, 0), EACCES);
}

static void reopen_all(void *data)
{
	const int *roots_fd = data; /* of the same memory, in a process that is not ours */
	int fd = open_here("/alice/readable", WIRE_READ);

	check_reopen_works_here();
	check_cannot_reopen(getpid(), fd);
	check_cannot_reopen(getppid(), *roots_fd);
	for (int guess = 3; guess < 20; guess++)
		check_cannot_reopen(scene.broker.pid, guess);
	close(fd);
}

FIXTURE(begin, scene_end, .unless = without_root);

TEST(reader_cannot_reopen_for_writing)
{
	int fd = open_here("/alice/readable", WIRE_READ | WIRE_WRITE);

	user_as_uid(BOB, reopen_all, &fd);
	close(fd);
}

static void change_inode(void *name)
{
	const struct timespec times[2] = {{.tv_sec = 1}, {.tv_sec = 1}};
	uint32_t access = strcmp(name, "/alice/readable") == 0 ? WIRE_READ : WIRE_READ | WIRE_WRITE;
	int fd = open_here(name, access);

	check_fails(fchmod(fd, 0666), EPERM);
	check_fails(fchown(fd, BOB, BOB), EPERM);
	check_fails(futimens(fd, times), EPERM);
	check_fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
	close(fd);
}

TEST(nobody_changes_the_memorys_own_mode_or_owner)
{
	user_as_uid(BOB, change_inode, (char *)"/alice/readable");
	user_as_uid(BOB, change_inode, (char *)"/alice/writable");
	user_as_uid(ALICE, change_inode, (char *)"/alice/private");
}

static void map_readable(void *data)
{
	int fd = open_here("/alice/readable", WIRE_READ);
	void *mapped = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0);

	(void)data;
	ck_assert_ptr_ne(mapped, MAP_FAILED);
	check_fails(mprotect(mapped, SIZE, PROT_READ | PROT_WRITE), EACCES);
	check_fails((long)mmap(NULL, SIZE, PROT_WRITE, MAP_SHARED, fd, 0), EACCES);
	check_fails(pwrite(fd, "b", 1, 0), EBADF);
	check_fails(ftruncate(fd, 0), EINVAL);
	close(fd);
}

TEST(reader_cannot_make_its_mapping_writable)
{
	user_as_uid(BOB, map_readable, NULL);
}

/* The owner whom the mode lets only read; and REOPEN, which is for reading, whoever asks. */
static void open_own_unwritable(void *data)
{
	int fd = open_here("/alice/unwritable", WIRE_READ);

	(void)data;
	check_reopen_works_here();
	check_cannot_reopen(getpid(), fd);
	check_fails(pwrite(fd, "a", 1, 0), EBADF);
	close(fd);
}

TEST(owner_is_bound_by_the_mode_too)
{
	user_as_uid(ALICE, open_own_unwritable, NULL);
}

static enum status reopen_named(int connection, const char *name, uint64_t number)
{
	int fd;
	enum status status = exchange_reopen(connection, number, &fd);

	ck_assert_msg((fd >= 0) == (status == STATUS_OK), "%s", name);
	if (fd >= 0)
		close(fd);
	return status;
}

struct expectation {
	const char *name;
	enum status open, stat, delete, reopen;
	size_t listed;
};

static void check_expectation(const struct expectation *e, uint64_t number)
{
	int connection = broker_process_connect(&scene.broker);
	struct wire_stated stated;
	int fd;

	ck_assert_msg(exchange_open(connection, e->name, 0, 0, 0, NULL, &fd) == e->open, "OPEN %s",
		e->name);
	ck_assert_msg((fd >= 0) == (e->open == STATUS_OK), "OPEN %s", e->name);
	ck_assert_msg(exchange_stat(connection, e->name, &stated) == e->stat, "STAT %s", e->name);
	ck_assert_msg(exchange_list(connection, e->name) == e->listed, "LIST %s", e->name);
	ck_assert_msg(reopen_named(connection, e->name, number) == e->reopen, "REOPEN %s", e->name);
	ck_assert_msg(exchange_delete(connection, e->name) == e->delete, "DELETE %s", e->name);
	close(connection);
	if (fd >= 0)
		close(fd);
}

struct stranger {
	const struct expectation *expectations;
	uint64_t numbers[8];
	size_t count;
};

static void be_stranger(void *data)
{
	const struct stranger *stranger = data;

	for (size_t i = 0; i < stranger->count; i++)
		check_expectation(&stranger->expectations[i], stranger->numbers[i]);
}

static void check_expectations(uid_t uid, const struct expectation *expectations, size_t count)
{
	struct stranger stranger = {.expectations = expectations, .count = count};

	for (size_t i = 0; i < count; i++) {
		struct wire_stated stated;

		ck_assert_int_eq(
			exchange_stat(scene.honest, expectations[i].name, &stated), STATUS_OK);
		stranger.numbers[i] = stated.segment;
	}
	user_as_uid(uid, be_stranger, &stranger);
}

/* scene_end sees that none of them is gone. */
TEST(stranger_gets_what_the_mode_gives_to_others)
{
	static const struct expectation expectations[] = {
		{"/alice/private", STATUS_DENIED, STATUS_NOT_FOUND, STATUS_DENIED, STATUS_NOT_FOUND,
			0},
		{"/alice/sealed-off", STATUS_DENIED, STATUS_NOT_FOUND, STATUS_DENIED,
			STATUS_NOT_FOUND, 0},
		{"/alice/write-only", STATUS_DENIED, STATUS_NOT_FOUND, STATUS_DENIED,
			STATUS_NOT_FOUND, 0},
		{"/alice/readable", STATUS_OK, STATUS_OK, STATUS_DENIED, STATUS_OK, 1},
		{"/alice/writable", STATUS_OK, STATUS_OK, STATUS_NOT_OWNER, STATUS_OK, 1},
	};

	check_expectations(BOB, expectations, sizeof(expectations) / sizeof(expectations[0]));
}

/* Seen in her list, for she may delete it, which is tried last of all. */
TEST(owner_sees_and_deletes_what_she_may_not_open)
{
	static const struct expectation expectations[] = {
		{"/alice/sealed-off", STATUS_DENIED, STATUS_OK, STATUS_OK, STATUS_NOT_FOUND, 1},
		{"/alice/unwritable", STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK, 1},
	};

	check_expectations(ALICE, expectations, sizeof(expectations) / sizeof(expectations[0]));
	expect_deleted(2);
}

TEST(root_may_do_everything)
{
	static const struct expectation expectations[] = {
		{"/alice/private", STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK, 1},
		{"/alice/sealed-off", STATUS_OK, STATUS_OK, STATUS_OK, STATUS_OK, 1},
	};

	check_expectations(0, expectations, sizeof(expectations) / sizeof(expectations[0]));
	expect_deleted(2);
}
