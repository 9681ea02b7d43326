/* SPDX-License-Identifier: MIT */
/* Runs cases, each in a child of its own; and what they all do. */
#include "tests/posix/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct posix_case *all;

void cases_register(struct posix_case *added)
{
	added->next = all;
	all = added;
}

void cases_fail(const char *file, int line, const char *what)
{
	const int error = errno;

	printf("# %s:%d: %s does not hold (errno %d, %s)\n", file, line, what, error,
		strerror(error));
	fflush(stdout);
	_exit(1);
}

int cases_make(const char *name, off_t size)
{
	const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);

	must(fd >= 0);
	must(ftruncate(fd, size) == 0);
	return fd;
}

char *cases_map(int fd, size_t size)
{
	char *bytes = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	must(bytes != MAP_FAILED);
	return bytes;
}

off_t cases_size(int fd)
{
	struct stat st;

	must(fstat(fd, &st) == 0);
	return st.st_size;
}

const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/dev/shm%s", name);
	return path;
}

static bool is_wanted(const struct posix_case *one, int count, char **arguments)
{
	for (int i = 1; i < count; i++) {
		if (strcmp(arguments[i], one->title) == 0)
			return true;
	}
	return count < 2;
}

static bool run(const struct posix_case *one)
{
	char name[64];
	int status = -1;
	pid_t child;

	snprintf(name, sizeof(name), "/posix-case-%d", (int)getpid());
	fflush(stdout);
	child = fork();
	if (child == 0) {
		one->run(name);
		_exit(0);
	}
	waitpid(child, &status, 0);
	shm_unlink(name);
	if (WIFSIGNALED(status))
		printf("# signal %d\n", WTERMSIG(status));
	return status == 0;
}

int cases_run(int count, char **arguments)
{
	int number = 0;
	int failed = 0;

	for (const struct posix_case *one = all; one; one = one->next) {
		bool good;

		if (!is_wanted(one, count, arguments))
			continue;
		good = run(one);
		failed += !good;
		printf("%sok %d - %s\n", good ? "" : "not ", ++number, one->title);
	}
	printf("1..%d\n", number);
	return failed > 0;
}
