/* SPDX-License-Identifier: MIT */
/*
 * What programs of other kinds do with an object: robots' middleware, streams, loops that wait for
 * a size, calls that go round the C library. All of it holds on tmpfs, too.
 */
#include "tests/posix/cases.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 8192

CASE(locked_opened_to_all_and_sized_twice)
{
	const int fd = cases_make(name, SIZE);
	const int other = shm_open(name, O_RDWR, 0);
	struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
	struct stat st;

	must(fchmod(fd, 0666) == 0 && fstat(other, &st) == 0 && (st.st_mode & 0777) == 0666);
	must(flock(fd, LOCK_EX) == 0);
	fails(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
	must(flock(fd, LOCK_UN) == 0 && flock(other, LOCK_EX | LOCK_NB) == 0);
	must(fcntl(other, F_SETLK, &lock) == 0);
	must(ftruncate(fd, SIZE) == 0 && ftruncate(other, SIZE) == 0);
}

CASE(a_stream_sizes_it_and_closes_it)
{
	const int fd = cases_make(name, 0);
	FILE *stream = fdopen(fd, "w+");
	char text[8];
	struct stat st;
	int other;

	must(stream && fputs("hello", stream) >= 0 && fflush(stream) == 0 && cases_size(fd) == 5);
	rewind(stream);
	must(fgets(text, sizeof(text), stream) && strcmp(text, "hello") == 0);
	must(fclose(stream) == 0);
	other = open("/proc/self/status", O_RDONLY); /* gets the number */
	must(other == fd && fstat(other, &st) == 0 && st.st_nlink == 1);
	must(close(other) == 0);
	fails(close(other), EBADF);
	must(cases_size(shm_open(name, O_RDONLY, 0)) == 5);
}

CASE(a_number_that_was_closed_by_the_kernel_alone)
{
	const int fd = cases_make(name, SIZE);
	struct stat st;

	must(syscall(SYS_close, fd) == 0);
	fails(fstat(fd, &st), EBADF);
	fails(ftruncate(fd, SIZE), EBADF);
	fails(fchmod(fd, 0600), EBADF);
	must(mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EBADF);
	must(posix_fallocate(fd, 0, SIZE) == EBADF);
	fails(close(fd), EBADF);
	must(shm_open(name, O_RDWR, 0) == fd && cases_size(fd) == SIZE);
}

CASE(numbers_that_are_no_descriptor)
{
	static const int numbers[] = {-1, 1 << 19, 1 << 21};
	struct stat st;

	for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
		const int fd = numbers[i];

		fails(fstat(fd, &st), EBADF);
		fails(ftruncate(fd, 1), EBADF);
		fails(fchmod(fd, 0600), EBADF);
		fails(fchown(fd, 0, 0), EBADF);
		fails(fallocate(fd, 0, 0, 1), EBADF);
		fails(dup2(fd, 5), EBADF);
		fails(close(fd), EBADF);
		must(posix_fallocate(fd, 0, 1) == EBADF);
	}
	fails(munmap((void *)1, SIZE), EINVAL);
}

CASE(sizes_that_are_none)
{
	const int fd = cases_make(name, 0);

	fails(ftruncate(fd, -1), EINVAL);
	must(posix_fallocate(fd, 0, 0) == EINVAL && posix_fallocate(fd, -1, 1) == EINVAL);
	fails(fallocate(fd, 0, -1, 1), EINVAL);
	must(mmap(NULL, 0, PROT_READ, MAP_SHARED, fd, 0) == MAP_FAILED && errno == EINVAL);
	must(ftruncate(fd, 0) == 0 && cases_size(fd) == 0);
	must(ftruncate(fd, 1) == 0 && cases_size(fd) == 1);
	cases_map(fd, 1)[4095] = 1; /* to the end of the page */
}

CASE(a_copy_by_fcntl_is_all_that_is_left)
{
	const int fd = cases_make(name, SIZE);
	const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 50);
	struct stat st;

	must(copy == 50 && close(fd) == 0 && fstat(copy, &st) == 0);
	must(st.st_size == SIZE && st.st_nlink == 1 && (st.st_mode & 0777) == 0600);
	cases_map(copy, SIZE)[0] = 1;
	must(close(copy) == 0 && cases_size(shm_open(name, O_RDWR, 0)) == SIZE);
}

CASE(opened_again_by_its_number)
{
	const int fd = cases_make(name, SIZE);
	char path[32];
	struct stat st;
	int other;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDWR);
	must(other >= 0 && close(fd) == 0 && fstat(other, &st) == 0);
	must(st.st_size == SIZE && st.st_nlink == 1 && (st.st_mode & 0777) == 0600);
	cases_map(other, SIZE)[0] = 1;
}

