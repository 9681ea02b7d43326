/* SPDX-License-Identifier: MIT */
/* A keeper with a journal, or descriptors, that cannot be: what is wrong is dropped, loudly. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/journal.h"
#include "include/prshm-client.h"
#include "tests/lib/testing.h"
#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/kept.h"
#include "tests/restart/restart-case.h"

#define JOURNAL 1  /* its id */
#define CLIENT  17 /* from here on odd ids are of connections; even ones are of segments */

/* A broker with two clients and three segments has died. */
static void enter(struct kept_all *all)
{
	ck_assert_int_eq(actor_do(&alice, act_create, "/a"), 0);
	ck_assert_int_eq(actor_do(&alice, act_create, "/b"), 0);
	ck_assert_int_eq(actor_do(&bob, act_ask, ""), 0);
	ck_assert_int_eq(actor_do(&bob, act_create, "/c"), 0);
	process_end(broker_pid(), SIGKILL);
	kept_begin(all);
}

static void go_on(struct kept_all *all)
{
	kept_end(all);
	broker_next();
}

static uint64_t segment_id(const struct kept_all *all, size_t index)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->kept[i].id % 2 == 0 && index-- == 0)
			return all->kept[i].id;
	}
	ck_abort_msg("no such segment");
}

static void check_is_there(struct actor *actor, const char *name)
{
	ck_assert_int_eq(actor_do(actor, act_holders, name), 1);
	ck_assert_int_eq(actor_do(actor, act_open, name), 0);
	ck_assert_int_eq(actor_do(actor, act_check, name), 1);
	ck_assert_int_eq(actor_do(actor, act_close, name), 0);
}

static void check_is_lost(struct actor *actor, const char *name)
{
	ck_assert_int_eq(actor_do(actor, act_check, name), 1); /* the mapping is the client's */
	ck_assert_int_eq(actor_do(actor, act_holders, name), -(long)PRSHM_NOT_FOUND);
	ck_assert_int_eq(actor_do(actor, act_close, name), 0);
	ck_assert_int_eq(actor_do(actor, act_create, name), 0);
	ck_assert_int_eq(actor_do(actor, act_check, name), 1);
}

static int make_garbage(int kind)
{
	char bytes[4096];
	int fd = kind == 0   ? open("/dev/null", O_RDWR | O_CLOEXEC)
		 : kind == 1 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
			     : kept_memory(kind == 2 ? 0 : sizeof(bytes), false);

	memset(bytes, kind == 3 ? 0 : 0xff, sizeof(bytes));
	if (kind == 5) /* the header of one that says more than it has */
		memcpy(bytes, "prshm\njl\1\0\0\0\0\0\0\0", 16);
	if (kind > 2)
		ck_assert_int_eq(pwrite(fd, bytes, sizeof(bytes), 0), sizeof(bytes));
	return fd;
}

FIXTURES(&place_supervised);

TEST_LOOP(with_garbage_for_a_journal_a_broker_begins_with_nothing_and_serves, 6)
{
	const int fd = make_garbage(_i);
	struct kept_all all;

	enter(&all);
	kept_put(&all, JOURNAL, fd);
	close(fd);
	go_on(&all);
	ck_assert_uint_eq(place_said("damaged from its first byte on: all is lost"), 1);
	check_is_lost(&alice, "/a");
	check_is_lost(&bob, "/c");
	broker_restart();
	check_is_there(&alice, "/a");
}

/* Byte 16 of the header on: how many bytes count. The last record is of bob's last request. */
TEST(of_a_damaged_journal_all_before_the_damage_goes_on)
{
	struct kept_all all;
	uint64_t committed;
	char byte;
	int fd;

	enter(&all);
	fd = kept_find(&all, JOURNAL);
	ck_assert_int_eq(pread(fd, &committed, sizeof(committed), 16), sizeof(committed));
	ck_assert_int_eq(pread(fd, &byte, 1, (off_t)committed - 1), 1);
	byte ^= 1;
	ck_assert_int_eq(pwrite(fd, &byte, 1, (off_t)committed - 1), 1);
	go_on(&all);
	ck_assert_uint_eq(place_said("the journal is damaged at byte"), 1);
	check_is_there(&alice, "/a");
	check_is_there(&alice, "/b");
	check_is_there(&bob, "/c");
	broker_restart();
	ck_assert_uint_eq(place_said("damaged"), 1);
	check_is_there(&alice, "/a");
}

TEST(a_segment_without_its_memory_is_lost_and_the_rest_goes_on)
{
	struct kept_all all;

	enter(&all);
	kept_drop(&all, segment_id(&all, 1));
	go_on(&all);
	ck_assert_uint_eq(place_said("\"/b\" of uid"), 1);
	check_is_there(&alice, "/a");
	check_is_lost(&alice, "/b");
	check_is_there(&bob, "/c");
	broker_restart();
	check_is_there(&alice, "/b");
}

