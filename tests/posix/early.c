/* SPDX-License-Identifier: MIT */
/*
 * A library whose constructor makes objects and forks, as that of LTTng does. Where no library
 * depends on the other, it runs before the constructors of libprshm-posix. Loaded before another
 * program; what does not hold ends that program. With EARLY_HANDLERS objects are used whenever the
 * program forks, in both processes, while libprshm-posix is kept from changing.
 */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 4096

static void must(int holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "early: %s\n", what);
	_exit(1);
}

static void make(const char *name)
{
	const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);

	must(fd >= 0 && ftruncate(fd, SIZE) == 0 && close(fd) == 0, name);
}

/* The original has asked the broker before; then both ask. */
static void child_makes(const char *name)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		make(name);
		_exit(0);
	}
	must(waitpid(child, &status, 0) == child && status == 0, "the child ends");
}

static void closed_number_is_free(void)
{
	const int fd = shm_open("/posix-early", O_RDWR, 0);
	struct stat st;

	must(fd >= 0 && close(fd) == 0, "closed");
	must(open("/dev/null", O_RDWR) == fd, "the number is the next one");
	must(fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && close(fd) == 0, "it is a device");
}

static int kept = -1; /* by the last handler, for the next one */

static void use_objects(void)
{
	struct stat st;
	char name[32], *bytes;
	int fd;

	snprintf(name, sizeof(name), "/posix-early-%d", (int)getpid());
	fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);
	must(fd >= 0 && ftruncate(fd, SIZE) == 0, "made in a handler");
	bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(bytes != MAP_FAILED && munmap(bytes, SIZE) == 0, "mapped in a handler");
	must(shm_unlink(name) == 0, "removed in a handler");
	must(kept < 0 || (fstat(kept, &st) == 0 && st.st_size == SIZE), "kept by the last handler");
	must(kept < 0 || close(kept) == 0, "closed in a handler");
	kept = fd;
}

__attribute__((constructor)) static void act(void)
{
	struct stat st;
	int fd;

	if (getenv("EARLY_HANDLERS"))
		pthread_atfork(use_objects, use_objects, use_objects);
	if (!getenv("EARLY"))
		return;
	unsetenv("EARLY"); /* the program may start others */
	must(shm_open("/posix-early-child", O_RDONLY, 0) < 0, "there is none");
	make("/posix-early");
	child_makes("/posix-early-child");
	fd = shm_open("/posix-early-child", O_RDONLY, 0);
	must(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == SIZE && close(fd) == 0, "child's");
	closed_number_is_free();
	if (getenv("PRSHM_POSIX_PATHS")) {
		fd = open("/dev/shm/posix-early-path", O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
		must(fd >= 0, "by a path");
	}
}