CASE(mapped_over_and_moved)
{
	const int fd = cases_make(name, SIZE * 4);
	char *bytes = cases_map(fd, SIZE);
	char *other;

	bytes[0] = 'm';
	bytes = mremap(bytes, SIZE, SIZE * 4, MREMAP_MAYMOVE);
	must(bytes != MAP_FAILED && bytes[0] == 'm');
	other = mremap(bytes, 0, SIZE, MREMAP_MAYMOVE);
	must(other != MAP_FAILED && close(fd) == 0);
	must(mmap(bytes, SIZE * 4, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
		bytes);
	must(bytes[0] == 0 && other[0] == 'm');
	must(mprotect(other, SIZE, PROT_READ) == 0 && msync(other, SIZE, MS_SYNC) == 0);
	must(munmap(other, SIZE) == 0 && munmap(bytes, SIZE * 4) == 0);
}

static int wait_for_child(void)
{
	int status;

	must(wait(&status) > 0);
	return status;
}

CASE(a_peer_waits_for_the_size)
{
	const int fd = cases_make(name, 0);
	int opened[2];
	char byte = 0;

	must(pipe(opened) == 0);
	for (int by_seeking = 0; by_seeking < 2; by_seeking++) {
		if (fork() == 0) {
			const int early = shm_open(name, O_RDWR, 0);

			must(write(opened[1], &byte, 1) == 1);
			while ((by_seeking ? lseek(early, 0, SEEK_END) : cases_size(early)) == 0)
				poll(NULL, 0, 1);
			cases_map(early, SIZE)[by_seeking] = 'w';
			_exit(0);
		}
	}
	must(read(opened[0], &byte, 1) == 1 && read(opened[0], &byte, 1) == 1);
	must(ftruncate(fd, SIZE) == 0);
	must(wait_for_child() == 0 && wait_for_child() == 0);
	must(memcmp(cases_map(fd, SIZE), "ww", 2) == 0);
}

CASE(an_old_program_looks)
{
	int (*look)(int version, int fd, struct stat *st);
	struct stat st;

	*(void **)&look = dlsym(RTLD_DEFAULT, "__fxstat");
	must(!look || (look(1, cases_make(name, SIZE), &st) == 0 && st.st_nlink == 1 &&
			      st.st_size == SIZE));
}

CASE(a_new_program_looks)
{
	const int fd = cases_make(name, SIZE);
	struct statx st;

	must(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &st) == 0);
	must(st.stx_nlink == 1 && st.stx_size == SIZE && (st.stx_mode & 07777) == 0600);
}

CASE(used_after_its_name_is_gone)
{
	const int fd = cases_make(name, SIZE);
	struct stat st;

	must(shm_unlink(name) == 0 && fstat(fd, &st) == 0 && st.st_nlink == 0);
	must(ftruncate(fd, SIZE * 2) == 0);
	cases_map(fd, SIZE * 2)[SIZE * 2 - 1] = 1;
	must(cases_size(shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600)) == 0);
}

CASE(no_more_descriptors)
{
	const struct rlimit few = {20, 20};
	const int fd = cases_make(name, SIZE);
	int last = fd;

	must(setrlimit(RLIMIT_NOFILE, &few) == 0);
	for (int other = 0; other >= 0;) {
		errno = 0;
		other = shm_open(name, O_RDWR, 0);
		last = other >= 0 ? other : last;
	}
	must(errno == EMFILE && last > fd);
	must(close(last) == 0 && shm_open(name, O_RDWR, 0) == last);
}

#define ROUNDS 20
#define PEERS  4

/* In the broker the first size counts: EPERM for those who are late. */
static void size_and_use(const char *name, off_t size)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);

	must(fd >= 0 && (ftruncate(fd, size) == 0 || errno == EPERM));
	cases_map(fd, SIZE)[SIZE - 1] = 1;
	_exit(0);
}

CASE(several_make_and_size_it_at_once)
{
	for (int round = 0; round < ROUNDS; round++) {
		for (int peer = 0; peer < PEERS; peer++) {
			if (fork() == 0)
				size_and_use(name, SIZE + peer * 4096);
		}
		for (int peer = 0; peer < PEERS; peer++)
			must(wait_for_child() == 0);
		must(shm_unlink(name) == 0);
	}
}

