/* SPDX-License-Identifier: MIT */
/*
 * What the parts of this library call themselves must not come back to it: the linker's --wrap
 * turns each of their calls into one of these, which go to the next library.
 */
#undef _FILE_OFFSET_BITS
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/resource.h>

#include "client-lib/connect.h"
#include "client-lib/connection.h"
#include "posix-lib/marks.h"
#include "posix-lib/next.h"

/* The number from which on the library has its own socket: low ones are the program's. */
#define OWN_LOWEST 500

#define WRAPPED(type, name, parameters)                                                            \
	type __wrap_##name parameters;                                                             \
	type __wrap_##name parameters

WRAPPED(int, close, (int fd))
{
	marks_clear(fd); /* the library's own socket, maybe */
	return next()->close(fd);
}

WRAPPED(int, dup2, (int fd, int to))
{
	return next()->dup2(fd, to);
}

WRAPPED(int, dup3, (int fd, int to, int flags))
{
	return next()->dup3(fd, to, flags);
}

WRAPPED(void *, mmap, (void *at, size_t size, int prot, int flags, int fd, off_t offset))
{
	return next()->mmap64(at, size, prot, flags, fd, offset);
}

WRAPPED(void *, mmap64, (void *at, size_t size, int prot, int flags, int fd, off64_t offset))
{
	return next()->mmap64(at, size, prot, flags, fd, offset);
}

WRAPPED(int, munmap, (void *at, size_t size))
{
	return next()->munmap(at, size);
}

WRAPPED(int, fstat, (int fd, struct stat64 *st))
{
	return next()->fstat64(fd, st);
}

WRAPPED(int, fstat64, (int fd, struct stat64 *st))
{
	return next()->fstat64(fd, st);
}

WRAPPED(int, fallocate, (int fd, int mode, off64_t offset, off64_t size))
{
	return next()->fallocate64(fd, mode, offset, size);
}

WRAPPED(int, fallocate64, (int fd, int mode, off64_t offset, off64_t size))
{
	return next()->fallocate64(fd, mode, offset, size);
}

/*
 * A handler of the program may remove an object, as libfabric's does when its program is ended: it
 * must not wait for what the same thread holds. What a call starts has a mask of its own.
 */
static void block_signals(sigset_t *before)
{
	sigset_t all;

	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, before);
}

int __real_connection_call(struct wire_request *request, struct broker_answer *answer);
WRAPPED(int, connection_call, (struct wire_request * request, struct broker_answer *answer))
{
	sigset_t before;
	int outcome;

	block_signals(&before);
	outcome = __real_connection_call(request, answer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return outcome;
}

int __real_connection_call_on(
	uint64_t number, struct wire_request *request, struct broker_answer *answer);
WRAPPED(int, connection_call_on,
	(uint64_t number, struct wire_request *request, struct broker_answer *answer))
{
	sigset_t before;
	int outcome;

	block_signals(&before);
	outcome = __real_connection_call_on(number, request, answer);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return outcome;
}

void __real_connection_close_handle(uint64_t connection, uint32_t handle);
WRAPPED(void, connection_close_handle, (uint64_t connection, uint32_t handle))
{
	sigset_t before;

	block_signals(&before);
	__real_connection_close_handle(connection, handle);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

int __real_connect_path(const char *path, int seconds);
WRAPPED(int, connect_path, (const char *path, int seconds))
{
	const int fd = __real_connect_path(path, seconds);
	struct rlimit limit = {.rlim_cur = 0};
	int moved = -1;

	if (fd < 0)
		return fd;
	getrlimit(RLIMIT_NOFILE, &limit);
	if (limit.rlim_cur > OWN_LOWEST)
		moved = fcntl(fd, F_DUPFD_CLOEXEC, OWN_LOWEST);
	else if (limit.rlim_cur > 16)
		moved = fcntl(fd, F_DUPFD_CLOEXEC, (int)limit.rlim_cur - 8);
	if (moved >= 0)
		next()->close(fd);
	else
		moved = fd;
	marks_set(moved, MARK_OWN);
	return moved;
}
