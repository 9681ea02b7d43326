/* SPDX-License-Identifier: MIT */
/*
 * Stands in for a broker that prshm-keeper starts: "stand-in DIRECTORY HOW" adds a line to
 * DIRECTORY/record that tells how it finds itself; then it waits,
 * leaves, puts something and dies, or just dies, as HOW says.
 */
#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "wire/keeper.h"

#define LINK 3 /* where a broker finds it */

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static void list_fds(char *out, size_t size)
{
	DIR *directory = opendir("/proc/self/fd");
	struct dirent *entry;
	size_t length = 0;

	while ((entry = readdir(directory))) {
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory))
			length +=
				(size_t)snprintf(out + length, size - length, " %s", entry->d_name);
	}
	closedir(directory);
}

/* The masks of /proc/self/status have a bit a signal. */
static unsigned long signals(const char *name)
{
	FILE *file = fopen("/proc/self/status", "re");
	unsigned long bits = 0;
	char line[256];

	while (fgets(line, sizeof(line), file)) {
		if (strncmp(line, name, strlen(name)) == 0)
			bits = strtoul(line + strlen(name) + 1, NULL, 16);
	}
	fclose(file);
	return bits & 0x7fffffff; /* those above are the C library's own affair */
}

/* All that the keeper has is asked for, and closed. */
static unsigned int count_held(void)
{
	struct keeper_message take = {.op = KEEPER_TAKE, .fd = -1};
	struct keeper_message message = {.op = KEEPER_HELLO};
	unsigned int count = 0;

	keeper_send(LINK, &take, 0);
	while (message.op != KEEPER_END && keeper_receive(LINK, &message, 0) == 0) {
		if (message.fd >= 0)
			close(message.fd);
		if (message.op == KEEPER_END)
			count += message.count;
	}
	return count;
}

int main(int argc, char **argv)
{
	const struct keeper_message leave = {.op = KEEPER_LEAVE, .fd = -1};
	const struct keeper_message put = {.op = KEEPER_PUT, .id = 1, .fd = STDIN_FILENO};
	char path[128];
	char fds[256] = "";
	char line[512];
	int fd;

	if (argc != 3)
		return 2;
	list_fds(fds, sizeof(fds));
	snprintf(line, sizeof(line),
		"%d mine=%d fds=%s names=%s blocked=%lx ignored=%lx open=%s held=%u\n",
		(int)getpid(), atoi(environment("LISTEN_PID")) == getpid(),
		environment("LISTEN_FDS"), environment("LISTEN_FDNAMES"), signals("SigBlk"),
		signals("SigIgn"), fds, count_held());
	snprintf(path, sizeof(path), "%s/record", argv[1]);
	fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0 || write(fd, line, strlen(line)) < 0)
		return 1;
	if (strcmp(argv[2], "leave") == 0)
		keeper_send(LINK, &leave, 0);
	else if (strcmp(argv[2], "put") == 0)
		keeper_send(LINK, &put, 0);
	else if (strcmp(argv[2], "wait") == 0)
		poll(&(struct pollfd){.fd = LINK}, 1, -1); /* for the keeper's end */
	return 0;
}
