/* SPDX-License-Identifier: MIT */
/* Puts another open file in the place of a descriptor, for a program that must not notice. */
#ifndef PRSHM_POSIX_REPLACE_H
#define PRSHM_POSIX_REPLACE_H

#include <fcntl.h>
#include <unistd.h>

/* Offset and flags stay, which the other file has of its own. */
static inline void replace_descriptor(int fd, int by)
{
	const int flags = fcntl(fd, F_GETFL);
	const int on_exec = fcntl(fd, F_GETFD);
	const off_t offset = lseek(fd, 0, SEEK_CUR);

	if (dup3(by, fd, on_exec & FD_CLOEXEC ? O_CLOEXEC : 0) < 0)
		return;
	fcntl(fd, F_SETFL, flags);
	lseek(fd, offset, SEEK_SET);
}

#endif
