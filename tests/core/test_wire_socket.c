/* SPDX-License-Identifier: MIT */
/*
 * Messages and the descriptors that come with them, over a real socket pair, from a peer that obeys
 * no rule. Whatever it sends, nothing but what was asked for stays open.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "wire/wire.h"

#define MANY_FDS 253 /* the most that one message takes: SCM_MAX_FD in the kernel */

static int ours = -1;
static int theirs = -1;
static struct wire_message message;

static void connect_pair(void)
{
	int pair[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	ours = pair[0];
	theirs = pair[1];
}

static void close_pair(void)
{
	close(ours);
	close(theirs);
}

/* Not wire_send: this peer sends what it likes. */
static void send_raw(const void *bytes, size_t length, size_t fds)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int) * MANY_FDS)];
	} control = {0};
	struct iovec iov = {.iov_base = (void *)bytes, .iov_len = length};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (fds > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(sizeof(int) * fds);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int) * fds);
		for (size_t i = 0; i < fds; i++)
			memcpy(CMSG_DATA(c) + i * sizeof(int), &theirs, sizeof(int));
	}
	ck_assert_int_eq(sendmsg(theirs, &header, MSG_NOSIGNAL), (ssize_t)length);
}

static void assert_bytes_arrived(const char *text)
{
	ck_assert_uint_eq(message.length, strlen(text));
	ck_assert_mem_eq(message.bytes, text, strlen(text));
}

FIXTURE(connect_pair, close_pair);

TEST(a_message_arrives_with_its_descriptor_and_closes_it)
{
	const size_t before = process_count_fds(0);
	struct wire_message out = {.bytes = "hello", .length = 5, .fds = {ours}, .fd_count = 1};

	ck_assert_int_eq(wire_send(theirs, &out, MSG_DONTWAIT), 0);
	ck_assert_int_eq(wire_receive(ours, &message, 1, MSG_DONTWAIT), 0);
	assert_bytes_arrived("hello");
	ck_assert_uint_eq(message.fd_count, 1);
	ck_assert_int_eq(fcntl(message.fds[0], F_GETFD), FD_CLOEXEC);
	ck_assert_uint_eq(process_count_fds(0), before + 1);
	wire_message_deinit(&message);
	wire_message_deinit(&message);
	ck_assert_uint_eq(process_count_fds(0), before);
}

TEST(a_message_may_be_as_long_as_the_protocol_says)
{
	static struct wire_message out = {.length = WIRE_MESSAGE_MAX};

	memset(out.bytes, 'x', sizeof(out.bytes));
	ck_assert_int_eq(wire_send(theirs, &out, 0), 0);
	ck_assert_int_eq(wire_receive(ours, &message, 0, 0), 0);
	ck_assert_uint_eq(message.length, WIRE_MESSAGE_MAX);
	ck_assert_mem_eq(message.bytes, out.bytes, WIRE_MESSAGE_MAX);
}

TEST(a_longer_message_is_refused_and_the_next_one_is_read)
{
	static const char bytes[WIRE_MESSAGE_MAX * 2];
	const size_t before = process_count_fds(0);

	for (size_t limit = 0; limit <= WIRE_FDS_MAX; limit++) {
		send_raw(bytes, WIRE_MESSAGE_MAX + 1, 0);
		send_raw(bytes, sizeof(bytes), 1);
		send_raw("next", 4, 0);
		ck_assert_int_eq(wire_receive(ours, &message, limit, 0), -EBADMSG);
		ck_assert_int_eq(wire_receive(ours, &message, limit, 0), -EBADMSG);
		ck_assert_uint_eq(process_count_fds(0), before);
		ck_assert_int_eq(wire_receive(ours, &message, limit, 0), 0);
		assert_bytes_arrived("next");
	}
}

TEST(descriptors_that_nobody_asked_for_are_refused)
{
	const size_t before = process_count_fds(0);
	const size_t sent[] = {1, 2, 3, MANY_FDS};

	for (size_t i = 0; i < sizeof(sent) / sizeof(sent[0]); i++) {
		send_raw("gift", 4, sent[i]);
		send_raw("next", 4, 0);
		ck_assert_int_eq(wire_receive(ours, &message, 0, 0), -EBADMSG);
		ck_assert_uint_eq(message.fd_count, 0);
		ck_assert_uint_eq(process_count_fds(0), before);
		ck_assert_int_eq(wire_receive(ours, &message, 0, 0), 0);
		assert_bytes_arrived("next");
	}
}

/* One or two too many fit into the control buffer; more make the kernel cut them off. */
TEST(more_descriptors_than_asked_for_are_refused)
{
	const size_t before = process_count_fds(0);
	const size_t limits[] = {1, 2, WIRE_FDS_MAX - 1, WIRE_FDS_MAX};

	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++) {
		const size_t sent[] = {limits[i] + 1, limits[i] + 2, limits[i] + 3, MANY_FDS};

		for (size_t k = 0; k < sizeof(sent) / sizeof(sent[0]); k++) {
			send_raw("gift", 4, sent[k]);
			ck_assert_int_eq(wire_receive(ours, &message, limits[i], 0), -EBADMSG);
			ck_assert_uint_eq(message.fd_count, 0);
			ck_assert_uint_eq(process_count_fds(0), before);
		}
	}
}

