/* SPDX-License-Identifier: MIT */
/*
 * Requests that change memory which its creator is changing, too, for as long as the test likes:
 * the broker keeps them, and serves all others.
 */
#include <poll.h>
#include <signal.h>
#include <unistd.h>

#include "tests/daemon/scene.h"
#include "tests/lib/late-page.h"

static int creator;
static int memory;
static struct late_page page;

static void make_unsized(int connection, const char *name, struct wire_opened *opened, int *fd)
{
	ck_assert_int_eq(exchange_open(connection, name, WIRE_OPEN_CREATE | WIRE_OPEN_POSIX, 0,
				 0600, opened, fd),
		STATUS_OK);
}

/* At the first size that is set, the broker opens what it needs for that. */
static void set_first_size(void)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SIZE},
		.size = {.size = LATE_PAGE, .flags = WIRE_SIZE_SET},
	};
	struct wire_opened opened;
	struct answer answer;

	make_unsized(scene.honest, "/first", &opened, NULL);
	request.size.handle = opened.handle;
	ck_assert_int_eq(exchange(scene.honest, &request, &answer), STATUS_OK);
	exchange_close(scene.honest, opened.handle);
	ck_assert_int_eq(exchange_delete(scene.honest, "/first"), STATUS_OK);
	scene.fds = process_count_fds(scene.broker.pid);
}

static void begin(void)
{
	scene_begin_plain();
	set_first_size();
	creator = broker_process_connect(&scene.broker);
	make_unsized(creator, "/late", NULL, &memory);
	ck_assert_int_eq(ftruncate(memory, LATE_PAGE), 0);
	ck_assert(late_page_begin(&page, memory));
}

static void end(void)
{
	close(memory);
	close(creator);
	scene_check_honest();
	ck_assert_int_eq(exchange_delete(scene.honest, "/late"), STATUS_OK);
	scene_end();
}

FIXTURE(begin, end, .unless = without_root);

/* An open that the broker cannot reply to yet, by a client that also has "/honest" open. */
static int open_late(void)
{
	const int connection = broker_process_connect(&scene.broker);
	struct wire_message message;

	ck_assert_int_eq(exchange_open(connection, "/honest", 0, 0, 0, NULL, NULL), STATUS_OK);
	exchange_make_open(&message, "/late", 5, 0, 0, 0, exchange_next_serial(connection));
	exchange_send(connection, &message);
	return connection;
}

static bool has_reply(int connection)
{
	struct pollfd poller = {.fd = connection, .events = POLLIN};

	return poll(&poller, 1, 0) == 1;
}

static enum status status_of(int connection)
{
	struct answer answer;

	exchange_receive(connection, &answer);
	for (size_t i = 0; i < answer.message.fd_count; i++)
		close(answer.message.fds[i]);
	return (enum status)answer.reply.header.status;
}

TEST(a_request_is_kept_until_the_change_is_made)
{
	const int opener = open_late();

	scene_check_honest();
	ck_assert(!has_reply(opener));
	ck_assert(late_page_end(&page));
	ck_assert_int_eq(status_of(opener), STATUS_OK);
	close(opener);
}

/* Before the request would be refused, too; which is told by another one, of about the same age. */
TEST(a_client_that_goes_meanwhile_is_noticed)
{
	const int opener = open_late();
	const int stays = open_late();

	AWAIT(exchange_holders(scene.honest, "/honest") == 3);
	close(opener);
	AWAIT(exchange_holders(scene.honest, "/honest") == 2);
	ck_assert(!has_reply(stays));
	ck_assert(late_page_end(&page));
	ck_assert_int_eq(status_of(stays), STATUS_OK);
	close(stays);
}

TEST(a_change_that_is_never_made_is_refused_in_the_end)
{
	const int opener = open_late();

	ck_assert_int_eq(status_of(opener), STATUS_REFUSED);
	/* the connection is as good as before, and so is the memory */
	ck_assert_int_eq(exchange_delete(opener, "/nothing"), STATUS_NOT_FOUND);
	ck_assert(late_page_end(&page));
	ck_assert_int_eq(exchange_open(opener, "/late", 0, 0, 0, NULL, NULL), STATUS_OK);
	close(opener);
}

/* Also what its creator asks for, who waits for itself. */
TEST(a_size_comes_once_the_kernel_lets_it)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SIZE, .serial = exchange_next_serial(creator)},
		.size = {.size = 2 * LATE_PAGE, .handle = 0, .flags = WIRE_SIZE_SET},
	};
	struct wire_message message;
	struct answer answer;

	ck_assert(wire_encode_request(&request, &message));
	exchange_send(creator, &message);
	scene_check_honest();
	ck_assert(!has_reply(creator));
	ck_assert(late_page_end(&page));
	exchange_receive(creator, &answer);
	ck_assert_int_eq(answer.reply.header.status, STATUS_OK);
	ck_assert_uint_eq(answer.reply.stated.size, 2 * LATE_PAGE);
	ck_assert_int_eq(lseek(memory, 0, SEEK_END), 2 * LATE_PAGE);
}

static void end_without_broker(void)
{
	close(memory);
	close(creator);
	close(scene.honest);
	broker_process_stop(&scene.broker);
}

FIXTURE(begin, end_without_broker, .unless = without_root);

/* Whoever waits for the lock cannot be killed as long as that lasts. */
TEST(a_killed_broker_is_gone_at_once)
{
	const int opener = open_late();

	scene_check_honest();
	broker_process_kill(&scene.broker, SIGKILL);
	ck_assert(exchange_is_ended(opener));
	close(opener);
	ck_assert(late_page_end(&page));
}
