/* SPDX-License-Identifier: MIT */
/*
 * When the broker goes: mappings stay, the next call finds the next broker, and nothing that was
 * the old one's is mistaken for the new one's. And a program full of signals.
 */
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/client/fake-broker.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define OPENS 2000

static PRSharedMemory *create(const char *name)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	return shm;
}

/* Serves when this returns: before, a SIGTERM would just kill it. */
static void next_broker(int signal_number)
{
	broker_process_kill(&client_broker, signal_number);
	broker_process_restart(&client_broker, NULL);
	ck_assert_int_eq(client_stat("/life/none", NULL), STATUS_NOT_FOUND);
}

static const int ends[] = {SIGTERM, SIGKILL};

FIXTURE(CLIENT_FIXTURE);

TEST_LOOP(mappings_outlive_the_broker_and_the_next_call_finds_the_next,
	sizeof(ends) / sizeof(ends[0]))
{
	PRSharedMemory *old = create("/life/a");
	char *memory = PR_AttachSharedMemory(old, 0);

	ck_assert_ptr_nonnull(memory);
	strcpy(memory, "before");
	next_broker(ends[_i]);
	ck_assert_str_eq(memory, "before");
	strcpy(memory, "after");
	ck_assert_ptr_null(PR_OpenSharedMemory("/life/a", 0, 0, 0600));
	client_expect_error(PR_FILE_NOT_FOUND_ERROR);
	PRSharedMemory *new = create("/life/a");
	char *empty = PR_AttachSharedMemory(new, 0);
	ck_assert_int_eq(empty[0], '\0');
	ck_assert_str_eq(memory, "after");
	ck_assert_int_eq(PR_DetachSharedMemory(old, memory), PR_SUCCESS);
	ck_assert_int_eq(PR_DetachSharedMemory(new, empty), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(old), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(new), PR_SUCCESS);
}

TEST(a_handle_outlives_its_broker_and_can_still_be_attached)
{
	PRSharedMemory *shm = create("/life/a");
	char *memory;

	next_broker(SIGKILL);
	memory = PR_AttachSharedMemory(shm, 0);
	ck_assert_ptr_nonnull(memory);
	memory[4095] = 'x';
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
	PR_CloseSharedMemory(create("/life/b")); /* connected again, as the case expects */
}

TEST(an_old_handle_is_never_attached_to_memory_of_the_next_broker)
{
	PRSharedMemory *old = create("/life/a");
	PRSharedMemory *new;

	next_broker(SIGKILL);
	new = create("/life/other"); /* as large, and likely to have the same number there */
	ck_assert_ptr_null(PR_AttachSharedMemory(old, PR_SHM_READONLY));
	client_expect_error(PR_FILE_NOT_FOUND_ERROR);
	PR_CloseSharedMemory(old);
	PR_CloseSharedMemory(new);
}

TEST(closing_an_old_handle_closes_none_of_the_next_broker)
{
	PRSharedMemory *old[3] = {create("/life/a"), create("/life/b"), create("/life/c")};
	PRSharedMemory *new[3];

	next_broker(SIGKILL);
	for (int i = 0; i < 3; i++)
		new[i] = create("/life/d");
	client_await_holders("/life/d", 3);
	for (int i = 0; i < 3; i++)
		ck_assert_int_eq(PR_CloseSharedMemory(old[i]), PR_SUCCESS);
	PR_CloseSharedMemory(create("/life/e")); /* behind the closes, on the same connection */
	client_await_holders("/life/d", 3);
	for (int i = 0; i < 3; i++)
		PR_CloseSharedMemory(new[i]);
	client_await_holders("/life/d", 0);
}

/* The connection breaks while nobody looks, any number of times. */
TEST(brokers_may_come_and_go)
{
	for (int i = 0; i < 10; i++) {
		PRSharedMemory *shm = create("/life/a");

		if (i % 2)
			next_broker(SIGKILL);
		ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
		if (i % 3 == 0)
			next_broker(SIGTERM);
	}
	PR_CloseSharedMemory(create("/life/a"));
}

static void expect_refusal(void)
{
	ck_assert_ptr_null(PR_OpenSharedMemory("/life/a", 4096, PR_SHM_CREATE, 0600));
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	ck_assert_int_eq(PR_DeleteSharedMemory("/life/a"), PR_FAILURE);
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
}

FIXTURE(NULL, NULL, .uncounted = true); /* brokers of their own, or none */

