/* SPDX-License-Identifier: MIT */
/*
 * Who a client is: what the kernel knew when it connected, groups included, and never what it says
 * or what it became since. Needs root.
 */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define TEAM      61500 /* a group that nobody has as the primary one, but in one test */
#define MANY      1000  /* groups: more than any buffer of a fixed size would expect */
#define FIRST_GID 70000

static const gid_t team[] = {TEAM};
static const struct person alice_of_team = {.uid = ALICE, .gid = TEAM};

static void create_as(const char *name, uint32_t mode)
{
	int connection = broker_process_connect(&scene.broker);

	ck_assert_int_eq(exchange_open(connection, name, WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, 4096,
				 mode, NULL, NULL),
		STATUS_OK);
	close(connection);
}

/* Of the group TEAM: a segment's group is its creator's primary one. */
static void create_for_team(void *data)
{
	(void)data;
	create_as("/team/read-write", 0660);
	create_as("/team/read", 0640);
	create_as("/team/all-but-team", 0606);
}

static void begin(void)
{
	scene_begin_plain();
	user_as(&alice_of_team, create_for_team, NULL);
	scene.segments += 3;
	scene.fds += 3;
}

/* 0 where the open is denied; over the connection given, or, with -1, one of its own. */
static uint32_t access_to(int connection, const char *name)
{
	const bool own = connection < 0;
	struct wire_opened opened = {0};
	enum status status;

	if (own)
		connection = broker_process_connect(&scene.broker);
	status = exchange_open(connection, name, 0, 0, 0, &opened, NULL);
	ck_assert(status == STATUS_OK || status == STATUS_DENIED);
	if (own)
		close(connection);
	else if (status == STATUS_OK)
		exchange_close(connection, opened.handle);
	return status == STATUS_OK ? opened.access : 0;
}

static void be_member(void *data)
{
	(void)data;
	ck_assert_uint_eq(access_to(-1, "/team/read-write"), WIRE_READ | WIRE_WRITE);
	ck_assert_uint_eq(access_to(-1, "/team/read"), WIRE_READ);
	ck_assert_uint_eq(access_to(-1, "/team/all-but-team"), 0);
}

static void be_outsider(void *data)
{
	(void)data;
	ck_assert_uint_eq(access_to(-1, "/team/read-write"), 0);
	ck_assert_uint_eq(access_to(-1, "/team/read"), 0);
	ck_assert_uint_eq(access_to(-1, "/team/all-but-team"), WIRE_READ | WIRE_WRITE);
}

FIXTURE(begin, scene_end, .unless = without_root);

TEST(primary_group_counts)
{
	user_as(&(struct person){.uid = BOB, .gid = TEAM}, be_member, NULL);
	user_as(&(struct person){.uid = BOB, .gid = BOB}, be_outsider, NULL);
}

TEST(supplementary_group_counts)
{
	const gid_t other[] = {TEAM + 1, TEAM - 1};

	user_as(&(struct person){.uid = BOB, .gid = BOB, .groups = team, .group_count = 1},
		be_member, NULL);
	user_as(&(struct person){.uid = BOB, .gid = BOB, .groups = other, .group_count = 2},
		be_outsider, NULL);
}

TEST(the_last_of_a_thousand_groups_counts)
{
	struct person bob = {.uid = BOB, .gid = BOB, .group_count = MANY};
	gid_t groups[MANY];

	for (size_t i = 0; i < MANY; i++)
		groups[i] = FIRST_GID + (gid_t)i;
	bob.groups = groups;
	user_as(&bob, be_outsider, NULL);
	groups[MANY - 1] = TEAM;
	user_as(&bob, be_member, NULL);
}

/* Group 0 is a group like any other: it is the uid that makes root. */
static void be_in_group_0(void *data)
{
	(void)data;
	ck_assert_uint_eq(access_to(-1, "/team/read-write"), 0);
	ck_assert_uint_eq(access_to(-1, "/honest"), 0);
}

TEST(group_0_is_not_root)
{
	const gid_t groups[] = {0};

	user_as(&(struct person){.uid = BOB, .gid = 0, .groups = groups, .group_count = 1},
		be_in_group_0, NULL);
}

