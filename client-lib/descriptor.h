/* SPDX-License-Identifier: MIT */
/* What the library does with each descriptor that it receives: moves it, and looks at it. */
#ifndef PRSHM_CLIENT_DESCRIPTOR_H
#define PRSHM_CLIENT_DESCRIPTOR_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
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

/* Sealed: nobody can shrink the memory while it is mapped. Only a memfd has seals. Fills *st in. */
static inline bool descriptor_is_sealed(int fd, struct stat *st)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & wanted) == wanted && fstat(fd, st) == 0;
}

#endif
