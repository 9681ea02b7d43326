/* SPDX-License-Identifier: MIT */
/*
 * One connection at its limits, without a broker: the other end is the test's, and so are the
 * serial to begin with and the seconds to wait.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "client-lib/channel.h"
#include "tests/lib/testing.h"

#define SECONDS 2

static struct channel channel;
static int theirs;

static void set_up(void)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	channel_start(&channel, ends[0], SECONDS);
	theirs = ends[1];
}

static void tear_down(void)
{
	close(channel.fd);
	if (theirs >= 0)
		close(theirs);
}

static int send_reply(uint16_t op, uint32_t serial, uint16_t status)
{
	const struct wire_reply reply = {.header = {.op = op, .serial = serial, .status = status}};
	struct wire_message message = {.fd_count = 0};

	ck_assert(wire_encode_reply(&reply, &message));
	return wire_send(theirs, &message, 0);
}

static int ask_for_delete(void)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_DELETE}, .name = "/a", .name_length = 2};
	struct broker_answer answer = {.fd = -1};

	return channel_call(&channel, &request, &answer);
}

FIXTURE(set_up, tear_down);

/* 0 comes after 4294967295, and is newer. */
TEST(serials_go_on_behind_the_largest)
{
	channel.serial = UINT32_MAX - 1;
	send_reply(WIRE_OP_DELETE, UINT32_MAX, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), 0);
	send_reply(WIRE_OP_DELETE, UINT32_MAX, STATUS_NOT_FOUND); /* once more */
	send_reply(WIRE_OP_DELETE, 0, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), 0);
	send_reply(WIRE_OP_DELETE, UINT32_MAX, STATUS_NOT_FOUND);
	send_reply(WIRE_OP_DELETE, 0, STATUS_NOT_FOUND);
	send_reply(WIRE_OP_DELETE, 1, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), 0);
}

TEST(a_reply_to_what_was_not_asked_yet_breaks_the_protocol)
{
	send_reply(WIRE_OP_DELETE, 2, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), -EPROTO);
}

TEST(a_reply_to_another_operation_breaks_the_protocol)
{
	send_reply(WIRE_OP_SET_OWNER, 1, STATUS_OK);
	ck_assert_int_eq(ask_for_delete(), -EPROTO);
}

TEST(a_reply_says_restarted_to_no_request)
{
	send_reply(WIRE_OP_DELETE, 1, STATUS_RESTARTED);
	ck_assert_int_eq(ask_for_delete(), STATUS_RESTARTED);
}

static atomic_uint messages;

static void *flood_with_restarts(void *unused)
{
	while (send_reply(0, 0, STATUS_RESTARTED) == 0)
		messages++;
	return unused;
}

static void *flood_with_replies(void *unused)
{
	while (send_reply(WIRE_OP_DELETE, 0, STATUS_OK) == 0)
		messages++;
	return unused;
}

/* One for each request: the socket is empty each time the client looks. */
static void *restart_at_each_request(void *unused)
{
	struct wire_message message;

	while (wire_receive(theirs, &message, 0, 0) == 0 && send_reply(0, 0, STATUS_RESTARTED) == 0)
		messages++;
	return unused;
}

static void *(*const liars[])(void *) = {
	flood_with_restarts,
	flood_with_replies,
	restart_at_each_request,
};

/* How much it took in tells whether it span: what the socket holds, and then one now and then. */
TEST_LOOP(who_never_comes_to_the_point_holds_nobody_for_ever_nor_busy,
	sizeof(liars) / sizeof(liars[0]))
{
	pthread_t liar;

	ck_assert_int_eq(pthread_create(&liar, NULL, liars[_i], NULL), 0);
	ck_assert_int_eq(ask_for_delete(), -ETIMEDOUT);
	shutdown(channel.fd, SHUT_RDWR);
	pthread_join(liar, NULL);
	ck_assert_uint_gt(messages, 0);
	ck_assert_uint_lt(messages, 2000);
}

/* A broker's side of the ring: the page as both see it. */
static struct ring_page *ring;

