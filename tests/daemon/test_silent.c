/* SPDX-License-Identifier: MIT */
/*
 * Crowds that connect and say nothing, or go again at once, and clients that are killed in the
 * middle of something.
 */
#include "tests/daemon/scene.h"
#include "tests/lib/await.h"
#include "tests/lib/testing.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define CROWD           10000
#define OWN_DESCRIPTORS 100 /* of this test, besides the crowd's */

/* Short, but longer than a loaded machine needs to get from connect to the first request. */
static const char *const short_login[] = {"--login-timeout=3", NULL};
static const struct broker_options impatient = {.arguments = short_login};

/* Endless, for a test; and with 200 descriptors the broker takes fewer than 50 connections. */
static const char *const long_login[] = {"--login-timeout=86400", NULL};
static struct broker_options patient = {.arguments = long_login, .descriptors = 200};
#define SMALL_CROWD 100

static void begin_impatient(void)
{
	scene_begin(&impatient);
}

static void begin_patient(void)
{
	patient.uid = scene_own_uid();
	scene_begin(&patient);
}

FIXTURE(begin_impatient, scene_end);

/* Whoever has said something may be idle from then on. */
TEST(only_a_connection_that_has_never_spoken_is_ended)
{
	int first = broker_process_connect(&scene.broker);
	int silent;

	ck_assert_uint_eq(exchange_list(first, "/missing"), 0);
	silent = broker_process_connect(&scene.broker);
	ck_assert(exchange_is_ended(silent)); /* so a login timeout has passed for both */
	ck_assert_uint_eq(exchange_list(first, "/missing"), 0);
	close(silent);
	close(first);
}

static size_t crowd_size(void)
{
	struct rlimit limit;
	size_t room;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	room = limit.rlim_cur > OWN_DESCRIPTORS ? limit.rlim_cur - OWN_DESCRIPTORS : 0;
	return room < CROWD ? room : CROWD;
}

static void check_newcomer(void)
{
	int newcomer = broker_process_connect(&scene.broker);

	exchange_create(newcomer, "/newcomer");
	ck_assert_int_eq(exchange_delete(newcomer, "/newcomer"), STATUS_OK);
	close(newcomer);
}

TEST(crowd_that_says_nothing_is_ended)
{
	const size_t size = crowd_size();
	int *crowd = calloc(size, sizeof(*crowd));

	for (size_t i = 0; i < size; i++) {
		crowd[i] = broker_process_connect(&scene.broker);
		if (i % 1000 == 0) {
			check_newcomer();
			scene_check_honest();
		}
	}
	for (size_t i = 0; i < size; i++) {
		ck_assert(exchange_is_ended(crowd[i]));
		close(crowd[i]);
	}
	free(crowd);
}

FIXTURE(begin_patient, scene_end);

/* No timeout helps here: the broker makes room, at the cost of who has waited longest. */
TEST(crowd_that_says_nothing_keeps_nobody_out)
{
	int crowd[SMALL_CROWD];

	for (size_t i = 0; i < SMALL_CROWD; i++)
		crowd[i] = broker_process_connect(&scene.broker);
	check_newcomer();
	scene_check_honest();
	ck_assert(exchange_is_ended(crowd[0]));
	ck_assert_uint_eq(exchange_list(crowd[SMALL_CROWD - 1], "/missing"), 0);
	for (size_t i = 0; i < SMALL_CROWD; i++)
		close(crowd[i]);
}

/* Runs act in a child and kills it where act has got to: it says so and waits to die. */
static void kill_after(void (*act)(int connection))
{
	int said[2];
	char byte;
	pid_t victim;

	ck_assert_int_eq(pipe(said), 0);
	victim = fork();
	ck_assert_int_ge(victim, 0);
	if (victim == 0) {
		act(broker_process_connect(&scene.broker));
		ck_assert_int_eq(write(said[1], "", 1), 1);
		for (;;)
			pause();
	}
	close(said[1]);
	ck_assert_int_eq(read(said[0], &byte, 1), 1);
	close(said[0]);
	ck_assert_int_eq(kill(victim, SIGKILL), 0);
	ck_assert_int_eq(waitpid(victim, NULL, 0), victim);
}

static void only_connect(int connection)
{
	(void)connection;
}

static void put_open(int connection, const char *name)
{
	struct wire_message message;

	exchange_make_open(&message, name, strlen(name), WIRE_OPEN_CREATE, 4096, 0600,
		exchange_next_serial(connection));
	exchange_send(connection, &message);
}

static void ask_and_not_read(int connection)
{
	put_open(connection, "/honest");
}

