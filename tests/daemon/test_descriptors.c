/* SPDX-License-Identifier: MIT */
/* A broker that has run out of descriptors goes on with what it has, and takes more when it can. */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MANY 1000 /* more than any limit here */

/* Of 200 descriptors the broker shares out 136. */
static struct broker_options limited = {.descriptors = 200};

/* Too few to share out: here the kernel says no, to accept4(2) and to memfd_create(2). */
static struct broker_options exhausted = {.descriptors = 36};

/* Enough for more connections than the broker's own 64 can pay for, each with a reply unsent. */
static struct broker_options large = {.descriptors = 600};

static void begin_limited(void)
{
	limited.uid = scene_own_uid();
	scene_begin(&limited);
}

static void begin_exhausted(void)
{
	exhausted.uid = scene_own_uid();
	scene_begin(&exhausted);
}

static void begin_large(void)
{
	large.uid = scene_own_uid();
	scene_begin(&large);
}

static enum status create_numbered(int connection, int number)
{
	char name[32];

	snprintf(name, sizeof(name), "/filler/%d", number);
	return exchange_open(connection, name, WIRE_OPEN_CREATE, 4096, 0600, NULL, NULL);
}

/* Creates until the broker refuses; returns how many there are. */
static int fill_segments(int connection)
{
	int count = 0;
	enum status status;

	while ((status = create_numbered(connection, count)) == STATUS_OK && count < MANY)
		count++;
	ck_assert_int_eq(status, STATUS_NO_RESOURCES);
	return count;
}

static void delete_segments(int connection, int count)
{
	for (int i = 0; i < count; i++) {
		char name[32];

		snprintf(name, sizeof(name), "/filler/%d", i);
		ck_assert_int_eq(exchange_delete(connection, name), STATUS_OK);
	}
}

static bool is_answered(int connection, int milliseconds)
{
	struct pollfd poller = {.fd = connection, .events = POLLIN};

	return poll(&poller, 1, milliseconds) == 1;
}

/* Asks and does not wait for the answer. */
static void put_open(int connection)
{
	struct wire_message message;

	exchange_make_open(&message, "/honest", 7, 0, 0, 0, exchange_next_serial(connection));
	exchange_send(connection, &message);
}

static void check_opened(int connection)
{
	struct answer answer;

	exchange_receive(connection, &answer);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	ck_assert_uint_eq(answer.message.fd_count, 1);
	wire_message_deinit(&answer.message);
}

/*
 * Clients that behave, until one is left waiting at the door: that one is the last in clients. No
 * answer within half a second is what waiting looks like; on a slow machine it may come a little
 * early, which only makes the crowd smaller.
 */
static int fill_connections(int *clients)
{
	int count = 0;
	bool answered = true;

	while (answered && count < MANY) {
		clients[count] = broker_process_connect(&scene.broker);
		put_open(clients[count]);
		answered = is_answered(clients[count], 500);
		if (answered)
			check_opened(clients[count]);
		count++;
	}
	ck_assert_int_lt(count, MANY);
	return count;
}

static void check_all_served(const int *clients, int count)
{
	for (int i = 0; i < count; i++) {
		put_open(clients[i]);
		check_opened(clients[i]);
	}
}

/* One leaves and the one at the door comes in; then all leave. */
static void check_door_opens(const int *clients, int count)
{
	check_all_served(clients, count - 1);
	close(clients[0]);
	check_opened(clients[count - 1]);
	check_all_served(clients + 1, count - 1);
	for (int i = 1; i < count; i++)
		close(clients[i]);
}

FIXTURE(begin_limited, scene_end);

TEST(full_broker_serves_those_it_has_and_admits_one_for_one_that_leaves)
{
	int filler = broker_process_connect(&scene.broker);
	int segments = fill_segments(filler);
	int clients[MANY];
	int count = fill_connections(clients);

	ck_assert_int_gt(count, 1);
	scene_check_honest();
	ck_assert_int_eq(create_numbered(scene.honest, segments), STATUS_NO_RESOURCES);
	check_door_opens(clients, count);
	delete_segments(filler, segments);
	close(filler);
}

FIXTURE(begin_exhausted, scene_end);

/* Whoever waits at the door gets in when a descriptor is free, be it a segment's. */
TEST(accept_that_fails_is_tried_again)
{
	int filler = broker_process_connect(&scene.broker);
	int late[2] = {broker_process_connect(&scene.broker), -1};
	int segments;

	exchange_list(late[0], "/");
	segments = fill_segments(filler);
	late[1] = broker_process_connect(&scene.broker);
	put_open(late[1]);
	ck_assert(!is_answered(late[1], 500));
	scene_check_honest();
	ck_assert_int_eq(create_numbered(late[0], segments), STATUS_NO_RESOURCES);
	delete_segments(filler, segments);
	close(filler); /* which held them */
	check_opened(late[1]);
	close(late[0]);
	close(late[1]);
}

static void put_reopens(int connection, uint64_t segment)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_REOPEN},
		.reopen = {.segment = segment},
	};
	struct wire_message message = {0};

	for (int i = 0; i < 20; i++) {
		request.header.serial = exchange_next_serial(connection);
		ck_assert(wire_encode_request(&request, &message));
		exchange_send(connection, &message);
	}
}

FIXTURE(begin_large, scene_end);

/* A reply that waits may hold a read-only descriptor of its own: these too must be allowed for. */
TEST(unsent_replies_leave_readers_their_descriptors)
{
	const int crowd = 130; /* about as many as are let in, or more */
	int filler = broker_process_connect(&scene.broker);
	int segments = fill_segments(filler);
	int clients[MANY];
	struct wire_stated stated;
	int fd;

	ck_assert_int_eq(exchange_stat(scene.honest, "/honest", &stated), STATUS_OK);
	for (int i = 0; i < crowd; i++) {
		clients[i] = broker_process_connect(&scene.broker);
		put_reopens(clients[i], stated.segment);
	}
	/* One message of each connection in turn: after these the broker has taken theirs. */
	for (int i = 0; i < 20; i++)
		ck_assert_uint_eq(exchange_list(scene.honest, "/honest"), 1);
	ck_assert_int_eq(exchange_reopen(scene.honest, stated.segment, &fd), STATUS_OK);
	close(fd);
	for (int i = 0; i < crowd; i++)
		close(clients[i]);
	delete_segments(filler, segments);
	close(filler);
}
