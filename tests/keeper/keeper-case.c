/* SPDX-License-Identifier: MIT */
/* A real prshm-keeper and the broker's side of its links. */
#include "tests/keeper/keeper-case.h"

#include <check.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/process.h"

#include "wire/wire.h"

#define ARGUMENTS_MAX 8
#define CARELESS_FD   9 /* left open by who starts the keeper */

struct keeper_place keeper_place;

static struct sockaddr_un address_of(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	ck_assert_uint_lt(strlen(path), sizeof(address.sun_path));
	memcpy(address.sun_path, path, strlen(path));
	return address;
}

void keeper_place_setup(void)
{
	struct keeper_place *place = &keeper_place;
	struct sockaddr_un address;

	snprintf(place->directory, sizeof(place->directory), "/tmp/prshm-keeper.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(place->directory));
	snprintf(place->socket, sizeof(place->socket), "%.60s/passed.sock", place->directory);
	snprintf(place->own, sizeof(place->own), "%.60s/own.sock", place->directory);
	snprintf(place->log, sizeof(place->log), "%.60s/log", place->directory);
	address = address_of(place->socket);
	place->listener = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	ck_assert_int_eq(bind(place->listener, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(place->listener, 8), 0);
}

void keeper_place_teardown(void)
{
	DIR *directory = opendir(keeper_place.directory);
	struct dirent *entry;

	if (keeper_place.pid > 0) {
		kill(keeper_place.pid, SIGKILL);
		keeper_wait();
	}
	close(keeper_place.listener);
	while ((entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	closedir(directory);
	rmdir(keeper_place.directory);
}

static void run(const char *const *given, int passed)
{
	const char *builddir = getenv("top_builddir");
	char *arguments[ARGUMENTS_MAX + 2] = {(char *)"prshm-keeper"};
	char program[4096];
	int log = open(keeper_place.log, O_WRONLY | O_CREAT | O_APPEND, 0600);

	snprintf(program, sizeof(program), "%s/prshm-keeper", builddir ? builddir : ".");
	for (size_t i = 0; given && i < ARGUMENTS_MAX && given[i]; i++)
		arguments[i + 1] = (char *)given[i];
	process_forget_test();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	dup2(log, STDOUT_FILENO);
	dup2(log, STDERR_FILENO);
	if (passed >= 0) {
		char pid[16];

		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
		if (passed != 3)
			dup2(passed, 3);
		fcntl(3, F_SETFD, 0);
	}
	close_range(passed >= 0 ? 4 : 3, ~0U, CLOSE_RANGE_CLOEXEC);
	dup2(log, CARELESS_FD);
	execv(program, arguments);
	_exit(126);
}

void keeper_run(const char *const *arguments, int passed)
{
	fflush(NULL);
	keeper_place.pid = fork();
	ck_assert_int_ge(keeper_place.pid, 0);
	if (keeper_place.pid == 0)
		run(arguments, passed);
}

void keeper_start(void)
{
	keeper_run(NULL, keeper_place.listener);
}

int keeper_wait(void)
{
	const int status = process_wait(keeper_place.pid);

	keeper_place.pid = 0;
	return status;
}

int keeper_stop(void)
{
	ck_assert_int_eq(kill(keeper_place.pid, SIGTERM), 0);
	return keeper_wait();
}

void keeper_await_log(const char *text)
{
	process_await_said(keeper_place.log, text, 1);
}

size_t keeper_count_fds(void)
{
	return process_count_fds(keeper_place.pid);
}

int link_connect(const char *path)
{
	const struct sockaddr_un address = address_of(path);
	int link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	ck_assert_int_ge(link, 0);
	AWAIT_TOLD(connect(link, (const struct sockaddr *)&address, sizeof(address)) == 0 ||
			   (errno != ENOENT && errno != ECONNREFUSED),
		path);
	return link;
}

void link_greeted(int link)
{
	struct keeper_message hello;
	char path[64];
	char line[64];
	int pid = 0;
	FILE *info;

	ck_assert_int_eq(keeper_receive(link, &hello, 0), 0);
	ck_assert_int_eq(hello.op, KEEPER_HELLO);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", hello.fd);
	info = fopen(path, "re");
	ck_assert_ptr_nonnull(info);
	while (fgets(line, sizeof(line), info))
		sscanf(line, "Pid: %d", &pid);
	fclose(info);
	close(hello.fd);
	ck_assert_int_eq(pid, keeper_place.pid);
}

int link_open(void)
{
	int link = link_connect(keeper_place.socket);

	link_greeted(link);
	return link;
}

void link_put(int link, uint64_t id, off_t size)
{
	int fd = memfd_create("kept", MFD_CLOEXEC);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, size), 0);
	ck_assert_int_eq(keeper_send(link,
				 &(struct keeper_message){.op = KEEPER_PUT, .id = id, .fd = fd}, 0),
		0);
	close(fd);
}

void link_say(int link, enum keeper_op op, uint64_t id)
{
	ck_assert_int_eq(
		keeper_send(link, &(struct keeper_message){.op = op, .id = id, .fd = -1}, 0), 0);
}

size_t link_take(int link, uint64_t after, uint64_t *ids, off_t *sizes, size_t max)
{
	struct keeper_message message;
	size_t count = 0;

	link_say(link, KEEPER_TAKE, after);
	for (;;) {
		struct stat st;

		ck_assert_int_eq(keeper_receive(link, &message, 0), 0);
		if (message.op == KEEPER_END)
			break;
		ck_assert_int_eq(message.op, KEEPER_HELD);
		ck_assert_uint_gt(message.id, after);
		ck_assert_uint_lt(count, max);
		ck_assert_int_eq(fstat(message.fd, &st), 0);
		close(message.fd);
		after = message.id;
		ids[count] = message.id;
		sizes[count++] = st.st_size;
	}
	ck_assert_uint_eq(message.count, count);
	ck_assert_uint_le(count, KEEPER_BATCH);
	return count;
}

size_t link_take_all(int link, uint64_t *ids, off_t *sizes, size_t max)
{
	size_t count = 0;
	size_t came;

	do {
		came = link_take(link, count > 0 ? ids[count - 1] : 0, ids + count, sizes + count,
			max - count);
		count += came;
	} while (came == KEEPER_BATCH);
	return count;
}

void link_ends(int link)
{
	struct keeper_message message;
	int error;

	while ((error = keeper_receive(link, &message, 0)) == 0) {
		if (message.fd >= 0)
			close(message.fd);
	}
	ck_assert_int_eq(error, -ECONNRESET);
	close(link);
}
