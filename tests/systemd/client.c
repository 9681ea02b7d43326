/* SPDX-License-Identifier: MIT */
/*
 * A client that does what its arguments say, one after the other, and ends with status 1 at the
 * first call that fails.
 *
 *	create NAME MODE TEXT   a page with that text; it stays open
 *	read NAME               the text, and what the descriptor could be used for
 *	stat NAME               owner, group, mode and holders
 *	fill PREFIX COUNT       pages PREFIX/1 to PREFIX/COUNT, each with its name; they stay
 *	filled PREFIX COUNT     fails if one of them is not there, or has not its name in it
 *	wait                    says "waiting", and waits for a line
 */
#include <errno.h>
#include <fcntl.h>
#include <prshm-client.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define SIZE 4096

static int check(const char *what, const char *name, enum prshm_result result)
{
	if (result == PRSHM_OK)
		return 0;
	printf("%s %s: %s\n", what, name, prshm_strerror(result));
	return -1;
}

static int create(char **arguments)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE,
		.size = SIZE,
		.rights.mode = (mode_t)strtoul(arguments[1], NULL, 8),
	};
	PRSharedMemory *handle = NULL;
	char *text;

	if (check("create", arguments[0], prshm_open(arguments[0], &options, &handle)) < 0)
		return -1;
	text = PR_AttachSharedMemory(handle, 0);
	if (!text) {
		printf("attach %s: failed\n", arguments[0]);
		return -1;
	}
	snprintf(text, SIZE, "%s", arguments[2]);
	return 0;
}

/* Past the library: what a process could make of the descriptor that came over the socket. */
static void print_uses(int fd)
{
	void *writable = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	char path[64];
	int again;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	again = open(path, O_RDWR | O_CLOEXEC);
	printf(" map-to-write=%s reopen-to-write=%s\n", writable == MAP_FAILED ? "no" : "yes",
		again < 0 ? "no" : "yes");
}

static int read_text(char **arguments)
{
	const struct prshm_options options = {.flags = PRSHM_READONLY};
	PRSharedMemory *handle = NULL;
	const char *text;

	if (check("read", arguments[0], prshm_open(arguments[0], &options, &handle)) < 0)
		return -1;
	text = PR_AttachSharedMemory(handle, PR_SHM_READONLY);
	if (!text) {
		printf("attach %s: failed\n", arguments[0]);
		return -1;
	}
	printf("%s: text=%s", arguments[0], text);
	print_uses(prshm_fd(handle));
	return 0;
}

static int print_stat(char **arguments)
{
	struct prshm_segment found;

	if (check("stat", arguments[0], prshm_stat(arguments[0], &found)) < 0)
		return -1;
	printf("%s: uid=%u gid=%u mode=%04o holders=%u\n", arguments[0], (unsigned int)found.uid,
		(unsigned int)found.gid, (unsigned int)found.rights.mode,
		(unsigned int)found.holders);
	return 0;
}

static int each(const char *prefix, const char *count, unsigned int flags)
{
	const struct prshm_options options = {.flags = flags, .size = SIZE, .rights.mode = 0600};

	for (unsigned long i = 1; i <= strtoul(count, NULL, 10); i++) {
		PRSharedMemory *handle = NULL;
		char name[64];
		char *text;

		snprintf(name, sizeof(name), "%s/%lu", prefix, i);
		if (check("open", name, prshm_open(name, &options, &handle)) < 0)
			return -1;
		text = PR_AttachSharedMemory(handle, 0);
		if (text && flags & PRSHM_CREATE)
			snprintf(text, SIZE, "%s", name);
		if (!text || strcmp(text, name) != 0) {
			printf("%s: not what was written\n", name);
			return -1;
		}
		PR_DetachSharedMemory(handle, text);
		PR_CloseSharedMemory(handle);
	}
	return 0;
}

static int fill(char **arguments)
{
	return each(arguments[0], arguments[1], PRSHM_CREATE | PRSHM_EXCL);
}

static int filled(char **arguments)
{
	return each(arguments[0], arguments[1], 0);
}

static int wait_for_line(char **arguments)
{
	char line[16];

	(void)arguments;
	puts("waiting");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin) ? 0 : -1;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int arguments;
		int (*act)(char **arguments);
	} commands[] = {
		{"create", 3, create},
		{"read", 1, read_text},
		{"stat", 1, print_stat},
		{"fill", 2, fill},
		{"filled", 2, filled},
		{"wait", 0, wait_for_line},
	};
	const size_t count = sizeof(commands) / sizeof(*commands);
	int next = 1;

	while (next < argc) {
		size_t i = 0;

		while (i < count && strcmp(argv[next], commands[i].name) != 0)
			i++;
		if (i == count || commands[i].arguments > argc - next - 1) {
			fprintf(stderr, "client: %s: no such command, or too few arguments\n",
				argv[next]);
			return 2;
		}
		if (commands[i].act(argv + next + 1) < 0)
			return 1;
		next += 1 + commands[i].arguments;
	}
	return 0;
}
