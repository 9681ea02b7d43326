/* SPDX-License-Identifier: MIT */
/* The next library and /proc, for libprshm-posix in a fuzz target; fake-door.h tells the idea. */
#include "fuzz/fake-door.h"

#include <errno.h>
#include <linux/close_range.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz/demand.h"
#include "fuzz/fake-calls.h"
#include "fuzz/fake-kernel.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"
#include "posix-lib/scan.h"

uint64_t fake_pages[FAKE_PAGE_COUNT];
bool fake_closes_nothing;

uint8_t *fake_address(size_t page)
{
	static uint8_t *start;

	if (!start)
		start = __real_mmap(NULL, FAKE_PAGE_COUNT * FAKE_PAGE, PROT_NONE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	demand(start != MAP_FAILED, "no addresses");
	return start + page * FAKE_PAGE;
}

static bool is_open(int fd)
{
	return fd >= FAKE_FIRST_FD && fake_name(fd);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

static void *fail_to_map(int error)
{
	errno = error;
	return MAP_FAILED;
}

static int next_close(int fd)
{
	if (fd < FAKE_FIRST_FD || is_open(fd))
		return __wrap_close(fd);
	demand(fake_closes_nothing, "the library closes what is not open");
	return fail(EBADF);
}

static int next_dup3(int fd, int to, int flags)
{
	(void)flags;
	return fd == to ? fail(EINVAL) : fake_replace(fd, to);
}

static int next_dup2(int fd, int to)
{
	if (fd == to)
		return is_open(fd) ? to : fail(EBADF);
	return fake_replace(fd, to);
}

static int next_close_range(unsigned int first, unsigned int last, int flags)
{
	if (first > last)
		return fail(EINVAL);
	for (int fd = FAKE_FIRST_FD; fd < fake_end_fd(); fd++) {
		if (!(flags & (int)CLOSE_RANGE_CLOEXEC) && (unsigned int)fd >= first &&
			(unsigned int)fd <= last && is_open(fd))
			__wrap_close(fd);
	}
	return 0;
}

static size_t pages_of(size_t size)
{
	return (size + FAKE_PAGE - 1) / FAKE_PAGE;
}

/* The page at an address; FAKE_PAGE_COUNT: another's address. */
static size_t page_at(const void *at)
{
	const uintptr_t from = (uintptr_t)fake_address(0);

	if ((uintptr_t)at < from || (uintptr_t)at >= from + FAKE_PAGE_COUNT * FAKE_PAGE)
		return FAKE_PAGE_COUNT;
	return ((uintptr_t)at - from) / FAKE_PAGE;
}

/* Where that many pages are free; 0: nowhere. */
static size_t find_room(size_t count)
{
	size_t free_pages = 0;

	for (size_t page = 1; page < FAKE_PAGE_COUNT; page++) {
		free_pages = fake_pages[page] == 0 ? free_pages + 1 : 0;
		if (free_pages == count)
			return page + 1 - count;
	}
	return 0;
}

static void *put_pages(size_t page, size_t count, uint64_t inode)
{
	if (page == 0 || count > FAKE_PAGE_COUNT - page)
		return fail_to_map(ENOMEM);
	for (size_t i = 0; i < count; i++)
		fake_pages[page + i] = inode;
	return fake_address(page);
}

static void *next_mmap(void *at, size_t size, int prot, int flags, int fd, off64_t offset)
{
	struct stat st = {.st_ino = UINT64_MAX}; /* of no file */

	(void)offset;
	if (!(flags & MAP_ANONYMOUS) && __wrap_fstat(fd, &st) < 0)
		return MAP_FAILED;
	if (!(flags & MAP_ANONYMOUS) && !S_ISREG(st.st_mode))
		return fail_to_map(ENODEV);
	if (size == 0)
		return fail_to_map(EINVAL);
	if (!(flags & MAP_ANONYMOUS) && (prot & PROT_WRITE) && (flags & MAP_SHARED) &&
		(__wrap_fcntl(fd, F_GETFL, 0) & O_ACCMODE) == O_RDONLY)
		return fail_to_map(EACCES);
	return put_pages(flags & MAP_FIXED ? page_at(at) : find_room(pages_of(size)),
		pages_of(size), st.st_ino);
}

static int next_munmap(void *at, size_t size)
{
	const size_t page = page_at(at);

	if (page == FAKE_PAGE_COUNT)
		return __wrap_munmap(at, size);
	if (size == 0)
		return fail(EINVAL);
	for (size_t i = page; i < FAKE_PAGE_COUNT && i < page + pages_of(size); i++)
		fake_pages[i] = 0;
	return 0;
}

/* Only within one mapping, and only to where the program asks or to where there is room. */
static void *next_mremap(void *at, size_t size, size_t wanted, int flags, ...)
{
	const size_t page = page_at(at);
	const uint64_t inode = page < FAKE_PAGE_COUNT ? fake_pages[page] : 0;
	size_t to = find_room(pages_of(wanted));

	if (flags & MREMAP_FIXED) {
		va_list arguments;

		va_start(arguments, flags);
		to = page_at(va_arg(arguments, void *));
		va_end(arguments);
	}
	if (inode == 0)
		return fail_to_map(EFAULT);
	if (wanted == 0 || to == 0 || pages_of(wanted) > FAKE_PAGE_COUNT - to ||
		((flags & MREMAP_FIXED) && page < to + pages_of(wanted) &&
			to < page + pages_of(size)))
		return fail_to_map(wanted == 0 ? EINVAL : ENOMEM);
	next_munmap(at, size == 0 ? 1 : size);
	if (size == 0)
		fake_pages[page] = inode;
	return put_pages(to, pages_of(wanted), inode);
}

static int next_fstat(int fd, struct stat64 *st)
{
	return __wrap_fstat(fd, (struct stat *)st);
}

static int next_fcntl(int fd, int command, ...)
{
	va_list arguments;
	unsigned long argument;

	va_start(arguments, command);
	argument = va_arg(arguments, unsigned long);
	va_end(arguments);
	return __wrap_fcntl(fd, command, argument);
}

static int next_posix_fallocate(int fd, off64_t offset, off64_t size)
{
	return __wrap_fallocate(fd, 0, offset, size) == 0 ? 0 : errno;
}

static int next_fchown(int fd, uid_t uid, gid_t gid)
{
	(void)uid;
	(void)gid;
	return is_open(fd) ? 0 : fail(EBADF);
}

/* The file system's own /dev/shm is empty. */
static int next_stat(const char *path, struct stat64 *st)
{
	*st = (struct stat64){.st_mode = S_IFDIR | 0777};
	return strcmp(path, "/dev/shm") == 0 ? 0 : fail(ENOENT);
}

static int next_fstatat(int directory, const char *path, struct stat64 *st, int flags)
{
	(void)directory;
	(void)flags;
	return next_stat(path, st);
}

/* What /proc/self/fd tells of a memfd. */
static ssize_t next_readlink(const char *path, char *target, size_t size)
{
	static const char self[] = "/proc/self/fd/";
	const int fd = (int)strtol(path + sizeof(self) - 1, NULL, 10);
	const char *name = fake_name(fd);
	int length;

	demand(strncmp(path, self, sizeof(self) - 1) == 0, "an unexpected link");
	if (!name)
		return fail(ENOENT);
	length = snprintf(target, size, "/memfd:%s (deleted)", name);
	return length < (int)size ? length : (ssize_t)size;
}

const struct next *next(void)
{
	static const struct next calls = {
		.close = next_close,
		.dup2 = next_dup2,
		.dup3 = next_dup3,
		.close_range = next_close_range,
		.mmap64 = next_mmap,
		.munmap = next_munmap,
		.mremap = next_mremap,
		.fstat64 = next_fstat,
		.fcntl64 = next_fcntl,
		.ftruncate64 = __wrap_ftruncate,
		.fallocate64 = __wrap_fallocate,
		.posix_fallocate64 = next_posix_fallocate,
		.fchmod = __wrap_fchmod,
		.fchown = next_fchown,
		.stat64 = next_stat,
		.fstatat64 = next_fstatat,
		.lstat64 = next_stat,
		.readlink = next_readlink,
	};

	return &calls;
}

void scan_descriptors(void (*each)(void *data, int fd), void *data)
{
	for (int fd = FAKE_FIRST_FD; fd < fake_end_fd(); fd++) {
		if (is_open(fd) && marks_get(fd) != MARK_OWN)
			each(data, fd);
	}
}

/* The programs of the fuzzers set none. */
bool scan_finds_lock(int fd)
{
	(void)fd;
	return false;
}

static void take_descriptor(void *data, int fd)
{
	struct object *object = data;
	struct stat st;

	if (__wrap_fstat(fd, &st) == 0 && st.st_ino == object->inode)
		objects_add_descriptor(object, fd, DESCRIPTOR_FOUND);
}

void scan_for(struct object *object)
{
	scan_descriptors(take_descriptor, object);
	for (size_t page = 1; page < FAKE_PAGE_COUNT; page++) {
		if (fake_pages[page] == object->inode)
			objects_add_mapping(object, fake_address(page), FAKE_PAGE);
	}
}
