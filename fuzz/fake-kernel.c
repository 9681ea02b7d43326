/* SPDX-License-Identifier: MIT */
/* Files and descriptors in memory; fake-kernel.h tells the idea. */
#include "fuzz/fake-kernel.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz/fake-calls.h"
#include "fuzz/fake-memory.h"

#define FIRST_FD  FAKE_FIRST_FD
#define FDS       (2 * FAKE_PART)
#define NAME_MOST 249
#define FILES     4096

static struct file files[FILES];
static char names[FILES][NAME_MOST + 1];
static struct {
	struct file *file; /* NULL: free */
	int flags;
} fds[FDS];
/* Which of them the process has that runs now, and whether it gets the lowest that is free. */
static struct {
	size_t first, count;
	bool lowest;
} table = {0, FDS, false};
static size_t next_file, next_fd; /* where a search begins */
static unsigned int open_fds[2];  /* in each part of the table */
static size_t used_fds;           /* from this one on none was used since the last input began */
static uint64_t last_inode;

static struct file *new_file(const struct fake_file *is)
{
	while (files[next_file % FILES].users > 0)
		next_file++;
	files[next_file % FILES] = (struct file){.is = *is};
	names[next_file % FILES][0] = '\0';
	if (is->inode == 0)
		files[next_file % FILES].is.inode = ++last_inode;
	if (!S_ISREG(is->mode))
		files[next_file % FILES].is.seals = -1;
	return &files[next_file++ % FILES];
}

static bool is_full(void)
{
	return open_fds[0] + open_fds[1] == FDS;
}

/* file: NULL to free the place */
static void set_fd(size_t at, struct file *file, int flags)
{
	open_fds[at / FAKE_PART] += file != NULL;
	open_fds[at / FAKE_PART] -= fds[at].file != NULL;
	fds[at].file = file;
	fds[at].flags = flags;
	if (at >= used_fds)
		used_fds = at + 1;
}

/* from: the lowest number that the caller wants, counted from the first of its table. */
static int new_fd_from(struct file *file, int flags, size_t from)
{
	size_t tried = 0;

	if (table.lowest)
		next_fd = from;
	while (tried < table.count && fds[table.first + next_fd % table.count].file) {
		next_fd++;
		tried++;
	}
	if (tried == table.count || (table.lowest && next_fd >= table.count)) {
		errno = EMFILE;
		return -1;
	}
	next_fd %= table.count;
	set_fd(table.first + next_fd, file, flags);
	file->users++;
	return FIRST_FD + (int)(table.first + next_fd++);
}

static int new_fd(struct file *file, int flags)
{
	return new_fd_from(file, flags, 0);
}

struct file *fake_find(int fd)
{
	const size_t at = (size_t)(fd - FIRST_FD);

	return fd >= FIRST_FD && at >= table.first && at < table.first + table.count ? fds[at].file
										     : NULL;
}

static bool is_fake(int fd)
{
	return fd >= FIRST_FD;
}

static int fail(int error)
{
	errno = error;
	return -1;
}

int fake_open(const struct fake_file *is, int flags)
{
	return is_full() ? fail(EMFILE) : new_fd(new_file(is), flags);
}

void fake_be(enum fake_process who)
{
	table.first = who == FAKE_BROKER ? FAKE_PART : 0;
	table.count = FAKE_PART;
	table.lowest = who == FAKE_PROGRAM;
	next_fd = 0;
}

int fake_receive(int fd)
{
	const size_t at = (size_t)(fd - FIRST_FD);

	return fd >= FIRST_FD && at < FDS && fds[at].file ? new_fd(fds[at].file, fds[at].flags)
							  : fail(EBADF);
}

int fake_replace(int fd, int to)
{
	struct file *file = fake_find(fd);
	struct file *before = fake_find(to);
	const int flags = file ? fds[fd - FIRST_FD].flags : 0;

	if (!file || to < FIRST_FD || (size_t)(to - FIRST_FD) >= table.count)
		return fail(EBADF);
	file->users++;
	if (before)
		__wrap_close(to);
	set_fd((size_t)(to - FIRST_FD), file, flags);
	return to;
}

const char *fake_name(int fd)
{
	const struct file *file = fake_find(fd);

	return file ? names[file - files] : NULL;
}

/* Of the process that runs now. */
unsigned int fake_count_fds(void)
{
	return table.count == FDS ? open_fds[0] + open_fds[1] : open_fds[table.first / FAKE_PART];
}

int fake_end_fd(void)
{
	return FIRST_FD + (int)(used_fds < FAKE_PART ? used_fds : FAKE_PART);
}

void fake_reset(void)
{
	table.first = 0;
	table.count = FDS;
	table.lowest = false;
	fake_memory_reset();
	for (size_t i = 0; i < used_fds; i++) {
		if (fds[i].file)
			__wrap_close(FIRST_FD + (int)i);
	}
	next_file = next_fd = last_inode = used_fds = 0;
}

