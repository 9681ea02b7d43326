/* SPDX-License-Identifier: MIT */
/* Calls by a descriptor, or of a mapping, that most programs do without. */
#include "tests/posix/cases.h"

#include <aio.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define SIZE 8192

/* From then on two processes have had it. */
static void share(const char *name)
{
	int status;

	if (fork() == 0)
		_exit(shm_open(name, O_RDWR, 0) >= 0 ? 0 : 1);
	must(wait(&status) > 0 && status == 0);
}

/* As rsync does with --preallocate, before it writes. */
CASE(room_is_kept_behind_the_size)
{
	const int fd = cases_make(name, SIZE);

	must(fallocate(fd, FALLOC_FL_KEEP_SIZE, 0, 2 * SIZE) == 0 && cases_size(fd) == SIZE);
	must(pwrite(fd, "x", 1, SIZE) == 1 && cases_size(fd) == SIZE + 1);
	share(name);
	must(fallocate(fd, FALLOC_FL_KEEP_SIZE, SIZE, 2 * SIZE) == 0);
	must(cases_size(fd) == SIZE + 1);
	fails(fallocate(fd, FALLOC_FL_KEEP_SIZE, -1, SIZE), EINVAL);
	fails(fallocate(shm_open(name, O_RDONLY, 0), FALLOC_FL_KEEP_SIZE, 0, 2 * SIZE), EBADF);
}

static void grow_by_aio(int fd, char *bytes, off_t at)
{
	struct aiocb request = {
		.aio_fildes = fd, .aio_buf = bytes, .aio_nbytes = SIZE, .aio_offset = at};
	const struct aiocb *const all[] = {&request};

	must(aio_write(&request) == 0 && aio_suspend(all, 1, NULL) == 0);
	must(aio_return(&request) == SIZE);
}

/* The broker hears of none of these. */
CASE(grown_by_what_the_kernel_copies)
{
	const int fd = cases_make(name, 0);
	const int from = memfd_create("from", 0);
	char bytes[SIZE], found[SIZE];
	const struct iovec part = {bytes, SIZE};
	loff_t at = 2 * SIZE, begin = 0;
	int ends[2];

	memset(bytes, 'x', SIZE);
	must(pwritev2(fd, &part, 1, 0, 0) == SIZE && cases_size(fd) == SIZE);
	grow_by_aio(fd, bytes, SIZE);
	must(cases_size(fd) == 2 * SIZE);
	must(pipe(ends) == 0 && write(ends[1], bytes, SIZE) == SIZE);
	must(splice(ends[0], NULL, fd, &at, SIZE, 0) == SIZE && cases_size(fd) == 3 * SIZE);
	must(write(from, bytes, SIZE) == SIZE && lseek(fd, 3 * SIZE, SEEK_SET) == 3 * SIZE);
	must(sendfile(fd, from, &begin, SIZE) == SIZE && cases_size(fd) == 4 * SIZE);
	share(name);
	for (off_t offset = 0; offset < 4 * SIZE; offset += SIZE) {
		must(pread(fd, found, SIZE, offset) == SIZE && memcmp(bytes, found, SIZE) == 0);
	}
}

