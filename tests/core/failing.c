/* SPDX-License-Identifier: MIT */
/* The wrapped calls. */
#include "tests/core/failing.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>

#define NOEXEC_SEAL 0x0008U /* MFD_NOEXEC_SEAL, Linux 6.3 */

#define WAY(call, error, status)                                                                   \
	{                                                                                          \
		FAILING_##call, #call ": " #error, (error), STATUS_##status                        \
	}

static const struct failure failures[] = {
	WAY(malloc, ENOMEM, NO_MEMORY),
	WAY(calloc, ENOMEM, NO_MEMORY),
	WAY(realloc, ENOMEM, NO_MEMORY),
	WAY(reallocarray, ENOMEM, NO_MEMORY),
	WAY(strdup, ENOMEM, NO_MEMORY),
	WAY(memfd_create, EMFILE, NO_RESOURCES),
	WAY(memfd_create, ENOMEM, NO_MEMORY),
	WAY(memfd_create, EACCES, INTERNAL), /* a security module */
	WAY(fchmod, EPERM, INTERNAL),
	WAY(ftruncate, EFBIG, TOO_BIG),
	WAY(ftruncate, ENOSPC, NO_MEMORY),
	WAY(ftruncate, EIO, INTERNAL),
	WAY(fcntl, EBUSY, INTERNAL),
	WAY(open, ENFILE, NO_RESOURCES),
	WAY(open, ENOMEM, NO_MEMORY),
	WAY(open, ENOENT, INTERNAL), /* no /proc */
	WAY(getrandom, ENOSYS, INTERNAL),
	WAY(fallocate, ENOSPC, NO_MEMORY),
	WAY(mmap, ENOMEM, NO_MEMORY),
	WAY(mremap, ENOMEM, NO_MEMORY),
};

static struct {
	bool handling;
	bool disturbed;
	bool no_noexec;
	unsigned int countdown; /* 0: nothing is planned */
	unsigned int way;
	const struct failure *fired;
	unsigned int counts[FAILING_COUNT];
} state;

void failing_plan(unsigned int nth, unsigned int way)
{
	state.countdown = nth;
	state.way = way;
}

void failing_begin(bool disturbed)
{
	state.fired = NULL;
	state.disturbed = disturbed;
	state.handling = true;
}

const struct failure *failing_end(void)
{
	state.handling = false;
	state.disturbed = false;
	return state.fired;
}

unsigned int failing_count(enum failing_call call)
{
	return state.counts[call];
}

void failing_refuse_noexec(void)
{
	state.no_noexec = true;
}

/* The way-th failure of this call; one that has fewer begins anew. */
static const struct failure *choose(enum failing_call call)
{
	const struct failure *ways[FAILING_WAYS];
	unsigned int count = 0;

	for (size_t i = 0; i < sizeof(failures) / sizeof(failures[0]); i++) {
		if (failures[i].call == call)
			ways[count++] = &failures[i];
	}
	return ways[state.way % count];
}

static bool must_fail(enum failing_call call)
{
	if (!state.disturbed || state.countdown == 0 || --state.countdown > 0)
		return false;
	state.fired = choose(call);
	state.counts[call]++;
	errno = state.fired->error;
	return true;
}

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);
void *__wrap_malloc(size_t size)
{
	return must_fail(FAILING_malloc) ? NULL : __real_malloc(size);
}

void *__real_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_calloc(size_t count, size_t size)
{
	return must_fail(FAILING_calloc) ? NULL : __real_calloc(count, size);
}

void *__real_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size);
void *__wrap_realloc(void *old, size_t size)
{
	return must_fail(FAILING_realloc) ? NULL : __real_realloc(old, size);
}

void *__real_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size);
void *__wrap_reallocarray(void *old, size_t count, size_t size)
{
	return must_fail(FAILING_reallocarray) ? NULL : __real_reallocarray(old, count, size);
}

char *__real_strdup(const char *text);
char *__wrap_strdup(const char *text);
char *__wrap_strdup(const char *text)
{
	return must_fail(FAILING_strdup) ? NULL : __real_strdup(text);
}

int __real_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags);
int __wrap_memfd_create(const char *name, unsigned int flags)
{
	if (must_fail(FAILING_memfd_create))
		return -1;
	if (state.handling && state.no_noexec && (flags & NOEXEC_SEAL)) {
		errno = EINVAL;
		return -1;
	}
	return __real_memfd_create(name, flags);
}

int __real_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode);
int __wrap_fchmod(int fd, mode_t mode)
{
	return must_fail(FAILING_fchmod) ? -1 : __real_fchmod(fd, mode);
}

/*
 * With 64 bits for file offsets, glibc calls these by other names. A caller of the plain names
 * would get the same.
 */
#define ALSO(name) __attribute__((alias(#name)))

int __real_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size);
int __wrap_ftruncate64(int fd, off_t size)
{
	return must_fail(FAILING_ftruncate) ? -1 : __real_ftruncate64(fd, size);
}
int __wrap_ftruncate(int fd, off_t size) ALSO(__wrap_ftruncate64);

/* Every command of fcntl takes nothing or one word; a word too many does no harm. */
int __real_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...);
int __wrap_fcntl64(int fd, int command, ...)
{
	va_list arguments;
	long argument;

	va_start(arguments, command);
	argument = va_arg(arguments, long);
	va_end(arguments);
	return must_fail(FAILING_fcntl) ? -1 : __real_fcntl64(fd, command, argument);
}
int __wrap_fcntl(int fd, int command, ...) ALSO(__wrap_fcntl64);

int __real_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...);
int __wrap_open64(const char *path, int flags, ...)
{
	va_list arguments;
	mode_t mode;

	va_start(arguments, flags);
	mode = va_arg(arguments, mode_t);
	va_end(arguments);
	return must_fail(FAILING_open) ? -1 : __real_open64(path, flags, mode);
}
int __wrap_open(const char *path, int flags, ...) ALSO(__wrap_open64);

ssize_t __real_getrandom(void *bytes, size_t length, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned int flags);
ssize_t __wrap_getrandom(void *bytes, size_t length, unsigned int flags)
{
	return must_fail(FAILING_getrandom) ? -1 : __real_getrandom(bytes, length, flags);
}

int __real_fallocate64(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length);
int __wrap_fallocate64(int fd, int mode, off_t offset, off_t length)
{
	return must_fail(FAILING_fallocate) ? -1 : __real_fallocate64(fd, mode, offset, length);
}
int __wrap_fallocate(int fd, int mode, off_t offset, off_t length) ALSO(__wrap_fallocate64);

void *__real_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset);
void *__wrap_mmap64(void *at, size_t length, int protection, int flags, int fd, off_t offset)
{
	return must_fail(FAILING_mmap) ? MAP_FAILED
				       : __real_mmap64(at, length, protection, flags, fd, offset);
}
void *__wrap_mmap(void *at, size_t length, int protection, int flags, int fd, off_t offset)
	ALSO(__wrap_mmap64);

void *__real_mremap(void *old, size_t length, size_t wanted, int flags, ...);
void *__wrap_mremap(void *old, size_t length, size_t wanted, int flags, ...);
void *__wrap_mremap(void *old, size_t length, size_t wanted, int flags, ...)
{
	return must_fail(FAILING_mremap) ? MAP_FAILED : __real_mremap(old, length, wanted, flags);
}