CASE(one_of_many_makes_it)
{
	int made = 0;

	for (int peer = 0; peer < PEERS * 4; peer++) {
		if (fork() == 0) {
			const int fd = shm_open(name, O_CREAT | O_EXCL | O_RDWR, 0600);

			must(fd >= 0 || errno == EEXIST);
			_exit(fd >= 0 ? 2 : 0);
		}
	}
	for (int peer = 0; peer < PEERS * 4; peer++) {
		const int status = wait_for_child();

		must(WIFEXITED(status) && WEXITSTATUS(status) != 1);
		made += WEXITSTATUS(status) == 2;
	}
	must(made == 1);
}

#define THREADS 4
#define TURNS   100
#define SHARED  200 /* the number of a descriptor that all threads use */

/* The name ends with a number, of which there are an object's size and its mode. */
static bool has_number(const struct stat *st, int number)
{
	return st->st_size == SIZE * (number + 1) &&
	       (st->st_mode & 0777) == 0600U + (unsigned)number;
}

/* What each finds there is its own object, another thread's, or nothing. */
static void *use_one_number(void *data)
{
	const char *name = data;
	const int number = name[strlen(name) - 1] - '0';
	struct stat st;

	for (int turn = 0; turn < TURNS; turn++) {
		const int fd = shm_open(name, O_CREAT | O_RDWR, 0600U + (mode_t)number);
		char *bytes;

		must(fd >= 0 && (turn > 0 || ftruncate(fd, SIZE * (number + 1)) == 0));
		must(dup2(fd, SHARED) == SHARED);
		must(fstat(SHARED, &st) == 0 ? has_number(&st, (int)(st.st_mode & 7))
					     : errno == EBADF);
		bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, SHARED, 0);
		must(bytes != MAP_FAILED ? munmap(bytes, SIZE) == 0 : errno == EBADF);
		must(turn % 3 > 0 || close(SHARED) == 0 || errno == EBADF);
		must(fstat(fd, &st) == 0 && has_number(&st, number) && close(fd) == 0);
	}
	return NULL;
}

CASE(threads_use_one_number_for_their_objects)
{
	pthread_t threads[THREADS];
	char names[THREADS][80];

	umask(0);
	for (int i = 0; i < THREADS; i++) {
		snprintf(names[i], sizeof(names[i]), "%s-%d", name, i);
		must(pthread_create(&threads[i], NULL, use_one_number, names[i]) == 0);
	}
	for (int i = 0; i < THREADS; i++)
		must(pthread_join(threads[i], NULL) == 0);
	close(SHARED);
	for (int i = 0; i < THREADS; i++) {
		must(cases_size(shm_open(names[i], O_RDWR, 0)) == SIZE * (i + 1));
		must(shm_unlink(names[i]) == 0);
	}
}

static void *put_null_over(void *number)
{
	const int null = open("/dev/null", O_RDWR);

	must(dup2(null, *(int *)number) == *(int *)number && close(null) == 0);
	return NULL;
}

static void open_early(const char *name, int opened, int sized)
{
	int early = shm_open(name, O_RDWR, 0);
	struct stat st;
	pthread_t thread;

	must(early >= 0 && write(opened, "x", 1) == 1 && read(sized, &(char){0}, 1) == 1);
	must(pthread_create(&thread, NULL, put_null_over, &early) == 0);
	must(fstat(early, &st) == 0 && pthread_join(thread, NULL) == 0);
	must(fstat(early, &st) == 0 && S_ISCHR(st.st_mode));
	_exit(0);
}

/* The size has an early descriptor replaced, but not what came in its place. */
CASE(a_thread_puts_a_file_over_an_early_descriptor)
{
	int opened[2], sized[2];

	must(pipe(opened) == 0 && pipe(sized) == 0);
	for (int turn = 0; turn < ROUNDS; turn++) {
		const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);

		if (fork() == 0)
			open_early(name, opened[1], sized[0]);
		must(read(opened[0], &(char){0}, 1) == 1 && ftruncate(fd, SIZE) == 0);
		must(write(sized[1], "x", 1) == 1 && wait_for_child() == 0);
		must(close(fd) == 0 && shm_unlink(name) == 0);
	}
}

static char removed[64];
static volatile sig_atomic_t removals;

static void remove_it(int number)
{
	(void)number;
	shm_unlink(removed);
	removals++;
}

/* As programs do that a signal ends. It comes in the middle of any call. */
CASE(a_signal_handler_removes_it)
{
	const struct itimerval often = {{0, 500}, {0, 500}};

	snprintf(removed, sizeof(removed), "%s", name);
	signal(SIGALRM, remove_it);
	must(setitimer(ITIMER_REAL, &often, NULL) == 0);
	while (removals < 200)
		close(shm_open(name, O_CREAT | O_RDWR, 0600));
}

int main(int count, char **arguments)
{
	return cases_run(count, arguments);
}