static void change_after_connecting(void *data)
{
	int as_root = broker_process_connect(&scene.broker);

	(void)data;
	ck_assert_int_eq(setgroups(1, team), 0);
	ck_assert_int_eq(setresgid(BOB, BOB, BOB), 0);
	ck_assert_int_eq(setresuid(BOB, BOB, BOB), 0);
	/* What it created while it was root is root's, and so is what it still creates. */
	ck_assert_uint_eq(access_to(as_root, "/team/all-but-team"), WIRE_READ | WIRE_WRITE);
	exchange_create(as_root, "/roots");
	ck_assert_uint_eq(access_to(-1, "/roots"), 0);
	be_member(NULL);
	ck_assert_int_eq(exchange_delete(as_root, "/roots"), STATUS_OK);
	close(as_root);
}

TEST(connection_keeps_the_identity_it_began_with)
{
	user_as(&(struct person){0}, change_after_connecting, NULL);
}

/* And a connection that is handed on speaks for whoever made it. */
static void use_the_connection(void *data)
{
	const int *roots = data;

	ck_assert_uint_eq(access_to(*roots, "/honest"), WIRE_READ | WIRE_WRITE);
	ck_assert_uint_eq(access_to(-1, "/honest"), 0);
}

TEST(inherited_connection_speaks_for_its_maker)
{
	user_as_uid(BOB, use_the_connection, &scene.honest);
}

static bool write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);
	bool written = fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);

	if (fd >= 0)
		close(fd);
	return written;
}

/* Root inside, with every capability that there is inside; still Alice to everyone outside. */
static bool become_root_of_a_namespace(void)
{
	char map[32];

	snprintf(map, sizeof(map), "0 %d 1", ALICE);
	return unshare(CLONE_NEWUSER) == 0 && write_file("/proc/self/setgroups", "deny") &&
	       write_file("/proc/self/uid_map", map) && geteuid() == 0;
}

static void try_namespace(void *data)
{
	(void)data;
	if (!become_root_of_a_namespace())
		_exit(1);
}

static void be_alice_in_a_namespace(void *data)
{
	struct wire_stated stated;
	int connection;

	(void)data;
	ck_assert(become_root_of_a_namespace());
	ck_assert_uint_eq(access_to(-1, "/honest"), 0);
	ck_assert_uint_eq(access_to(-1, "/team/read-write"), WIRE_READ | WIRE_WRITE);
	connection = broker_process_connect(&scene.broker);
	exchange_create(connection, "/inside");
	ck_assert_int_eq(exchange_stat(connection, "/inside", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.uid, ALICE);
	ck_assert_int_eq(exchange_delete(connection, "/inside"), STATUS_OK);
	close(connection);
}

static const char *without_namespaces(void)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		user_become_uid(ALICE);
		try_namespace(NULL);
		_exit(0);
	}
	if (waitpid(child, &status, 0) == child && status == 0)
		return NULL;
	return "needs user namespaces, which this kernel forbids";
}

TEST_UNLESS(without_namespaces, client_in_a_user_namespace_is_who_it_is_outside)
{
	user_as_uid(ALICE, be_alice_in_a_namespace, NULL);
}

static int reopen_for_writing(int fd)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	return open(path, O_RDWR | O_CLOEXEC);
}

/* That the way is open, so that a refusal is the file's: a file of one's own comes through. */
static void check_reopen_works_here(void)
{
	int own = memfd_create("own", MFD_CLOEXEC);
	int again = reopen_for_writing(own);

	ck_assert_msg(again >= 0, "%s", strerror(errno));
	close(again);
	close(own);
}

/* Its capabilities are over what it owns inside, and the broker's memory is not that. */
static void reopen_in_a_namespace(void *data)
{
	struct wire_stated stated;
	int connection;
	int fd;

	(void)data;
	ck_assert(become_root_of_a_namespace());
	connection = broker_process_connect(&scene.broker);
	ck_assert_int_eq(exchange_stat(connection, "/team/read", &stated), STATUS_OK);
	ck_assert_int_eq(exchange_reopen(connection, stated.segment, &fd), STATUS_OK);
	check_reopen_works_here();
	ck_assert_int_eq(reopen_for_writing(fd), -1);
	ck_assert_int_eq(errno, EACCES);
	ck_assert_int_eq(fchmod(fd, 0666), -1);
	close(fd);
	close(connection);
}

TEST_UNLESS(without_namespaces, root_of_a_user_namespace_cannot_reopen_for_writing)
{
	user_as_uid(ALICE, reopen_in_a_namespace, NULL);
}
