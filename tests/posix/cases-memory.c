/* SPDX-License-Identifier: MIT */
/* Calls that the kernel answers for a descriptor or a mapping, without the library's help. */
#include "tests/posix/cases.h"

#include <aio.h>
#include <fcntl.h>
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
