/* SPDX-License-Identifier: MIT */
/* What prshmd tells the service manager and the log, and when it leaves of its own accord. */
#include "tests/daemon/launch.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/broker.h"
#include "tests/lib/exchange.h"
#include "tests/lib/testing.h"

static struct broker_process place; /* only its directory and socket are used */
static char option[128];            /* --socket= of it */
static char notify_path[128];
static char notify_variable[160]; /* NOTIFY_SOCKET= of it */
static int notify_fd;             /* the manager's end */

static void begin(void)
{
	const struct timeval timeout = {.tv_sec = 60};
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	snprintf(place.directory, sizeof(place.directory), "/tmp/prshm-service.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place.directory));
	snprintf(place.socket, sizeof(place.socket), "%s/broker.sock", place.directory);
	snprintf(option, sizeof(option), "--socket=%s", place.socket);
	snprintf(notify_path, sizeof(notify_path), "%s/notify", place.directory);
	snprintf(notify_variable, sizeof(notify_variable), "NOTIFY_SOCKET=%s", notify_path);
	notify_fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ck_assert_int_ge(notify_fd, 0);
	setsockopt(notify_fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	strcpy(address.sun_path, notify_path);
	ck_assert_int_eq(bind(notify_fd, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void end(void)
{
	char lock[128];

	close(notify_fd);
	unlink(notify_path);
	snprintf(lock, sizeof(lock), "%s.lock", place.socket);
	unlink(lock);
	ck_assert_int_eq(rmdir(place.directory), 0);
}

/* Reads what the broker tells until one message has this in it; fails if none does for a minute. */
static void await_told(const char *wanted)
{
	char text[512];

	do {
		ssize_t length = recv(notify_fd, text, sizeof(text) - 1, 0);

		ck_assert_msg(length >= 0, "was never told \"%s\"", wanted);
		text[length] = '\0';
	} while (!strstr(text, wanted));
}

FIXTURE(begin, end);

TEST(manager_is_told_of_readiness_counts_and_the_end)
{
	struct launched broker;
	int connection;

	launch(&(struct launch){.arguments = {option}, .environment = {notify_variable}}, &broker);
	await_told("READY=1\nSTATUS=0 segments, 0 clients");
	connection = broker_process_connect(&place); /* at once: READY means what it says */
	exchange_create(connection, "/one");
	await_told("STATUS=1 segment, 1 client");
	exchange_create(connection, "/two");
	await_told("STATUS=2 segments, 1 client");
	close(connection);
	await_told("STATUS=2 segments, 0 clients");
	ck_assert_int_eq(kill(broker.pid, SIGTERM), 0);
	await_told("STOPPING=1");
	ck_assert_int_eq(launched_wait(&broker), 0);
}

TEST(manager_that_asks_is_told_again_and_again_that_it_lives)
{
	struct launched broker;

	launch(&(struct launch){.arguments = {option},
		       .environment = {notify_variable, "WATCHDOG_USEC=100000"}},
		&broker);
	for (int i = 0; i < 3; i++)
		await_told("WATCHDOG=1");
	ck_assert_int_eq(launched_stop(&broker), 0);
}

TEST(manager_is_not_told_of_readiness_that_is_none)
{
	struct launched broker;
	char text[512];

	launch(&(struct launch){.arguments = {"--socket=/missing/broker.sock"},
		       .environment = {notify_variable}},
		&broker);
	ck_assert_int_eq(launched_wait(&broker), 1);
	ck_assert_int_lt(recv(notify_fd, text, sizeof(text), MSG_DONTWAIT), 0);
}

TEST(priorities_are_for_the_journal_only)
{
	struct launched broker;

	launch(&(struct launch){.arguments = {option}, .to_journal = true}, &broker);
	launched_await(&broker, "ready");
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert_msg(strncmp(broker.text, "<6>prshmd ", 10) == 0, "%s", broker.text);
	ck_assert_ptr_null(strstr(broker.text, "prshmd: "));

	launch(&(struct launch){.arguments = {option}}, &broker);
	launched_await(&broker, "ready");
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert_msg(strncmp(broker.text, "prshmd: ", 8) == 0, "%s", broker.text);
	ck_assert_ptr_null(strchr(broker.text, '<'));
}

/* The journal was the parent's, as for a broker that a service's program has started. */
TEST(stream_that_is_not_the_journals_gets_no_priorities)
{
	struct launched broker;

	launch(&(struct launch){.arguments = {option}, .environment = {"JOURNAL_STREAM=1:1"}},
		&broker);
	launched_await(&broker, "ready");
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert_msg(strncmp(broker.text, "prshmd: ", 8) == 0, "%s", broker.text);
}

/* A failure that nothing explains: what the broker then logs has the client's name in it. */
static void forbid_memory(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_memfd_create, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = {.len = 4, .filter = filter};

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
		prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		_exit(125);
}

static void check_line_is_printable(const char *text, const char *name_begins)
{
	const char *start = strstr(text, name_begins);

	ck_assert_msg(start != NULL, "%s", text);
	for (const char *c = start; *c != '\n'; c++)
		ck_assert_msg(
			*c >= ' ' && *c <= '~', "byte 0x%02x in: %s", (unsigned char)*c, text);
	ck_assert_ptr_null(strstr(text, "\nforged"));
	ck_assert_ptr_nonnull(strstr(start, "fault of the broker\n"));
}

TEST(hostile_name_stays_in_one_printable_line)
{
	/* A newline; escape sequences, in 7 bits, 8 bits and UTF-8; what is no UTF-8. */
	const char name[] = "/evil\nforged: \033[2J\177 \2332J \302\2332J \377%s%n";
	const uint32_t flags = WIRE_OPEN_CREATE;
	struct launched broker;
	int connection;

	launch(&(struct launch){.arguments = {option}, .prepare = forbid_memory}, &broker);
	launched_await(&broker, "ready");
	connection = broker_process_connect(&place);
	ck_assert_int_eq(
		exchange_open(connection, name, flags, 4096, 0600, NULL, NULL), STATUS_INTERNAL);
	close(connection);
	ck_assert_int_eq(launched_stop(&broker), 0);
	check_line_is_printable(broker.text, "/evil");
}

static bool has_ended(const struct launched *broker)
{
	siginfo_t info = {.si_pid = 0};

	ck_assert_int_eq(waitid(P_PID, (id_t)broker->pid, &info, WEXITED | WNOHANG | WNOWAIT), 0);
	return info.si_pid != 0;
}

static void wait_three_seconds(void)
{
	const struct timespec pause = {.tv_sec = 3};

	nanosleep(&pause, NULL);
}

static int listen_there(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(fd, 0);
	strcpy(address.sun_path, place.socket);
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 8), 0);
	return fd;
}

/*
 * Long enough for it to have left twice over: a client keeps it, and so does a segment alone. The
 * first client is at the door before the broker starts, so that it cannot be too late.
 */
TEST(idle_broker_leaves_once_it_holds_nothing)
{
	const int listening = listen_there();
	int connection = broker_process_connect(&place);
	struct launched broker;

	launch(
		&(struct launch){
			.arguments = {"--exit-idle=1"}, .passed = {listening}, .passed_count = 1},
		&broker);
	exchange_create(connection, "/kept");
	close(connection);
	wait_three_seconds();
	ck_assert(!has_ended(&broker));
	connection = broker_process_connect(&place);
	ck_assert_int_eq(exchange_delete(connection, "/kept"), STATUS_OK);
	wait_three_seconds();
	ck_assert(!has_ended(&broker));
	close(connection);
	ck_assert_int_eq(launched_wait(&broker), 0);
	ck_assert_ptr_nonnull(strstr(broker.text, "leaving"));
	close(listening);
	unlink(place.socket);
}

TEST(broker_that_nobody_needs_leaves_too)
{
	struct launched broker;

	launch(&(struct launch){.arguments = {option, "--exit-idle=1"}}, &broker);
	ck_assert_int_eq(launched_wait(&broker), 0);
}