TEST(without_a_broker_the_connection_is_refused)
{
	struct broker_process broker;
	PRSharedMemory *shm;
	char *memory;

	broker_process_start(&broker, NULL);
	shm = create("/life/a");
	memory = PR_AttachSharedMemory(shm, 0);
	broker_process_kill(&broker, SIGKILL);
	close(broker.listening_fd); /* the file stays, and nobody listens */
	expect_refusal();
	ck_assert_ptr_null(PR_AttachSharedMemory(shm, PR_SHM_READONLY));
	client_expect_error(PR_CONNECT_REFUSED_ERROR);
	unlink(broker.socket);
	expect_refusal();
	memory[0] = 'x';
	ck_assert_int_eq(PR_DetachSharedMemory(shm, memory), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	ck_assert_int_eq(rmdir(broker.directory), 0);
}

FIXTURE(CLIENT_FIXTURE);

TEST(a_stopped_broker_costs_a_time_out_and_no_more)
{
	PRSharedMemory *shm = create("/life/a");

	ck_assert_int_eq(kill(client_broker.pid, SIGSTOP), 0);
	ck_assert_ptr_null(PR_OpenSharedMemory("/life/a", 0, 0, 0600));
	client_expect_error(PR_IO_TIMEOUT_ERROR);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	ck_assert_int_eq(kill(client_broker.pid, SIGCONT), 0);
	shm = create("/life/a");
	client_await_holders("/life/a", 1); /* what the dropped connection held is let go */
	PR_CloseSharedMemory(shm);
}

static volatile sig_atomic_t alarms;

static void count_alarm(int number)
{
	(void)number;
	alarms++;
}

/* A signal a millisecond, and each interrupts whatever waits: no SA_RESTART. */
static void storm(bool on)
{
	const struct sigaction action = {.sa_handler = count_alarm};
	const struct timeval period = {.tv_usec = on ? 1000 : 0};
	const struct itimerval timer = {.it_interval = period, .it_value = period};

	ck_assert_int_eq(sigaction(SIGALRM, &action, NULL), 0);
	ck_assert_int_eq(setitimer(ITIMER_REAL, &timer, NULL), 0);
}

TEST(a_storm_of_signals_fails_no_call)
{
	storm(true);
	for (int i = 0; i < OPENS || alarms == 0; i++) {
		PRSharedMemory *shm = create("/life/a");
		char *memory = PR_AttachSharedMemory(shm, i % 2 ? PR_SHM_READONLY : 0);

		ck_assert_msg(memory != NULL, "attach: %s", PR_ErrorToString(PR_GetError(), 0));
		ck_assert_int_eq(PR_DetachSharedMemory(shm, memory), PR_SUCCESS);
		ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	}
	storm(false);
	client_await_holders("/life/a", 0);
}

static void stop_and_go_on(pid_t broker)
{
	const struct timespec pause = {.tv_nsec = 20000000};

	kill(broker, SIGSTOP);
	nanosleep(&pause, NULL);
	kill(broker, SIGCONT);
	nanosleep(&pause, NULL);
}

TEST(a_signal_while_the_broker_is_slow_is_waited_out)
{
	pid_t child = fork();

	if (child == 0) {
		for (int i = 0; i < 20; i++)
			stop_and_go_on(client_broker.pid);
		_exit(0);
	}
	storm(true);
	for (int i = 0; i < OPENS; i++)
		PR_CloseSharedMemory(create("/life/a"));
	storm(false);
	process_join(child);
}

static int connect_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, path);
	ck_assert_int_eq(connect(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	return fd;
}

FIXTURE(NULL, NULL, .uncounted = true); /* brokers of their own, or none */

/*
 * The fake one serves a client at a time, and has room for one more to wait; a third one waits in
 * connect(2) itself.
 */
TEST(a_signal_while_the_brokers_queue_is_full_is_waited_out)
{
	const struct timespec pause = {.tv_nsec = 300000000};
	struct fake_broker fake;
	int served;
	int waiting;
	pid_t child;

	fake_broker_start(&fake, NULL, 0, 0);
	served = connect_to(fake.socket);
	waiting = connect_to(fake.socket);
	child = fork();
	if (child == 0) { /* has no timer: fork(2) */
		nanosleep(&pause, NULL);
		_exit(0);
	}
	close(served);
	close(waiting);
	storm(true);
	PR_CloseSharedMemory(create("/life/a"));
	storm(false);
	process_join(child);
	fake_broker_stop(&fake);
}
