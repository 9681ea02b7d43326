/* SPDX-License-Identifier: MIT */
/* A keeper's state, from /proc. */
#include "daemon/keeper-state.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "base/clock.h"

/* Milliseconds without room for a message. */
#define STUCK_MS 1000 /* and never seen busy */
#define BUSY_MS  5000 /* busy or not: half of what a client waits for an answer */

static bool read_file(const char *path, char *text, size_t size)
{
	const int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length;

	if (fd < 0)
		return false;
	length = read(fd, text, size - 1);
	close(fd);
	if (length < 0)
		return false;
	text[length] = '\0';
	return true;
}

/* 0 or less: the process has ended, or is none of ours to see. */
static long pid_of(int pidfd)
{
	static const char key[] = "\nPid:";
	char path[64];
	char text[512];
	const char *line;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", pidfd);
	if (pidfd < 0 || !read_file(path, text, sizeof(text)))
		return -1;
	line = strstr(text, key);
	return line ? strtol(line + sizeof(key) - 1, NULL, 10) : -1;
}

/*
 * Whether the keeper runs, waits for a processor, or is in the kernel where no signal reaches it.
 * Stopped, asleep, dead, or not to be seen (a pidfd of -1, another user's with hidepid): false.
 *
 * The third field of /proc/PID/stat is the state of the main thread, which reads the link: the
 * reaper's does not matter. The second field is a name in parentheses, which may have parentheses
 * itself.
 */
static bool is_busy(int pidfd)
{
	const long pid = pid_of(pidfd);
	char path[64];
	char text[512];
	const char *state;

	snprintf(path, sizeof(path), "/proc/%ld/stat", pid);
	if (pid <= 0 || !read_file(path, text, sizeof(text)))
		return false;
	state = strrchr(text, ')');
	return state && (strncmp(state, ") R", 3) == 0 || strncmp(state, ") D", 3) == 0);
}

bool keeper_is_stuck(int pidfd, struct keeper_wait *wait)
{
	const int64_t now = clock_milliseconds();

	if (wait->since == 0)
		*wait = (struct keeper_wait){.since = now, .busy = now};
	else if (is_busy(pidfd))
		wait->busy = now;
	return now >= wait->busy + STUCK_MS || now >= wait->since + BUSY_MS;
}