TEST(segments_whose_memory_is_anothers_are_lost_and_the_rest_goes_on)
{
	struct kept_all all;
	uint64_t a;
	uint64_t b;

	enter(&all);
	a = segment_id(&all, 0);
	b = segment_id(&all, 1);
	kept_put(&all, a, kept_find(&all, b));
	kept_put(&all, b, kept_find(&all, a));
	go_on(&all);
	ck_assert_uint_eq(place_said("is lost: the keeper has no such memory"), 2);
	check_is_lost(&alice, "/a");
	check_is_lost(&alice, "/b");
	check_is_there(&bob, "/c");
}

TEST(a_connection_without_its_socket_is_lost_and_the_rest_goes_on)
{
	struct kept_all all;
	size_t i = 0;

	enter(&all);
	while (all.kept[i].id < CLIENT || all.kept[i].id % 2 == 0)
		i++;
	kept_drop(&all, all.kept[i].id); /* alice's, who came first */
	go_on(&all);
	ck_assert_uint_eq(place_said("is lost: the keeper has no such socket"), 1);
	/* She connects again. What she held is held no longer, and what is kept is there. */
	ck_assert_int_eq(actor_do(&alice, act_holders, "/a"), 0);
	check_is_there(&bob, "/c");
}

TEST(what_no_record_names_is_dropped)
{
	const int fd = kept_memory(4096, true);
	struct kept_all all;
	size_t fds;

	enter(&all);
	close(all.link);
	all.link = -1;
	broker_next();
	fds = keeper_settled_fds();
	process_end(broker_pid(), SIGKILL);
	kept_end(&all);
	kept_begin(&all);
	kept_put(&all, 9998, fd);
	kept_put(&all, 9999, fd);
	kept_put(&all, UINT64_MAX, fd);
	close(fd);
	go_on(&all);
	keeper_await_fds(fds);
	check_is_there(&alice, "/a");
}

static void append_segment(
	struct journal *journal, uint64_t number, const char *name, int fd, uint64_t size)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	journal_append(journal, &(struct record){
					.kind = RECORD_SEGMENT,
					.segment =
						{
							.number = number,
							.inode = st.st_ino,
							.size = size,
							.uid = ALICE,
							.gid = ALICE,
							.payer = ALICE,
							.mode = 0600,
							.lifetime = WIRE_LIFETIME_KEPT,
							.named = 1,
							.name_length = (uint32_t)strlen(name),
						},
					.name = name,
				});
}

static void append_peer(struct journal *journal, uint64_t number, int fd, uid_t uid)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	journal_append(journal, &(struct record){
					.kind = RECORD_PEER,
					.peer = {.number = number,
						.inode = st.st_ino,
						.uid = uid,
						.gid = uid,
						.pid = 1},
				});
}

/* A journal that is in order, of things that are not. */
TEST(memory_that_is_not_sealed_or_of_another_size_and_a_socket_of_another_user_are_dropped)
{
	const int good = kept_memory(4096, true);
	const int short_one = kept_memory(4096, true);
	const int unsealed = kept_memory(4096, false);
	char path[128];
	struct kept_all all;
	struct journal journal;
	int file;
	int ends[2];

	snprintf(path, sizeof(path), "%s/file", place.directory);
	file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	ck_assert_int_eq(ftruncate(file, 4096), 0);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(journal_new(&journal, 4096), 0);
	journal_append(&journal, &(struct record){.kind = RECORD_BEGIN,
					 .begin = {.last_number = 1000, .last_peer = 2000}});
	append_segment(&journal, 101, "/good", good, 4096);
	append_segment(&journal, 102, "/short", short_one, 8192);
	append_segment(&journal, 103, "/unsealed", unsealed, 4096);
	append_segment(&journal, 104, "/file", file, 4096);
	append_peer(&journal, 2000, ends[0], geteuid() + 1);
	journal_commit(&journal);
	enter(&all);
	kept_put(&all, JOURNAL, journal.fd);
	kept_put(&all, 2 * 101, good);
	kept_put(&all, 2 * 102, short_one);
	kept_put(&all, 2 * 103, unsealed);
	kept_put(&all, 2 * 104, file);
	kept_put(&all, 2 * 2000 + 1, ends[0]);
	go_on(&all);
	ck_assert_int_eq(ask_stat("/good", NULL), STATUS_OK);
	ck_assert_int_eq(ask_stat("/short", NULL), STATUS_NOT_FOUND);
	ck_assert_int_eq(ask_stat("/unsealed", NULL), STATUS_NOT_FOUND);
	ck_assert_int_eq(ask_stat("/file", NULL), STATUS_NOT_FOUND);
	ck_assert_uint_eq(place_said("is lost: the keeper has no such memory"), 3);
	ck_assert_uint_eq(place_said("is lost: the keeper has no such socket"), 1);
	journal_deinit(&journal);
	close(good);
	close(short_one);
	close(unsealed);
	close(file);
	close(ends[0]);
	close(ends[1]);
}