int __wrap_memfd_create(const char *name, unsigned int flags)
{
	const struct fake_file is = {
		.mode = S_IFREG | 0777,
		.seals = flags & MFD_ALLOW_SEALING ? 0 : F_SEAL_SEAL,
	};

	const int fd = strlen(name) > NAME_MOST ? fail(EINVAL) : fake_open(&is, O_RDWR);

	if (fd >= 0)
		memcpy(names[fake_find(fd) - files], name, strlen(name) + 1);
	return fd;
}

int __wrap_close(int fd)
{
	struct file *file = fake_find(fd);

	if (!is_fake(fd))
		return __real_close(fd);
	/* a bug, and not of the kind that may pass: another thread's file, in a daemon */
	if (!file) {
		fprintf(stderr, "fake kernel: what is closed is not open\n");
		abort();
	}
	set_fd((size_t)(fd - FIRST_FD), NULL, 0);
	fake_unref(file);
	return 0;
}

static bool may_resize(const struct file *file, uint64_t size)
{
	const int forbidden = size < file->is.size ? F_SEAL_SHRINK : F_SEAL_GROW;

	return size == file->is.size || file->is.seals < 0 || !(file->is.seals & forbidden);
}

int __wrap_ftruncate(int fd, off_t size)
{
	struct file *file = fake_find(fd);

	if (!is_fake(fd))
		return __real_ftruncate(fd, size);
	if (!file)
		return fail(EBADF);
	if (size < 0 || !S_ISREG(file->is.mode) || fds[fd - FIRST_FD].flags == O_RDONLY)
		return fail(EINVAL);
	if (!may_resize(file, (uint64_t)size))
		return fail(EPERM);
	file->is.size = (uint64_t)size;
	return 0;
}

int __wrap_fallocate(int fd, int mode, off_t offset, off_t length)
{
	struct file *file = fake_find(fd);

	if (!is_fake(fd))
		return __real_fallocate(fd, mode, offset, length);
	if (!file || fds[fd - FIRST_FD].flags == O_RDONLY)
		return fail(EBADF);
	if (offset < 0 || length <= 0)
		return fail(EINVAL);
	if (!S_ISREG(file->is.mode))
		return fail(ENODEV);
	if ((uint64_t)(offset + length) <= file->is.size)
		return 0;
	if (!may_resize(file, (uint64_t)(offset + length)))
		return fail(EPERM);
	file->is.size = (uint64_t)(offset + length);
	return 0;
}

int __wrap_fchmod(int fd, mode_t mode)
{
	struct file *file = fake_find(fd);

	if (!is_fake(fd))
		return __real_fchmod(fd, mode);
	if (!file)
		return fail(EBADF);
	file->is.mode = (file->is.mode & S_IFMT) | mode;
	return 0;
}

static int add_seals(struct file *file, int seals)
{
	if (file->is.seals < 0)
		return fail(EINVAL);
	if (file->is.seals & F_SEAL_SEAL)
		return fail(EPERM);
	file->is.seals |= seals;
	return 0;
}

int __wrap_fcntl(int fd, int command, unsigned long argument)
{
	struct file *file = fake_find(fd);

	if (!is_fake(fd))
		return __real_fcntl(fd, command, argument);
	if (!file)
		return fail(EBADF);
	switch (command) {
	case F_GETFD:
		return FD_CLOEXEC;
	case F_SETFD:
	case F_SETFL:
		return 0;
	case F_GETFL:
		return fds[fd - FIRST_FD].flags;
	case F_GET_SEALS:
		return file->is.seals < 0 ? fail(EINVAL) : file->is.seals;
	case F_ADD_SEALS:
		return add_seals(file, (int)argument);
	case F_SETLEASE: /* what memfd_create(2) gave does not count; all else does here */
		return argument == F_UNLCK || file->users == 2 ? 0 : fail(EAGAIN);
	case F_DUPFD_CLOEXEC:
		return new_fd_from(file, fds[fd - FIRST_FD].flags, (size_t)argument);
	default:
		abort(); /* the product uses what the fake does not have */
	}
}

int __wrap_fstat(int fd, struct stat *st)
{
	const struct file *file = fake_find(fd);

	if (!is_fake(fd))
		return __real_fstat(fd, st);
	if (!file)
		return fail(EBADF);
	*st = (struct stat){
		.st_mode = file->is.mode,
		.st_size = (off_t)file->is.size,
		.st_ino = file->is.inode,
		.st_uid = file->is.uid, /* of a socket: the peer's */
		.st_blocks = (blkcnt_t)((file->is.size + 511) / 512),
	};
	return 0;
}

/* Another open file of the same memory, by the name that /proc has for it. */
int __wrap_open(const char *path, int flags, mode_t mode)
{
	static const char self[] = "/proc/self/fd/";
	const int fd = strncmp(path, self, sizeof(self) - 1) == 0
			       ? (int)strtol(path + sizeof(self) - 1, NULL, 10)
			       : -1;

	if (!is_fake(fd))
		return __real_open(path, flags, mode);
	return fake_find(fd) ? new_fd(fake_find(fd), flags & O_ACCMODE) : fail(ENOENT);
}
