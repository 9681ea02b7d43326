/* SPDX-License-Identifier: MIT */
/*
 * Clients that ask and do not read. A reply that nobody reads pins a descriptor in flight, and the
 * kernel allows the broker's uid only so many of these (unix(7), ETOOMANYREFS).
 */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUESTS 50000

/* SO_SNDBUF's minimum has room for 6 unread replies, as measured; and one more waits. */
#define UNREAD_MAX 8

/* Few descriptors make few references too many: 46 connections of 6 are 276. */
#define FEW_DESCRIPTORS 256
#define GREEDY          46

static struct broker_options few_descriptors = {.descriptors = FEW_DESCRIPTORS};

static void begin_few(void)
{
	few_descriptors.uid = scene_own_uid();
	scene_begin(&few_descriptors);
}

/*
 * Sends while the kernel takes it; returns how many were taken, with the serials 0, 1, ... Of a
 * crowd the broker may have turned some away, who had not said anything yet.
 */
static uint32_t put_opens(int connection, int attempts)
{
	uint32_t sent = 0;

	for (int i = 0; i < attempts; i++) {
		struct wire_message message;
		int error;

		exchange_make_open(&message, "/honest", 7, 0, 0, 0, sent);
		error = wire_send(connection, &message, MSG_DONTWAIT);
		if (error != 0 && error != -EAGAIN)
			break;
		sent += error == 0;
	}
	return sent;
}

static void read_opened(int connection, uint32_t serial)
{
	struct answer answer;

	exchange_receive(connection, &answer);
	ck_assert_uint_eq(answer.reply.header.serial, serial);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	ck_assert_uint_eq(answer.message.fd_count, 1);
	wire_message_deinit(&answer.message);
}

FIXTURE(scene_begin_plain, scene_end);

TEST(client_that_never_reads_is_not_read_from)
{
	int greedy = broker_process_connect(&scene.broker);
	uint32_t sent = put_opens(greedy, REQUESTS);

	scene_check_honest();
	ck_assert_uint_gt(sent, UNREAD_MAX);
	ck_assert_uint_lt(sent, REQUESTS);
	ck_assert_uint_le(exchange_holders(scene.honest, "/honest"), 1 + UNREAD_MAX);
	/* And nothing was lost, should it read after all. */
	for (uint32_t serial = 0; serial < sent; serial++)
		read_opened(greedy, serial);
	scene_check_honest();
	close(greedy);
}

/* One reads as slowly as it can, so that it always has as much unread as can be. */
TEST(client_that_reads_slowly_gets_every_reply_in_order)
{
	int slow = broker_process_connect(&scene.broker);
	uint32_t sent = put_opens(slow, 100);

	for (uint32_t serial = 0; serial < REQUESTS / 100; serial++) {
		struct wire_message message;

		read_opened(slow, serial);
		exchange_make_open(&message, "/honest", 7, 0, 0, 0, sent++);
		exchange_send(slow, &message);
		if (serial % 50 == 0)
			scene_check_honest();
	}
	close(slow);
}

static void connect_greedy(int *greedy)
{
	for (int i = 0; i < GREEDY; i++)
		greedy[i] = broker_process_connect(&scene.broker);
}

static void close_greedy(const int *greedy)
{
	for (int i = 0; i < GREEDY; i++)
		close(greedy[i]);
}

FIXTURE(begin_few, scene_end);

/* Together they want more descriptors in flight than there may be. */
TEST(many_clients_that_never_read_stop_nobody_else)
{
	int greedy[GREEDY];

	connect_greedy(greedy);
	for (int i = 0; i < GREEDY; i++)
		put_opens(greedy[i], REQUESTS / GREEDY);
	for (int i = 0; i < 10; i++)
		scene_check_honest();
	close_greedy(greedy);
}

/*
 * What is unread when a connection ends stays in flight for as long as the client keeps its end
 * open: who comes again and again must not pile it up. One each, so that nothing keeps the broker
 * from seeing the end; and more in all than may be in flight.
 */
TEST(connections_ended_unread_stop_nobody_else)
{
	const int crowd = FEW_DESCRIPTORS + 100;
	int *greedy = calloc((size_t)crowd, sizeof(*greedy));

	for (int i = 0; i < crowd; i++) {
		greedy[i] = broker_process_connect(&scene.broker);
		put_opens(greedy[i], 1);
		shutdown(greedy[i], SHUT_WR);
	}
	for (int i = 0; i < 10; i++)
		scene_check_honest();
	for (int i = 0; i < crowd; i++)
		close(greedy[i]);
	free(greedy);
}

/* These ask for nothing that takes a descriptor, and fill what there is to fill all the same. */
TEST(many_clients_that_leave_lists_unread_stop_nobody_else)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_LIST},
		.name = "/",
		.name_length = 1,
	};
	struct wire_message message = {0};
	int greedy[GREEDY];

	connect_greedy(greedy);
	for (int i = 0; i < GREEDY; i++) {
		for (int k = 0; k < REQUESTS / GREEDY; k++) {
			request.header.serial++;
			ck_assert(wire_encode_request(&request, &message));
			wire_send(greedy[i], &message, MSG_DONTWAIT);
		}
	}
	for (int i = 0; i < 10; i++)
		scene_check_honest();
	close_greedy(greedy);
}
