/* SPDX-License-Identifier: MIT */
/* How prshmd starts and ends: on a socket that was passed, on one of its own, or not at all. */
#include "tests/daemon/launch.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/broker.h"
#include "tests/lib/exchange.h"
#include "tests/lib/testing.h"

static struct broker_process place; /* only its directory and socket are used */
static char option[128];            /* --socket= of it */

static void make_place(void)
{
	snprintf(place.directory, sizeof(place.directory), "/tmp/prshm-start.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place.directory));
	snprintf(place.socket, sizeof(place.socket), "%s/broker.sock", place.directory);
	snprintf(option, sizeof(option), "--socket=%s", place.socket);
}

static void remove_place(void)
{
	char lock[128];

	snprintf(lock, sizeof(lock), "%s.lock", place.socket);
	unlink(place.socket);
	unlink(lock);
	ck_assert_msg(rmdir(place.directory) == 0, "%s has other files than socket and lock",
		place.directory);
}

static bool exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

static int bind_socket(int type)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, type | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(address.sun_path, place.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

static int listen_there(void)
{
	int fd = bind_socket(SOCK_SEQPACKET);

	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

static void launch_here(struct launched *out)
{
	launch(&(struct launch){.arguments = {option}}, out);
	launched_await(out, "ready");
}

static void launch_passed(int fd, struct launched *out)
{
	launch(&(struct launch){.passed = {fd}, .passed_count = 1}, out);
}

static void check_served(void)
{
	int connection = broker_process_connect(&place);

	exchange_create(connection, "/served");
	ck_assert_int_eq(exchange_delete(connection, "/served"), STATUS_OK);
	close(connection);
}

/* It says this, and ends with status 1. */
static void check_fails(const struct launch *how, const char *said)
{
	struct launched failing;

	launch(how, &failing);
	ck_assert_int_eq(launched_wait(&failing), 1);
	ck_assert_msg(strstr(failing.text, said) != NULL, "not \"%s\" but: %s", said, failing.text);
}

FIXTURE(make_place, remove_place);

TEST(passed_socket_is_served_and_stays)
{
	int fd = listen_there();
	struct launched broker;

	launch_passed(fd, &broker);
	check_served();
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert(exists(place.socket));
	close(fd);
}

TEST(own_socket_is_served_to_all_and_removed)
{
	struct launched broker;
	struct stat st;

	umask(077);
	launch_here(&broker);
	ck_assert_int_eq(stat(place.socket, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0666);
	check_served();
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert(!exists(place.socket));
}

TEST(second_broker_on_a_socket_fails_and_the_first_serves_on)
{
	struct launched first;
	int connection;

	launch_here(&first);
	connection = broker_process_connect(&place);
	exchange_create(connection, "/first");
	check_fails(&(struct launch){.arguments = {option}}, "another process listens there");
	ck_assert_uint_eq(exchange_holders(connection, "/first"), 1);
	close(connection);
	check_served();
	ck_assert_int_eq(launched_stop(&first), 0);
}

TEST(socket_that_somebody_else_serves_is_left_to_them)
{
	int fd = listen_there();
	struct launched broker;

	launch_passed(fd, &broker);
	check_fails(&(struct launch){.arguments = {option}}, "another process listens there");
	check_served();
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert(exists(place.socket));
	close(fd);
}

/* A backlog that is full answers nobody, yet it is somebody's. */
TEST(socket_of_a_busy_process_is_left_to_it)
{
	int fd = bind_socket(SOCK_SEQPACKET);
	int waiting;

	ck_assert_int_eq(listen(fd, 0), 0);
	waiting = broker_process_connect(&place);
	check_fails(&(struct launch){.arguments = {option}}, "another process listens there");
	ck_assert(exists(place.socket));
	close(waiting);
	close(fd);
}

TEST(socket_of_a_killed_broker_is_replaced)
{
	struct launched broker;

	launch_here(&broker);
	ck_assert_int_eq(kill(broker.pid, SIGKILL), 0);
	ck_assert_int_eq(launched_wait(&broker), 128 + SIGKILL);
	ck_assert(exists(place.socket));
	launch_here(&broker);
	check_served();
	ck_assert_int_eq(launched_stop(&broker), 0);
}

TEST(file_that_is_no_socket_is_refused_and_untouched)
{
	int fd = open(place.socket, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0640);
	struct stat st;
	char text[8] = "";

	ck_assert_int_eq(write(fd, "mine", 4), 4);
	check_fails(&(struct launch){.arguments = {option}}, "a file that is not a socket");
	ck_assert_int_eq(pread(fd, text, sizeof(text), 0), 4);
	ck_assert_str_eq(text, "mine");
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_uint_eq(st.st_nlink, 1);
	ck_assert_uint_eq(st.st_mode & 0777, 0640);
	close(fd);
}

TEST(symbolic_link_is_not_followed)
{
	char target[128];

	snprintf(target, sizeof(target), "%s/elsewhere", place.directory);
	ck_assert_int_eq(symlink(target, place.socket), 0);
	check_fails(&(struct launch){.arguments = {option}}, "a file that is not a socket");
	ck_assert(!exists(target));
}

TEST(path_may_be_as_long_as_a_socket_address_and_no_longer)
{
	char path[160];
	struct sockaddr_un address;
	int length = snprintf(path, sizeof(path), "--socket=%s/", place.directory);
	const size_t start = strlen("--socket=");
	struct launched broker;

	memset(path + length, 'p', sizeof(path) - (size_t)length);
	path[start + sizeof(address.sun_path)] = '\0';
	check_fails(&(struct launch){.arguments = {path}}, "longer than the 107 bytes");
	path[start + sizeof(address.sun_path) - 1] = '\0';
	launch(&(struct launch){.arguments = {path}}, &broker);
	launched_await(&broker, "ready");
	ck_assert_int_eq(launched_stop(&broker), 0);
	strcat(path, ".lock");
	unlink(path + start);
}

TEST(directory_that_is_missing_is_named)
{
	char path[128];

	snprintf(path, sizeof(path), "--socket=%s/missing/broker.sock", place.directory);
	check_fails(&(struct launch){.arguments = {path}}, "missing/broker.sock");
}

TEST(without_any_socket_it_says_what_to_do)
{
	check_fails(&(struct launch){0}, "give --socket=PATH");
}

TEST(passed_socket_wins_over_the_option)
{
	char other[160];
	int fd = listen_there();
	struct launched broker;

	snprintf(other, sizeof(other), "%s.other", option);
	launch(&(struct launch){.arguments = {other}, .passed = {fd}, .passed_count = 1}, &broker);
	launched_await(&broker, "--socket is not used");
	check_served();
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert(!exists(other + strlen("--socket=")));
	close(fd);
}

static void check_refuses_passed(int fd)
{
	check_fails(&(struct launch){.passed = {fd}, .passed_count = 1},
		"what was passed is no listening SOCK_SEQPACKET Unix socket");
}

TEST(passed_socket_of_another_kind_is_refused)
{
	const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};
	int file = open("/dev/null", O_RDWR | O_CLOEXEC);
	int pair[2];

	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		int fd = bind_socket(types[i]);

		if (types[i] == SOCK_STREAM)
			ck_assert_int_eq(listen(fd, 8), 0);
		check_refuses_passed(fd); /* the last one does not listen */
		close(fd);
		ck_assert_int_eq(unlink(place.socket), 0);
	}
	check_refuses_passed(file);
	close(file);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
	check_refuses_passed(pair[0]);
	close(pair[0]);
	close(pair[1]);
}

/* As under a service manager, which would start it again for each of them. */
TEST(with_a_wrong_configuration_it_ends_and_clients_that_wait_are_told)
{
	const int listening = listen_there();
	const int first = broker_process_connect(&place);
	const int second = broker_process_connect(&place);
	const struct launch how = {
		.arguments = {"--config=/missing"}, .passed = {listening}, .passed_count = 1};
	struct launched broker;
	struct answer answer;

	launch(&how, &broker);
	exchange_receive(first, &answer);
	ck_assert_uint_eq(answer.reply.header.op, 0);
	ck_assert_uint_eq(answer.reply.header.status, STATUS_INTERNAL);
	ck_assert(exchange_is_ended(first));
	exchange_receive(second, &answer);
	ck_assert_uint_eq(answer.reply.header.status, STATUS_INTERNAL);
	ck_assert_int_eq(launched_wait(&broker), 78);
	ck_assert_ptr_nonnull(strstr(broker.text, "/missing: No such file"));
	close(first);
	close(second);
	close(listening);
}

TEST(two_passed_sockets_are_refused)
{
	int fd = listen_there();

	check_fails(&(struct launch){.passed = {fd, fd}, .passed_count = 2},
		"expected one socket to be passed, got 2");
	close(fd);
}

static void check_ended_by(int signal_number)
{
	struct launched broker;
	int silent;
	int holding;

	launch_here(&broker);
	silent = broker_process_connect(&place);
	holding = broker_process_connect(&place);
	exchange_create(holding, "/held");
	ck_assert_int_eq(kill(broker.pid, signal_number), 0);
	ck_assert_int_eq(launched_wait(&broker), 0);
	ck_assert(exchange_is_ended(holding));
	ck_assert(exchange_is_ended(silent));
	ck_assert(!exists(place.socket));
	close(holding);
	close(silent);
}

TEST(signal_ends_it_cleanly_whoever_is_connected)
{
	check_ended_by(SIGTERM);
	check_ended_by(SIGINT);
}

static void check_says(const char *argument, int status, const char *said)
{
	struct launched broker;

	launch(&(struct launch){.arguments = {argument}}, &broker);
	ck_assert_int_eq(launched_wait(&broker), status);
	ck_assert_msg(strstr(broker.text, said) != NULL, "%s: %s", argument, broker.text);
}

TEST(options_are_explained_and_wrong_ones_refused)
{
	check_says("--help", 0, "Usage: prshmd");
	check_says("-h", 0, "--login-timeout=SECONDS");
	check_says("--version", 0, "prshmd 0.");
	check_says("--unknown", 2, "prshmd --help");
	check_says("argument", 2, "argument: not an option");
	check_says("--socket", 2, "requires an argument");
	check_says("--socket=", 2, "prshmd --help");
	check_says("--login-timeout=0", 2, "expected 1 to");
	check_says("--login-timeout=-1", 2, "expected 1 to");
	check_says("--login-timeout=1x", 2, "expected 1 to");
	check_says("--login-timeout=", 2, "expected 1 to");
	check_says("--exit-idle=99999999999999999999", 2, "expected 1 to");
	check_says("--exit-idle= 1", 2, "expected 1 to");
}
