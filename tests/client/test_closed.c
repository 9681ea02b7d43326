/* SPDX-License-Identifier: MIT */
/*
 * A program that closes all descriptors after its first call, and opens sockets and timers of its
 * own that get the numbers. The library uses none of these, waits for none, and connects again.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"
#include "prshm-client.h"
#include "prshma.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define FIRST 3
#define LAST  40 /* more numbers than the library uses */

static const char nonsense[] = "nonsense";

/* What the program has of the library when it closes all descriptors. */
static PRSharedMemory *handle;
static PRFileMap *map;
static PRProcessAttr *attr;
static struct prshm_watcher *watch;

/* The program's own: pairs in FIRST..LAST, so that each number is a socket with a peer. */
static bool is_talking;
static atomic_bool is_over;

/* In a child that has no descriptor to tell by: the line is its exit status. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ % 256);                                                     \
	} while (0)

static bool open_named(const char *name, PRSharedMemory **out)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE,
		.size = 4096,
		.rights.mode = 0600,
	};

	return prshm_open(name, &options, out) == PRSHM_OK;
}

static void open_everything(void)
{
	EXPECT(open_named("/closed/before", &handle));
	EXPECT(PR_DetachSharedMemory(handle, PR_AttachSharedMemory(handle, PR_SHM_READONLY)) ==
		PR_SUCCESS);
	map = PR_OpenAnonFileMap(NULL, 4096, PR_PROT_READWRITE);
	attr = PR_NewProcessAttr();
	EXPECT(map && attr);
	EXPECT(PR_ProcessAttrSetInheritableFileMap(attr, map, "map") == PR_SUCCESS);
	EXPECT(prshm_watch("/closed", PRSHM_EVENT_ALL, 0, &watch) == PRSHM_OK);
}

static void *talk(void *unused)
{
	while (!atomic_load(&is_over)) {
		for (int fd = FIRST; fd <= LAST; fd++)
			send(fd, nonsense, sizeof(nonsense), MSG_DONTWAIT | MSG_NOSIGNAL);
		usleep(1000);
	}
	return unused;
}

static void open_own_sockets(int type)
{
	int pair[2];

	closefrom(FIRST);
	for (int fd = FIRST; fd <= LAST; fd += 2) {
		EXPECT(socketpair(AF_UNIX, type, 0, pair) == 0);
		EXPECT(pair[0] == fd && pair[1] == fd + 1);
	}
}

/* Nothing but the program's own bytes is in its sockets, and each is open. */
static void expect_own_sockets_untouched(void)
{
	char bytes[4096];
	ssize_t length;

	for (int fd = FIRST; fd <= LAST; fd++) {
		while ((length = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT)) > 0)
			EXPECT(is_talking && bytes[0] == 'n' &&
				(size_t)length % sizeof(nonsense) == 0);
		EXPECT(length < 0 && errno == EAGAIN);
	}
}

static bool failed_with(PRErrorCode code)
{
	return PR_GetError() == code;
}

/* Each call that needs a descriptor which is gone says so. */
static void expect_handles_are_lost(void)
{
	char *const arguments[] = {(char *)"true", NULL};
	char string[PR_FILEMAP_STRING_BUFSIZE];
	struct prshm_event event;

	EXPECT(!PR_AttachSharedMemory(handle, 0) && failed_with(PR_BAD_DESCRIPTOR_ERROR));
	EXPECT(!PR_MemMap(map, 0, 4096) && failed_with(PR_BAD_DESCRIPTOR_ERROR));
	EXPECT(PR_ExportFileMapAsString(map, sizeof(string), string) == PR_FAILURE &&
		failed_with(PR_BAD_DESCRIPTOR_ERROR));
	EXPECT(PR_ProcessAttrSetInheritableFileMap(attr, map, "again") == PR_FAILURE &&
		failed_with(PR_BAD_DESCRIPTOR_ERROR));
	EXPECT(!PR_CreateProcess("/bin/true", arguments, NULL, attr) &&
		failed_with(PR_BAD_DESCRIPTOR_ERROR));
	EXPECT(prshm_watch_next(watch, &event) == PRSHM_INVALID);
}

static void close_everything(void)
{
	prshm_watch_free(watch);
	PR_DestroyProcessAttr(attr);
	EXPECT(PR_CloseFileMap(map) == PR_SUCCESS);
	EXPECT(PR_CloseSharedMemory(handle) == PR_SUCCESS);
}

static void use_library_after_closefrom(int type)
{
	PRSharedMemory *after;
	pthread_t talker;

	open_everything();
	open_own_sockets(type);
	EXPECT(!is_talking || pthread_create(&talker, NULL, talk, NULL) == 0);
	EXPECT(open_named("/closed/after", &after));
	EXPECT(PR_DetachSharedMemory(after, PR_AttachSharedMemory(after, 0)) == PR_SUCCESS);
	expect_handles_are_lost();
	close_everything();
	EXPECT(PR_CloseSharedMemory(after) == PR_SUCCESS);
	atomic_store(&is_over, true);
	EXPECT(!is_talking || pthread_join(talker, NULL) == 0);
	expect_own_sockets_untouched();
}

static const int types[] = {SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET};

FIXTURE(CLIENT_FIXTURE);

/* In a child, which has no descriptor of the test's to lose. */
TEST_LOOP(a_socket_in_place_of_the_connection_is_left_alone, 6)
{
	pid_t child = fork();

	is_talking = _i >= 3;
	if (child == 0) {
		alarm(100);
		use_library_after_closefrom(types[_i % 3]);
		_exit(0);
	}
	process_join(child);
}

static void lose_the_broker(void)
{
	struct prshm_event event;
	enum prshm_result result;

	unlink(client_broker.socket); /* else the watch connects again to the listening socket */
	kill(client_broker.pid, SIGKILL);
	do
		result = prshm_watch_next(watch, &event);
	while (result == PRSHM_AGAIN || result == PRSHM_OK);
	EXPECT(result != PRSHM_INVALID);
}

/* A timer is what a watch waits for while there is no broker. */
static void use_watch_after_closefrom(void)
{
	const struct itimerspec soon = {.it_value = {.tv_nsec = 1}, .it_interval = {.tv_sec = 100}};
	struct prshm_event event;
	uint64_t times;

	EXPECT(prshm_watch("/closed", PRSHM_EVENT_ALL, 0, &watch) == PRSHM_OK);
	lose_the_broker();
	closefrom(FIRST);
	for (int fd = FIRST; fd <= LAST; fd++) {
		EXPECT(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK) == fd);
		EXPECT(timerfd_settime(fd, 0, &soon, NULL) == 0);
	}
	EXPECT(prshm_watch_next(watch, &event) == PRSHM_INVALID);
	prshm_watch_free(watch);
	for (int fd = FIRST; fd <= LAST; fd++) {
		while (read(fd, &times, sizeof(times)) < 0)
			EXPECT(errno == EAGAIN);
		EXPECT(times == 1);
	}
}

TEST(a_timer_in_place_of_a_watch_is_left_alone)
{
	pid_t child = fork();
	int status;

	if (child == 0) {
		alarm(100);
		use_watch_after_closefrom();
		_exit(0);
	}
	process_join(child);
	ck_assert_int_eq(waitpid(client_broker.pid, &status, 0), client_broker.pid);
	client_broker.pid = 0;
}
