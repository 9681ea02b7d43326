/* SPDX-License-Identifier: MIT */
/* What a broker gives to a real prshm-keeper, and what it, or the next one, gets back. */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/keeper/keeper-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "wire/wire.h"

#define MANY 1000

static uint64_t ids[MANY];
static off_t sizes[MANY];

static void setup(void)
{
	keeper_place_setup();
	keeper_start();
}

FIXTURE(setup, keeper_place_teardown);

TEST(what_is_put_comes_back_in_order_of_ids)
{
	int link = link_open();

	link_put(link, 900, 1);
	link_put(link, 16, 2);
	link_put(link, UINT64_MAX, 3);
	link_put(link, 17, 4);
	ck_assert_uint_eq(link_take(link, 0, ids, sizes, MANY), 4);
	ck_assert(ids[0] == 16 && ids[1] == 17 && ids[2] == 900 && ids[3] == UINT64_MAX);
	ck_assert(sizes[0] == 2 && sizes[1] == 4 && sizes[2] == 1 && sizes[3] == 3);
	ck_assert_uint_eq(link_take(link, 17, ids, sizes, MANY), 2);
	ck_assert_uint_eq(link_take(link, UINT64_MAX, ids, sizes, MANY), 0);
	close(link);
}

TEST(what_is_put_again_replaces)
{
	int link = link_open();
	size_t before = keeper_count_fds();

	for (off_t size = 1; size <= 100; size++)
		link_put(link, 1, size);
	ck_assert_uint_eq(link_take(link, 0, ids, sizes, MANY), 1);
	ck_assert_int_eq(sizes[0], 100);
	ck_assert_uint_eq(keeper_count_fds(), before + 1);
	close(link);
}

TEST(what_is_dropped_is_closed)
{
	int link = link_open();
	size_t before = keeper_count_fds();
	struct pollfd reader = {0};
	int ends[2];

	ck_assert_int_eq(pipe(ends), 0);
	keeper_send(link, &(struct keeper_message){.op = KEEPER_PUT, .id = 20, .fd = ends[1]}, 0);
	close(ends[1]);
	link_put(link, 21, 5);
	ck_assert_uint_eq(link_take(link, 0, ids, sizes, MANY), 2);
	reader.fd = ends[0];
	ck_assert_int_eq(poll(&reader, 1, 0), 0);
	link_say(link, KEEPER_DROP, 20);
	link_say(link, KEEPER_DROP, 20); /* what is not there is no trouble */
	ck_assert_int_eq(poll(&reader, 1, -1), 1);
	ck_assert_uint_eq(link_take(link, 0, ids, sizes, MANY), 1);
	ck_assert_uint_eq(ids[0], 21);
	ck_assert_uint_eq(keeper_count_fds(), before + 1);
	close(ends[0]);
	close(link);
}

TEST(a_thousand_are_there_for_the_next_broker)
{
	int link = link_open();
	size_t before = keeper_count_fds();

	for (uint64_t i = 0; i < MANY; i++) /* 7 and 1000 have no divisor in common */
		link_put(link, 16 + i * 7 % MANY, (off_t)(i * 7 % MANY));
	close(link);
	link = link_open();
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), MANY);
	for (size_t i = 0; i < MANY; i++)
		ck_assert(ids[i] == 16 + i && sizes[i] == (off_t)i);
	ck_assert_uint_eq(keeper_count_fds(), before + MANY);
	for (uint64_t i = 0; i < MANY; i += 2)
		link_say(link, KEEPER_DROP, 16 + i);
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), MANY / 2);
	ck_assert_uint_eq(keeper_count_fds(), before + MANY / 2);
	close(link);
}

TEST(what_a_broker_had_sent_outlives_it)
{
	struct pollfd hello = {.events = POLLIN};
	int link = link_connect(keeper_place.socket);

	/* Unread, it makes the keeper's next call fail before what is queued. */
	hello.fd = link;
	ck_assert_int_eq(poll(&hello, 1, -1), 1);
	kill(keeper_place.pid, SIGSTOP);
	link_say(link, KEEPER_TAKE, 0); /* whose answer nobody hears */
	for (uint64_t i = 0; i < 100; i++)
		link_put(link, 16 + i, 1);
	close(link);
	kill(keeper_place.pid, SIGCONT);
	link = link_open();
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), 100);
	close(link);
}

TEST(links_are_served_one_after_the_other)
{
	int first = link_open();
	int second = link_connect(keeper_place.socket);

	link_put(second, 16, 22); /* sent first, and to be done last */
	close(second);
	link_put(first, 16, 11);
	ck_assert_uint_eq(link_take(first, 0, ids, sizes, MANY), 1);
	ck_assert_int_eq(sizes[0], 11);
	close(first);
	first = link_open();
	ck_assert_uint_eq(link_take(first, 0, ids, sizes, MANY), 1);
	ck_assert_int_eq(sizes[0], 22);
	close(first);
}

TEST(leave_ends_it_and_frees_all)
{
	int link = link_open();

	link_put(link, 16, 1);
	link_say(link, KEEPER_LEAVE, 0);
	ck_assert_int_eq(keeper_wait(), 0);
	close(link);
}

static const struct {
	uint16_t version, op;
	size_t length, descriptors;
} malformed[] = {
	{1, KEEPER_DROP, 15, 0}, /* too short */
	{1, KEEPER_DROP, 17, 0}, /* too long */
	{1, KEEPER_DROP, 5000, 0},
	{2, KEEPER_DROP, 16, 0}, /* another version */
	{1, 0, 16, 0},           /* no op */
	{1, 8, 16, 0},
	{1, 8, 16, 1},
	{1, KEEPER_PUT, 16, 0}, /* without its descriptor */
	{1, KEEPER_PUT, 16, 2}, /* two */
	{1, KEEPER_PUT, 15, 1},
	{1, KEEPER_DROP, 16, 1},  /* with one */
	{1, KEEPER_HELLO, 16, 1}, /* the keeper's */
	{1, KEEPER_HELD, 16, 1},
	{1, KEEPER_END, 16, 0},
};