/* A descriptor of an object without a size, which another process has until *to_child is closed. */
static int open_before_size(const char *name, int *to_child)
{
	int made[2], ends[2];

	must(pipe(made) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	if (fork() == 0) {
		must(close(ends[1]) == 0 && shm_open(name, O_CREAT | O_RDWR, 0600) >= 0);
		must(write(made[1], "m", 1) == 1 && read(ends[0], &(char){0}, 1) == 0);
		_exit(0);
	}
	must(read(made[0], &(char){0}, 1) == 1 && close(ends[0]) == 0);
	*to_child = ends[1];
	return shm_open(name, O_RDWR, 0);
}

static void write_first(const char *name, off_t offset, int flags, const char *wanted)
{
	const struct iovec part = {(char[]){'a', 'b', 'c'}, 3};
	const size_t length = strlen(wanted);
	int to_child, status;
	const int fd = open_before_size(name, &to_child);
	char found[8] = "";

	must(fd >= 0 && pwritev2(fd, &part, 1, offset, flags) == 3);
	must(cases_size(fd) == (off_t)length && pread(fd, found, length, 0) == (ssize_t)length);
	must(memcmp(found, wanted, length) == 0);
	must(close(to_child) == 0 && wait(&status) > 0 && status == 0);
}

CASE(flags_that_there_are_not_size_nothing)
{
	const struct iovec part = {(char[]){'a', 'b', 'c'}, 3};
	int to_child, status;
	const int fd = open_before_size(name, &to_child);

	fails(pwritev2(fd, &part, 1, 0, 1 << 30), EOPNOTSUPP);
	must(cases_size(fd) == 0);
	must(close(to_child) == 0 && wait(&status) > 0 && status == 0);
}

CASE(sized_by_pwritev2)
{
	write_first(name, 0, RWF_DSYNC, "abc");
}
CASE(sized_by_pwritev2_where_the_descriptor_is)
{
	write_first(name, -1, 0, "abc");
}
CASE(sized_by_pwritev2_that_appends)
{
	write_first(name, 5, RWF_APPEND, "abc");
}

/* As on tmpfs: a program that seals memory of memfd_create(2) goes on without. */
CASE(what_one_process_has_gets_no_seals)
{
	const int fd = cases_make(name, SIZE);
	const int copy = fcntl(fd, F_DUPFD_CLOEXEC, 50);

	fails(fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW), EPERM);
	fails(fcntl(copy, F_ADD_SEALS, F_SEAL_SEAL), EPERM);
	must(ftruncate(fd, 2 * SIZE) == 0);
	share(name);
}

CASE(what_is_told_of_a_mapping)
{
	const int fd = cases_make(name, SIZE);
	char *bytes = cases_map(fd, SIZE);
	char *own = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0);

	share(name);
	bytes[0] = 'x';
	must(own != MAP_FAILED && own[0] == 'x');
	own[0] = 'y';
	must(bytes[0] == 'x' && mlock(bytes, SIZE) == 0 && munlock(bytes, SIZE) == 0);
	must(msync(bytes, SIZE, MS_SYNC) == 0 && fsync(fd) == 0 && fdatasync(fd) == 0);
	fails(madvise(bytes, SIZE, MADV_WIPEONFORK), EINVAL);
	must(madvise(bytes, SIZE, MADV_DONTFORK) == 0);
	must(madvise(bytes, SIZE, MADV_REMOVE) == 0 && bytes[0] == 0);
	must(mmap(NULL, SIZE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0) != MAP_FAILED);
	fails(fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE), EPERM);
}

CASE(locked_for_other_processes)
{
	const int fd = cases_make(name, SIZE);
	struct flock whole = {.l_type = F_WRLCK};
	int status;

	must(flock(fd, LOCK_EX) == 0 && fcntl(fd, F_OFD_SETLK, &whole) == 0);
	if (fork() == 0) {
		const int other = shm_open(name, O_RDWR, 0);

		fails(flock(other, LOCK_EX | LOCK_NB), EWOULDBLOCK);
		fails(lockf(other, F_TLOCK, 1), EAGAIN);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0);
}

struct place {
	int fd; /* of another object, with no mapping */
	char *at;
};

/* As soon as nothing is there any more. */
static void *map_there(void *data)
{
	struct place *place = data;
	const int flags = MAP_SHARED | MAP_FIXED_NOREPLACE;

	while (mmap(place->at, SIZE, PROT_READ | PROT_WRITE, flags, place->fd, 0) == MAP_FAILED)
		must(errno == EEXIST);
	must(close(place->fd) == 0);
	return NULL;
}

static void map_another(const char *name, const char *other)
{
	pthread_t thread;
	struct place place;
	const int fd = cases_make(name, SIZE);

	place.at = cases_map(fd, SIZE);
	place.fd = cases_make(other, SIZE);
	must(close(fd) == 0 && shm_unlink(name) == 0 && shm_unlink(other) == 0);
	must(pthread_create(&thread, NULL, map_there, &place) == 0);
	must(munmap(place.at, SIZE) == 0 && pthread_join(thread, NULL) == 0);
	memset(place.at, 1, SIZE);
	must(munmap(place.at, SIZE) == 0);
}

/* By another thread, before the call that unmaps has returned: now and then. */
CASE(what_is_mapped_where_another_object_was_stays)
{
	char other[64];

	snprintf(other, sizeof(other), "%s-other", name);
	alarm(60);
	for (int turn = 0; turn < 100; turn++)
		map_another(name, other);
}
