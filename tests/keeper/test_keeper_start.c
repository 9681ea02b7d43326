/* SPDX-License-Identifier: MIT */
/*
 * How prshm-keeper starts and ends, and how it starts a broker that has died: tests/keeper/stand-in
 * in its place, which writes down what it finds.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/keeper/keeper-case.h"
#include "tests/lib/await.h"
#include "tests/lib/testing.h"

static char record[128];

static void setup(void)
{
	keeper_place_setup();
	snprintf(record, sizeof(record), "%s/record", keeper_place.directory);
}

/* Started as prshmd starts it; the link is the test's now. */
static int start_with_command(const char *program, const char *how)
{
	const char *arguments[] = {"--", program, keeper_place.directory, how, NULL};
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	keeper_run(arguments, ends[1]);
	close(ends[1]);
	link_greeted(ends[0]);
	return ends[0];
}

static const char *stand_in(void)
{
	static char program[PATH_MAX];
	const char *builddir = getenv("top_builddir");
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/tests/keeper/stand-in", builddir ? builddir : ".");
	ck_assert_ptr_nonnull(realpath(path, program));
	return program;
}

static int start_with_broker(const char *how)
{
	return start_with_command(stand_in(), how);
}

/* Waits for the n-th start of a broker, from 1. Its pid; the line is told without it. */
static pid_t await_broker(int number, char *line, size_t size)
{
	char text[16384] = "";
	char *at = NULL;

	while (!at) {
		int fd = open(record, O_RDONLY | O_CLOEXEC);
		ssize_t length = fd < 0 ? 0 : read(fd, text, sizeof(text) - 1);

		if (fd >= 0)
			close(fd);
		text[length > 0 ? length : 0] = '\0';
		at = text;
		for (int i = 0; at && i < number - 1; i++)
			at = strchr(at, '\n') ? strchr(at, '\n') + 1 : NULL;
		at = at && strchr(at, '\n') ? at : NULL;
		poll(NULL, 0, 5);
	}
	*strchr(at, '\n') = '\0';
	snprintf(line, size, "%s", strchr(at, ' ') + 1);
	return atoi(at);
}

FIXTURE(setup, keeper_place_teardown);

TEST(dead_broker_is_started_with_a_link_and_nothing_else)
{
	char line[512];
	int link = start_with_broker("wait");

	link_put(link, 16, 1);
	link_put(link, 17, 1);
	close(link);
	await_broker(1, line, sizeof(line));
	ck_assert_str_eq(
		line, "mine=1 fds=1 names=keeper blocked=0 ignored=0 open= 0 1 2 3 held=2");
	ck_assert_int_eq(getsid(keeper_place.pid), keeper_place.pid);
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
}

TEST(killed_broker_is_started_again_and_buried)
{
	char line[512];
	int link = start_with_broker("wait");
	pid_t last = 0;

	link_put(link, 16, 1);
	close(link);
	for (int i = 1; i <= 3; i++) {
		pid_t pid = await_broker(i, line, sizeof(line));

		ck_assert_ptr_nonnull(strstr(line, "held=1"));
		ck_assert_int_ne(pid, last);
		ck_assert_int_eq(kill(pid, SIGKILL), 0);
		AWAIT(kill(pid, 0) < 0);
		last = pid;
	}
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
}

TEST(broker_that_leaves_is_not_started_again)
{
	char line[512];
	int link = start_with_broker("leave");

	close(link);
	ck_assert_int_eq(keeper_wait(), 0);
	await_broker(1, line, sizeof(line));
	link = start_with_broker("wait");
	link_say(link, KEEPER_LEAVE, 0);
	ck_assert_int_eq(keeper_wait(), 0);
	close(link);
}

TEST(starts_that_fail_become_rare)
{
	int link = start_with_broker("die");

	link_put(link, 16, 1);
	close(link);
	keeper_await_log("1 descriptor held: starting it in 100 ms");
	keeper_await_log("1 descriptor held: starting it in 200 ms");
	keeper_await_log("1 descriptor held: starting it in 400 ms");
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
}

/* Each dies at once; a start that fails would be told with a longer pause. */
TEST(starts_that_go_well_stay_frequent)
{
	char said[512];
	char line[512];
	int link = start_with_broker("put");
	FILE *log;

	link_put(link, 16, 1);
	close(link);
	await_broker(5, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "held=2"));
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
	log = fopen(keeper_place.log, "re");
	ck_assert_ptr_nonnull(log);
	while (fgets(said, sizeof(said), log)) {
		int pause = -1;

		ck_assert_ptr_nonnull(strstr(said, "starting it in "));
		sscanf(strstr(said, "starting it in "), "starting it in %d ms", &pause);
		ck_assert(pause >= 0 && pause <= 50);
	}
	fclose(log);
}

/* In the midst of an upgrade, say. */
TEST(command_that_is_not_there_is_tried_until_it_is_and_nothing_is_lost)
{
	char program[128];
	char line[512];
	int link;

	snprintf(program, sizeof(program), "%s/prshmd", keeper_place.directory);
	link = start_with_command(program, "wait");
	link_put(link, 16, 1);
	link_put(link, 17, 1);
	close(link);
	keeper_await_log("/prshmd: No such file or directory");
	keeper_await_log("2 descriptors held: starting it in 200 ms");
	ck_assert_int_eq(symlink(stand_in(), program), 0);
	await_broker(1, line, sizeof(line));
	ck_assert_ptr_nonnull(strstr(line, "held=2"));
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
}

TEST(no_second_broker_is_started_beside_one_that_broke_the_protocol)
{
	int link = start_with_broker("wait");

	link_say(link, KEEPER_END, 0);
	ck_assert_int_eq(keeper_wait(), 1);
	link_ends(link);
	ck_assert_int_lt(open(record, O_RDONLY), 0);
}