static void send_raw(int link, size_t which)
{
	char bytes[5000] = {(char)malformed[which].version, 0, (char)malformed[which].op};
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(2 * sizeof(int))];
	} control = {0};
	struct iovec iov = {.iov_base = bytes, .iov_len = malformed[which].length};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	const int fds[2] = {keeper_place.listener, keeper_place.listener};

	if (malformed[which].descriptors > 0) {
		const size_t size = malformed[which].descriptors * sizeof(int);

		header.msg_control = &control;
		header.msg_controllen = CMSG_SPACE(size);
		CMSG_FIRSTHDR(&header)->cmsg_level = SOL_SOCKET;
		CMSG_FIRSTHDR(&header)->cmsg_type = SCM_RIGHTS;
		CMSG_FIRSTHDR(&header)->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(CMSG_FIRSTHDR(&header)), fds, size);
	}
	ck_assert_int_eq(sendmsg(link, &header, MSG_NOSIGNAL), (ssize_t)malformed[which].length);
}

TEST_LOOP(who_breaks_the_protocol_is_cut_off_and_nothing_is_lost,
	sizeof(malformed) / sizeof(*malformed))
{
	int link = link_open();
	size_t before = keeper_count_fds();

	link_put(link, 16, 1);
	send_raw(link, (size_t)_i);
	link_ends(link);
	keeper_await_log("it broke the protocol");
	link = link_open();
	ck_assert_uint_eq(link_take(link, 0, ids, sizes, MANY), 1);
	ck_assert_uint_eq(keeper_count_fds(), before + 1);
	close(link);
}

TEST_UNLESS(without_root, another_user_is_refused)
{
	int link;
	pid_t pid;

	chmod(keeper_place.directory, 0755);
	chmod(keeper_place.socket, 0666);
	pid = fork();
	if (pid == 0) {
		struct keeper_message message;

		user_become_uid(ALICE);
		link = link_connect(keeper_place.socket);
		keeper_send(link, &(struct keeper_message){.op = KEEPER_TAKE, .fd = -1}, 0);
		_exit(keeper_receive(link, &message, 0) == -ECONNRESET ? 0 : 1);
	}
	process_join(pid);
	keeper_await_log("refused a link from uid 60010");
	link = link_open();
	close(link);
}

/* Takes as long as the keeper's patience. */
TEST(broker_that_does_not_read_is_cut_off)
{
	struct pollfd end = {0};
	int link = link_open();
	size_t before = keeper_count_fds();

	for (uint64_t i = 0; i < MANY; i++)
		link_put(link, 16 + i, 1);
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), MANY);
	for (int i = 0; i < 16; i++) /* the 64 answers to each are more than the queue may hold */
		link_say(link, KEEPER_TAKE, 0);
	end.fd = link;
	ck_assert_int_eq(poll(&end, 1, -1), 1);
	close(link);
	keeper_await_log("it read nothing for 10 s");
	link = link_open();
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), MANY);
	ck_assert_uint_eq(keeper_count_fds(), before + MANY);
	close(link);
}

static void limit_keeper(rlim_t descriptors)
{
	const struct rlimit limit = {descriptors, descriptors};
	int link = link_open();

	keeper_stop();
	close(link);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	keeper_start();
}

TEST(full_table_ends_the_link_and_leaks_nothing)
{
	struct keeper_message put = {.op = KEEPER_PUT, .id = 16};
	size_t before;
	int link;

	limit_keeper(64);
	link = link_open();
	before = keeper_count_fds();
	put.fd = keeper_place.listener;
	while (keeper_send(link, &put, 0) == 0)
		put.id++;
	link_ends(link);
	keeper_await_log("raise LimitNOFILE=");
	link = link_open();
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), 32);
	ck_assert_uint_eq(keeper_count_fds(), before + 32);
	link_put(link, ids[0], 7); /* in place of another there is room */
	link_say(link, KEEPER_DROP, ids[1]);
	link_put(link, ids[1], 8);
	ck_assert_uint_eq(link_take_all(link, ids, sizes, MANY), 32);
	ck_assert(sizes[0] == 7 && sizes[1] == 8);
	close(link);
}

/* A sanitizer's memory is not the keeper's: then only the descriptors count. */
static long keeper_memory(void)
{
	char path[64];
	char line[128];
	long kilobytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)keeper_place.pid);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file))
		sscanf(line, "VmRSS: %ld", &kilobytes);
	fclose(file);
#ifdef SANITIZED /* its own memory comes on top, whichever it is */
	kilobytes = 0;
#endif
	return kilobytes;
}

TEST(ten_thousand_take_64_bytes_each)
{
	struct keeper_message put = {.op = KEEPER_PUT, .fd = keeper_place.listener};
	const struct rlimit wanted = {20000, 20000};
	uint64_t last = 0;
	size_t count = 0;
	int link;

	if (geteuid() == 0)
		limit_keeper(wanted.rlim_max);
	link = link_open();
	for (put.id = 16; put.id < 16 + 10000; put.id++)
		ck_assert_int_eq(keeper_send(link, &put, 0), 0);
	for (size_t came = KEEPER_BATCH; came == KEEPER_BATCH; count += came) {
		came = link_take(link, last, ids, sizes, MANY);
		last = came > 0 ? ids[came - 1] : last;
	}
	ck_assert_uint_eq(count, 10000);
	ck_assert_int_le(keeper_memory(), 3 * 1024 + 64 * 10000 / 1024);
	close(link);
}
