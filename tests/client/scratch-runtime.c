/* SPDX-License-Identifier: MIT */
/* A place for a user's broker of the test's own; scratch-runtime.h tells the idea. */
#include "tests/client/scratch-runtime.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "client-lib/locate.h"

#define BROKER_SECONDS 60

struct scratch_runtime scratch_runtime;

const char *scratch_runtime_system_broker(void)
{
	if (access(LOCATE_SYSTEM_SOCKET, F_OK) != 0)
		return NULL;
	return "the system has a broker, and every program goes to that one";
}

/* By the inode of its socket, which proc_net(5) tells with the path. 0: nobody listens. */
static unsigned long find_listening_socket(void)
{
	FILE *sockets = fopen("/proc/net/unix", "re");
	char line[512];
	unsigned long found = 0;

	ck_assert_ptr_nonnull(sockets);
	while (fgets(line, sizeof(line), sockets)) {
		char path[256] = "";
		unsigned int flags;
		unsigned long inode;

		if (sscanf(line, "%*s %*s %*s %x %*s %*s %lu %255s", &flags, &inode, path) < 3 ||
			!(flags & 0x10000) || strcmp(path, scratch_runtime.socket) != 0)
			continue;
		ck_assert_msg(found == 0, "two sockets listen at %s", path);
		found = inode;
	}
	fclose(sockets);
	return found;
}

static bool is_prshmd(const char *pid)
{
	char path[64];
	char name[32] = "";
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%.16s/comm", pid);
	file = fopen(path, "re");
	if (!file)
		return false;
	if (!fgets(name, sizeof(name), file))
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "prshmd\n") == 0;
}

static bool has_socket(const char *pid, unsigned long inode)
{
	char expected[64];
	char path[64];
	bool found = false;

	snprintf(expected, sizeof(expected), "socket:[%lu]", inode);
	for (int fd = 3; fd < 64 && !found; fd++) {
		char target[64] = "";

		snprintf(path, sizeof(path), "/proc/%.16s/fd/%d", pid, fd);
		found = readlink(path, target, sizeof(target) - 1) > 0 &&
			strcmp(target, expected) == 0;
	}
	return found;
}

pid_t scratch_runtime_broker(void)
{
	unsigned long inode = find_listening_socket();
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t found = 0;

	ck_assert_ptr_nonnull(processes);
	while (inode > 0 && (entry = readdir(processes))) {
		const pid_t pid = (pid_t)atoi(entry->d_name);

		if (!isdigit((unsigned char)entry->d_name[0]) || !is_prshmd(entry->d_name) ||
			!has_socket(entry->d_name, inode))
			continue;
		/* The broker's child is one like it until it has become its keeper. */
		if (found == 0 || pid < found)
			found = pid;
	}
	closedir(processes);
	return found;
}

/* Not until it is reaped: that is init's business, and some containers' init does not. */
void scratch_runtime_kill(pid_t broker, int signal_number)
{
	struct pollfd ended = {
		.fd = (int)syscall(SYS_pidfd_open, broker, 0),
		.events = POLLIN,
	};

	ck_assert_int_ge(ended.fd, 0);
	ck_assert_int_eq(kill(broker, signal_number), 0);
	ck_assert_int_eq(poll(&ended, 1, BROKER_SECONDS * 1000), 1);
	close(ended.fd);
}

void scratch_runtime_set_up(void)
{
	const char *builddir = getenv("top_builddir");
	char *daemon = NULL;
	char relative[4096];

	snprintf(relative, sizeof(relative), "%s/prshmd", builddir ? builddir : ".");
	daemon = realpath(relative, NULL);
	ck_assert_msg(daemon != NULL, "%s: %m", relative);
	setenv("PRSHM_DAEMON", daemon, 1);
	free(daemon);
	snprintf(scratch_runtime.directory, sizeof(scratch_runtime.directory),
		"/tmp/prshm-runtime.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scratch_runtime.directory));
	snprintf(scratch_runtime.socket, sizeof(scratch_runtime.socket), "%s/prshm/broker.sock",
		scratch_runtime.directory);
	setenv("XDG_RUNTIME_DIR", scratch_runtime.directory, 1);
	unsetenv("PRSHM_SOCKET");
	unsetenv("PRSHM_AUTOSTART");
}

void scratch_runtime_tear_down(void)
{
	static const char *const files[] = {
		"prshm/broker.sock",
		"prshm/broker.sock.log",
		"prshm/broker.sock.start",
		"prshm",
		"",
	};
	pid_t broker = scratch_runtime_broker();
	char path[128];

	if (broker > 0)
		scratch_runtime_kill(broker, SIGTERM);
	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", scratch_runtime.directory, files[i]);
		remove(path);
	}
	ck_assert_msg(access(scratch_runtime.directory, F_OK) < 0, "something is left in %s",
		scratch_runtime.directory);
}