/* More replies than the broker can send, so that one waits in it. */
static void ask_much_and_not_read(int connection)
{
	for (int i = 0; i < 100; i++)
		put_open(connection, "/honest");
}

static void hold(int connection)
{
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(
			exchange_open(connection, "/honest", 0, 0, 0, NULL, NULL), STATUS_OK);
	ck_assert_uint_eq(exchange_holders(connection, "/honest"), 101);
}

static void delete_what_it_holds(int connection)
{
	exchange_create(connection, "/gone");
	ck_assert_int_eq(exchange_delete(connection, "/gone"), STATUS_OK);
}

static void stop_half_way(int connection)
{
	put_open(connection, "/honest");
	ck_assert_int_eq(shutdown(connection, SHUT_WR), 0);
}

FIXTURE(scene_begin_plain, scene_end);

TEST(killed_client_leaves_no_hold)
{
	kill_after(only_connect);
	scene_check_restored();
	kill_after(ask_and_not_read);
	scene_check_restored();
	kill_after(ask_much_and_not_read);
	scene_check_restored();
	kill_after(hold);
	scene_check_restored();
	kill_after(delete_what_it_holds);
	scene_check_restored();
	kill_after(stop_half_way);
	scene_check_restored();
}

#define FLOOD 20 /* more than may wait to be accepted while accepting is paced */

/* While nothing is accepted. */
static void freeze(void)
{
	int status;

	ck_assert_int_eq(kill(scene.broker.pid, SIGSTOP), 0);
	ck_assert_int_eq(waitpid(scene.broker.pid, &status, WUNTRACED), scene.broker.pid);
	ck_assert(WIFSTOPPED(status));
}

static void go_on(void)
{
	ck_assert_int_eq(kill(scene.broker.pid, SIGCONT), 0);
}

/* Without waiting for room in the backlog: -1. */
static int try_connect(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(address.sun_path, scene.broker.socket);
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	ck_assert_int_eq(errno, EAGAIN);
	close(fd);
	return -1;
}

/* Returns how many found room. */
static int connect_and_go(int most)
{
	int count = 0;

	for (int fd; count < most && (fd = try_connect()) >= 0; count++)
		close(fd);
	return count;
}

static uint64_t accepted(void)
{
	const struct wire_request request = {.header = {.op = WIRE_OP_STATUS}};
	struct answer answer;
	struct wire_count count = {0};
	size_t at = 0;

	ck_assert_int_eq(exchange(scene.honest, &request, &answer), STATUS_OK);
	while (count.counter != WIRE_COUNTER_ACCEPTED)
		ck_assert(wire_get_count(answer.reply.tail, answer.reply.tail_length, &at, &count));
	return count.value;
}

TEST(clients_that_have_gone_before_they_are_accepted_are_no_connections)
{
	const uint64_t before = accepted();
	int last;

	freeze();
	ck_assert_int_eq(connect_and_go(FLOOD), FLOOD);
	last = try_connect(); /* behind all of them */
	go_on();
	ck_assert_int_eq(fcntl(last, F_SETFL, 0), 0);
	ck_assert_uint_eq(exchange_list(last, "/missing"), 0);
	ck_assert_uint_eq(accepted(), before + 1);
	close(last);
}

/* Each says something, then: it has not come for nothing. */
static bool is_room_for_a_flood(void)
{
	int fds[FLOOD];
	int count = 0;

	freeze();
	while (count < FLOOD && (fds[count] = try_connect()) >= 0)
		count++;
	go_on();
	for (int i = 0; i < count; i++) {
		ck_assert_int_eq(fcntl(fds[i], F_SETFL, 0), 0);
		ck_assert_uint_eq(exchange_list(fds[i], "/missing"), 0);
		close(fds[i]);
	}
	return count == FLOOD;
}

/* The backlog is short while connections come for nothing, and no longer than that. */
TEST(after_a_flood_clients_need_not_wait_to_connect)
{
	ck_assert(is_room_for_a_flood());
	for (int i = 0; i < 1000; i++)
		close(broker_process_connect(&scene.broker));
	AWAIT(is_room_for_a_flood());
}

static bool child_is_held_no_more(void *data)
{
	(void)data;
	return exchange_holders(scene.honest, "/kept") == 0;
}

static void create_kept(int connection)
{
	exchange_create(connection, "/kept");
}

TEST(killed_creator_leaves_its_segment)
{
	kill_after(create_kept);
	AWAIT(child_is_held_no_more(NULL));
	ck_assert_int_eq(exchange_delete(scene.honest, "/kept"), STATUS_OK);
}
