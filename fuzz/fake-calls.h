/* SPDX-License-Identifier: MIT */
/*
 * The calls that the fake kernel takes, each with what the linker makes of its name: callers get
 * __wrap_NAME, and __real_NAME is the C library's. Where files have 64 bits, the C library has
 * other names; fuzz.am gives those to the linker.
 */
#ifndef PRSHM_FUZZ_FAKE_CALLS_H
#define PRSHM_FUZZ_FAKE_CALLS_H

#include <stddef.h>
#include <sys/stat.h>
#include <sys/types.h>

/* As in the headers of glibc, which redirects a name when _FILE_OFFSET_BITS is 64. */
#define WRAPS(type, name, symbol, ...)                                                             \
	type __wrap_##name(__VA_ARGS__) __asm__("__wrap_" symbol);                                 \
	type __real_##name(__VA_ARGS__) __asm__("__real_" symbol)

WRAPS(int, memfd_create, "memfd_create", const char *name, unsigned int flags);
WRAPS(int, close, "close", int fd);
WRAPS(int, ftruncate, "ftruncate64", int fd, off_t size);
WRAPS(int, fallocate, "fallocate64", int fd, int mode, off_t offset, off_t length);
WRAPS(int, fchmod, "fchmod", int fd, mode_t mode);
WRAPS(int, fcntl, "fcntl64", int fd, int command, unsigned long argument);
WRAPS(int, fstat, "fstat64", int fd, struct stat *st);
WRAPS(int, open, "open64", const char *path, int flags, mode_t mode);
WRAPS(void *, mmap, "mmap64", void *address, size_t length, int protection, int flags, int fd,
	off_t offset);
WRAPS(int, munmap, "munmap", void *address, size_t length);
WRAPS(void *, mremap, "mremap", void *address, size_t old, size_t length, int flags, void *wanted);

struct msghdr;
struct pollfd;
struct sockaddr;
struct timespec;

WRAPS(int, socket, "socket", int domain, int type, int protocol);
WRAPS(int, connect, "connect", int fd, const struct sockaddr *address, unsigned int size);
WRAPS(ssize_t, recvmsg, "recvmsg", int fd, struct msghdr *header, int flags);
WRAPS(ssize_t, sendmsg, "sendmsg", int fd, const struct msghdr *header, int flags);
WRAPS(ssize_t, send, "send", int fd, const void *bytes, size_t length, int flags);
WRAPS(int, poll, "poll", struct pollfd *polled, unsigned long count, int milliseconds);
WRAPS(int, getsockopt, "getsockopt", int fd, int level, int option, void *value,
	unsigned int *size);
WRAPS(int, setsockopt, "setsockopt", int fd, int level, int option, const void *value,
	unsigned int size);
WRAPS(int, usleep, "usleep", unsigned int microseconds);
WRAPS(int, nanosleep, "nanosleep", const struct timespec *time, struct timespec *left);
WRAPS(int, clock_gettime, "clock_gettime", int clock, struct timespec *time);
__attribute__((format(printf, 2, 3))) void __wrap_log_write(int priority, const char *format, ...);

WRAPS(void *, malloc, "malloc", size_t size);
WRAPS(void, free, "free", void *block);

#endif
