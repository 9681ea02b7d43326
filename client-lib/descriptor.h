/* SPDX-License-Identifier: MIT */
/* What the library does with each descriptor it is given: puts it out of the way, and looks at it. */
#ifndef PRSHM_CLIENT_DESCRIPTOR_H
#define PRSHM_CLIENT_DESCRIPTOR_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <sys/stat.h>
#include <unistd.h>

/*
 * The same above standard error, CLOEXEC; takes fd over. Or a negative errno. Where the program has
 * closed its standard streams the next descriptor gets their number, and what is printed goes there.
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

/* That nobody can shrink it under us is the promise; only a memfd has these seals. Fills *st in. */
static inline bool descriptor_is_sealed(int fd, struct stat *st)
{
	const int wanted = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	int seals = fcntl(fd, F_GET_SEALS);

	return seals >= 0 && (seals & wanted) == wanted && fstat(fd, st) == 0;
}

#endif
