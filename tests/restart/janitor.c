/* SPDX-License-Identifier: MIT */
/* The processes of a test, and their end; janitor.h tells the idea. */
#include "tests/restart/janitor.h"

#include <check.h>
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/restart/restart-case.h"

void janitor_copy(const char *program)
{
	const char *builddir = getenv("top_builddir");
	char path[4096];
	struct stat st;
	int from;
	int to;

	snprintf(path, sizeof(path), "%s/%s", builddir ? builddir : ".", program);
	from = open(path, O_RDONLY | O_CLOEXEC);
	ck_assert_msg(from >= 0, "%s: no such program", path);
	snprintf(path, sizeof(path), "%s/%s", place.directory,
		strrchr(program, '/') ? strrchr(program, '/') + 1 : program);
	to = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0755);
	ck_assert_int_ge(to, 0);
	ck_assert_int_eq(fchmod(to, 0755), 0);
	ck_assert_int_eq(fstat(from, &st), 0);
	while (st.st_size > 0) {
		const ssize_t sent = sendfile(to, from, NULL, (size_t)st.st_size);

		ck_assert_int_gt(sent, 0);
		st.st_size -= sent;
	}
	close(from);
	close(to);
}

/* A zombie has no program any more. */
static bool runs(const char *pid, const char *program)
{
	const size_t length = strlen(place.directory);
	char path[64];
	char target[512];
	ssize_t got;

	snprintf(path, sizeof(path), "/proc/%.20s/exe", pid);
	got = readlink(path, target, sizeof(target) - 1);
	if (got < 0)
		return false;
	target[got] = '\0';
	return strncmp(target, place.directory, length) == 0 && target[length] == '/' &&
	       (!program || strcmp(target + length + 1, program) == 0);
}

size_t janitor_scan(const char *program, pid_t *pid)
{
	DIR *directory = opendir("/proc");
	struct dirent *entry;
	size_t count = 0;

	while (directory && (entry = readdir(directory))) {
		if (!isdigit((unsigned char)entry->d_name[0]) || !runs(entry->d_name, program))
			continue;
		count++;
		if (pid)
			*pid = atoi(entry->d_name);
	}
	if (directory)
		closedir(directory);
	return count;
}

static void kill_all(void)
{
	pid_t pid;

	/* One starts the other again, until none is left to do so. */
	while (janitor_scan(NULL, &pid) > 0) {
		kill(pid, SIGKILL);
		usleep(500);
	}
}

static void show_log(void)
{
	FILE *file = fopen(place.log, "re");
	char line[1024];

	while (file && fgets(line, sizeof(line), file))
		fprintf(stderr, "# %s", line);
	if (file)
		fclose(file);
}

static void remove_all(void)
{
	DIR *directory = opendir(place.directory);
	struct dirent *entry;

	while (directory && (entry = readdir(directory)))
		unlinkat(dirfd(directory), entry->d_name, 0);
	if (directory)
		closedir(directory);
	rmdir(place.directory);
}

/* Out of the test's process group, which check kills when the time is over. */
__attribute__((noreturn)) static void tidy_up(int fd)
{
	char byte;
	bool well;

	setsid();
	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	well = read(fd, &byte, 1) == 1;
	kill_all();
	if (!well)
		show_log();
	remove_all();
	_exit(0);
}

void janitor_begin(void)
{
	int ends[2];

	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	fflush(NULL);
	place.janitor = fork();
	ck_assert_int_ge(place.janitor, 0);
	if (place.janitor == 0) {
		close(ends[1]);
		tidy_up(ends[0]);
	}
	close(ends[0]);
	place.janitor_fd = ends[1];
}

int janitor_end(bool well)
{
	int status = -1;

	if (well && write(place.janitor_fd, "+", 1) != 1)
		return -1;
	close(place.janitor_fd);
	place.janitor_fd = -1;
	if (waitpid(place.janitor, &status, 0) != place.janitor)
		return -1;
	while (waitpid(-1, NULL, WNOHANG) > 0) /* who came to us as orphans */
		;
	return status;
}
