/* SPDX-License-Identifier: MIT */
/* Functions for each descriptor that the library receives: move it, and check what it is. */
#ifndef PRSHM_CLIENT_DESCRIPTOR_H
#define PRSHM_CLIENT_DESCRIPTOR_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * Takes fd, and returns the same file under a number above standard error, CLOEXEC; or a negative
 * errno. In a program that closed its standard streams a new descriptor gets the number of one, and
 * what the program prints would go into the file.
 */
static inline int descriptor_above_standard(int fd)
{
	int above = fd;

	if (fd >= 0 && fd <= STDERR_FILENO) {
		above = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
		if (above < 0)
			above = -errno;
		close(fd);
	}
	return above;
}

/* Takes fd, and returns the same file under the lowest free number, CLOEXEC, if fd is higher. */
static inline int descriptor_lowest(int fd)
{
	const int other = fcntl(fd, F_DUPFD_CLOEXEC, 0);

	if (other < 0)
		return fd;
	close(other < fd ? fd : other);
	return other < fd ? other : fd;
}

/* Whether nobody can shrink the memory while it is mapped. Only a memfd has seals. */
static inline bool descriptor_has_seals(int fd)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	const int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & wanted) == wanted;
}

/* The same. Fills *st in. */
static inline bool descriptor_is_sealed(int fd, struct stat *st)
{
	return descriptor_has_seals(fd) && fstat(fd, st) == 0;
}

/*
 * A program may close a descriptor of the library, and open a file of its own that gets the number.
 * So before each use the library checks that the descriptor is still its own.
 *
 * Identifies a socket by a number that the kernel gives to no other socket (SO_COOKIE, Linux 4.12).
 * An older kernel has no such number; then by the inode, which a later socket may get again. 0: fd
 * is no socket, or not open.
 */
static inline uint64_t descriptor_socket_id(int fd)
{
	struct stat st;
	uint64_t cookie;
	socklen_t size = sizeof(cookie);

	if (getsockopt(fd, SOL_SOCKET, SO_COOKIE, &cookie, &size) == 0)
		return cookie;
	if (errno == EBADF || errno == ENOTSOCK || fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode))
		return 0;
	return st.st_ino;
}

/* Identifies any other file by device and inode. */
static inline bool descriptor_is(int fd, dev_t device, ino_t inode)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

#endif