static void start_own(char *option, size_t size)
{
	snprintf(option, size, "--socket=%s", keeper_place.own);
	keeper_run((const char *[]){option, NULL}, -1);
}

static int connect_own(void)
{
	int link = link_connect(keeper_place.own);

	link_greeted(link);
	return link;
}

TEST(own_socket_is_its_users_alone)
{
	char option[128];
	struct stat st;

	start_own(option, sizeof(option));
	close(connect_own());
	ck_assert_int_eq(stat(keeper_place.own, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0600);
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
}

TEST(socket_of_a_killed_keeper_is_replaced)
{
	char option[128];

	start_own(option, sizeof(option));
	close(connect_own());
	kill(keeper_place.pid, SIGKILL);
	ck_assert_int_eq(keeper_wait(), 128 + SIGKILL);
	start_own(option, sizeof(option));
	close(connect_own());
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
}

TEST(socket_where_somebody_listens_is_left_alone)
{
	char option[128];

	snprintf(option, sizeof(option), "--socket=%s", keeper_place.socket);
	keeper_run((const char *[]){option, NULL}, -1);
	ck_assert_int_eq(keeper_wait(), 1);
	keeper_await_log("another process listens there");
	keeper_start();
	close(link_open());
}

TEST(passed_socket_stays)
{
	struct stat st;

	keeper_start();
	close(link_open());
	ck_assert_int_eq(keeper_stop(), 128 + SIGTERM);
	ck_assert_int_eq(stat(keeper_place.socket, &st), 0);
	keeper_start();
	close(link_open());
}

TEST(what_cannot_start_says_why)
{
	keeper_run(NULL, -1);
	ck_assert_int_eq(keeper_wait(), 1);
	keeper_await_log("no socket was passed");
	keeper_run((const char *[]){"--", "prshmd", NULL}, keeper_place.listener);
	ck_assert_int_eq(keeper_wait(), 1);
	keeper_await_log("no link was passed");
	keeper_run((const char *[]){"--nonsense", NULL}, -1);
	ck_assert_int_eq(keeper_wait(), 2);
	keeper_run((const char *[]){"--socket=", NULL}, -1);
	ck_assert_int_eq(keeper_wait(), 2);
	keeper_run((const char *[]){"--socket=/x", "--", "prshmd", NULL}, -1);
	ck_assert_int_eq(keeper_wait(), 2);
	keeper_run((const char *[]){"--help", NULL}, -1);
	ck_assert_int_eq(keeper_wait(), 0);
	keeper_await_log("Usage: prshm-keeper");
	keeper_run((const char *[]){"--version", NULL}, -1);
	ck_assert_int_eq(keeper_wait(), 0);
}

static void await_notice(int manager, const char *text)
{
	char said[512] = "";

	while (!strstr(said, text)) {
		ssize_t length = recv(manager, said, sizeof(said) - 1, 0);

		ck_assert_int_ge(length, 0);
		said[length] = '\0';
	}
}

static int listen_as_manager(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int manager = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	snprintf(address.sun_path, sizeof(address.sun_path), "%s/notify", keeper_place.directory);
	ck_assert_int_eq(bind(manager, (struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", address.sun_path, 1);
	return manager;
}

TEST(service_manager_hears_that_it_is_ready_and_alive)
{
	int manager = listen_as_manager();
	int link;

	setenv("WATCHDOG_USEC", "200000", 1);
	keeper_start();
	await_notice(manager, "READY=1");
	for (int i = 0; i < 3; i++) /* nobody wakes it but itself */
		await_notice(manager, "WATCHDOG=1");
	link = link_open();
	link_put(link, 16, 1);
	await_notice(manager, "STATUS=1 descriptor");
	await_notice(manager, "WATCHDOG=1");
	close(link);
	ck_assert_int_eq(keeper_stop(), 0);
	close(manager);
}

/* Where both are restarted, the keeper may be ended first. */
TEST(what_a_broker_puts_until_it_is_ended_too_is_left)
{
	int manager = listen_as_manager();
	int link;

	keeper_start();
	link = link_open();
	link_put(link, 16, 1);
	kill(keeper_place.pid, SIGTERM);
	await_notice(manager, "STOPPING=1");
	usleep(100000); /* only for one that would not wait: it has left all by now */
	for (uint64_t id = 18; id < 24; id += 2)
		link_put(link, id, 1);
	close(link);
	await_notice(manager, "FDSTORE=1");
	await_notice(manager, "BARRIER=1");
	ck_assert_int_eq(keeper_wait(), 0);
	keeper_await_log("a stop: 4 descriptors");
	close(manager);
}

/*
 * However long the broker goes on: what it could send is left, and then it is told that nothing
 * more is received.
 */
TEST(what_a_broker_could_send_before_the_keeper_ends_is_left)
{
	struct keeper_message message = {.op = KEEPER_PUT, .id = 2, .fd = 2};
	int manager = listen_as_manager();
	char left[64];
	int link;
	int error;

	keeper_start();
	link = link_open();
	kill(keeper_place.pid, SIGTERM);
	await_notice(manager, "STOPPING=1");
	while ((error = keeper_send(link, &message, 0)) == 0) {
		message.id += 2;
		usleep(1000);
	}
	ck_assert_int_eq(error, -EPIPE);
	await_notice(manager, "FDSTORE=1");
	await_notice(manager, "BARRIER=1");
	ck_assert_int_eq(keeper_wait(), 0);
	snprintf(left, sizeof(left), "a stop: %d descriptors", (int)message.id / 2 - 1);
	keeper_await_log(left);
	close(link);
	close(manager);
}