TEST(as_many_descriptors_as_there_may_be_arrive_in_their_order)
{
	const size_t before = process_count_fds(0);
	struct wire_message out = {.length = 1, .fd_count = WIRE_FDS_MAX};

	for (size_t i = 0; i < WIRE_FDS_MAX; i++)
		out.fds[i] = i % 3 == 0 ? ours : theirs;
	ck_assert_int_eq(wire_send(theirs, &out, 0), 0);
	ck_assert_int_eq(wire_receive(ours, &message, WIRE_FDS_MAX, 0), 0);
	ck_assert_uint_eq(message.fd_count, WIRE_FDS_MAX);
	for (size_t i = 0; i < WIRE_FDS_MAX; i++) {
		struct stat sent;
		struct stat came;

		ck_assert_int_eq(fstat(out.fds[i], &sent), 0);
		ck_assert_int_eq(fstat(message.fds[i], &came), 0);
		ck_assert_uint_eq(came.st_ino, sent.st_ino);
		ck_assert_int_eq(fcntl(message.fds[i], F_GETFD), FD_CLOEXEC);
	}
	wire_message_deinit(&message);
	ck_assert_uint_eq(process_count_fds(0), before);
}

/* Below which so many numbers are free. */
static rlim_t limit_with_room(size_t room)
{
	int limit = 0;

	for (size_t free = 0; free < room || fcntl(limit, F_GETFD) >= 0; limit++)
		free += fcntl(limit, F_GETFD) < 0;
	return (rlim_t)limit;
}

TEST(with_a_full_descriptor_table_the_message_arrives_with_those_that_find_room)
{
	const size_t before = process_count_fds(0);
	struct rlimit full;
	struct rlimit roomy;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &roomy), 0);
	full = roomy;
	/* Always for one less than came. */
	for (size_t room = 0; room < WIRE_FDS_MAX; room += 7) {
		full.rlim_cur = limit_with_room(room);
		send_raw("full", 4, room + 1);
		send_raw("next", 4, 1);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &full), 0);
		ck_assert_int_eq(wire_receive(ours, &message, room + 1, 0), 0);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &roomy), 0);
		assert_bytes_arrived("full");
		ck_assert_uint_eq(message.fd_count, room);
		ck_assert_uint_eq(process_count_fds(0), before + room);
		wire_message_deinit(&message);
		ck_assert_int_eq(wire_receive(ours, &message, 1, 0), 0);
		assert_bytes_arrived("next");
		ck_assert_uint_eq(message.fd_count, 1);
		wire_message_deinit(&message);
	}
}

TEST(the_end_of_the_connection_is_a_reset)
{
	send_raw("last", 4, 0);
	close(theirs);
	theirs = -1;
	ck_assert_int_eq(wire_receive(ours, &message, 1, 0), 0);
	assert_bytes_arrived("last");
	ck_assert_int_eq(wire_receive(ours, &message, 1, 0), -ECONNRESET);
	ck_assert_int_eq(wire_receive(ours, &message, 0, 0), -ECONNRESET);
}

TEST(an_empty_message_reads_as_the_end)
{
	const size_t before = process_count_fds(0);

	send_raw("", 0, 0);
	send_raw("", 0, 1);
	ck_assert_int_eq(wire_receive(ours, &message, 0, 0), -ECONNRESET);
	ck_assert_int_eq(wire_receive(ours, &message, 1, 0), -ECONNRESET);
	ck_assert_uint_eq(message.fd_count, 0);
	ck_assert_uint_eq(process_count_fds(0), before);
}

TEST(sending_to_nobody_is_an_error_and_not_a_signal)
{
	const struct wire_message out = {.length = 5};

	signal(SIGPIPE, SIG_DFL);
	close(theirs);
	theirs = -1;
	ck_assert_int_eq(wire_send(ours, &out, 0), -EPIPE);
}

TEST(nothing_waits_that_was_told_not_to)
{
	const struct wire_message out = {.length = WIRE_MESSAGE_MAX};
	int error = 0;

	ck_assert_int_eq(wire_receive(ours, &message, 1, MSG_DONTWAIT), -EAGAIN);
	while (error == 0)
		error = wire_send(ours, &out, MSG_DONTWAIT);
	ck_assert_int_eq(error, -EAGAIN);
}

static void ignore(int number)
{
	(void)number;
}

/* A periodic timer, so that it does not matter when the first signal comes. */
TEST(a_signal_is_left_to_the_caller)
{
	const struct sigaction action = {.sa_handler = ignore};
	const struct itimerval often = {{.tv_usec = 10000}, {.tv_usec = 10000}};
	const struct itimerval never = {0};
	const struct wire_message out = {.length = WIRE_MESSAGE_MAX};
	int error = 0;

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	ck_assert_int_eq(wire_receive(ours, &message, 1, 0), -EINTR);
	while (error == 0)
		error = wire_send(ours, &out, 0);
	ck_assert_int_eq(error, -EINTR);
	setitimer(ITIMER_REAL, &never, NULL);
}