static void give_ring(off_t size, int seals)
{
	struct wire_message message = {.fd_count = 0};
	const struct wire_reply reply = {
		.header = {.op = WIRE_OP_RING, .serial = channel.serial + 1, .fds = 1}};
	int fd = memfd_create("ring", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert(fd >= 0 && ftruncate(fd, size) == 0 && fcntl(fd, F_ADD_SEALS, seals) == 0);
	ring = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(ring, MAP_FAILED);
	ck_assert(wire_encode_reply(&reply, &message));
	message.fds[0] = fd;
	message.fd_count = 1;
	ck_assert_int_eq(wire_send(theirs, &message, 0), 0);
	close(fd);
}

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static void get_ring(void)
{
	struct wire_message message;

	give_ring(RING_BYTES, SEALS);
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_OPEN), 0);
	ck_assert_int_eq(wire_receive(theirs, &message, 0, 0), 0);
}

static bool hears_of(uint32_t handle)
{
	struct wire_request request;
	struct wire_message message;

	if (wire_receive(theirs, &message, 0, MSG_DONTWAIT) < 0)
		return false;
	ck_assert_int_eq(wire_decode_request(message.bytes, message.length, &request), STATUS_OK);
	return request.header.op == WIRE_OP_CLOSE && request.close.handle == handle;
}

TEST(who_opens_nothing_asks_for_no_ring)
{
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_STAT), 0);
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_REOPEN), 0);
	ck_assert_ptr_null(channel.ring);
	get_ring();
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_ANONYMOUS), 0); /* it has one */
	channel_end(&channel);
}

TEST(a_close_is_told_by_message_unless_nobody_waits_for_it)
{
	get_ring();
	ck_assert_int_eq(channel_close_handle(&channel, 7), 0);
	ck_assert(hears_of(7));
	ring->quiet = 1;
	ck_assert_int_eq(channel_close_handle(&channel, 8), 0);
	ck_assert(!hears_of(8));
	ring->quiet = 0;
	ck_assert_int_eq(channel_close_handle(&channel, 9), 0);
	ck_assert(hears_of(9));
	ck_assert_uint_eq(ring->closed, 3);
	for (uint32_t i = 0; i < 3; i++)
		ck_assert_uint_eq(ring->handles[i], 7 + i);
	channel_end(&channel);
}

TEST(a_full_ring_is_emptied_before_it_takes_more)
{
	struct ring_page *first;
	struct wire_message message;

	get_ring();
	first = ring;
	first->closed = first->seen = UINT32_MAX - 3; /* the counts wrap */
	first->quiet = 1;
	for (uint32_t i = 0; i < RING_ROOM; i++)
		ck_assert_int_eq(channel_close_handle(&channel, i), 0);
	ck_assert(!hears_of(0));
	give_ring(RING_BYTES, SEALS);
	ring = first;
	ck_assert_int_eq(channel_close_handle(&channel, 4711), -EPROTO); /* it has not looked */
	ck_assert_int_eq(wire_receive(theirs, &message, 0, 0), 0);
	first->seen = first->closed;
	ck_assert_int_eq(channel_close_handle(&channel, 4711), 0);
	ck_assert_uint_eq(first->handles[(UINT32_MAX - 3 + RING_ROOM) % RING_ROOM], 4711);
	ck_assert_int_eq(wire_receive(theirs, &message, 0, MSG_DONTWAIT), -EAGAIN);
	channel_end(&channel);
}

TEST(a_ring_that_could_be_taken_away_is_not_used)
{
	give_ring(RING_BYTES, F_SEAL_GROW | F_SEAL_SEAL);
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_OPEN), -EPROTO);
	give_ring(RING_BYTES / 2, SEALS);
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_OPEN), -EPROTO);
	send_reply(WIRE_OP_RING, channel.serial + 1, STATUS_OK); /* without a descriptor */
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_OPEN), -EPROTO);
	send_reply(WIRE_OP_RING, channel.serial + 1, STATUS_NO_RESOURCES);
	ck_assert_int_eq(channel_prepare(&channel, WIRE_OP_OPEN), STATUS_NO_RESOURCES);
	ck_assert_ptr_null(channel.ring);
}
