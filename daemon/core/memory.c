/* SPDX-License-Identifier: MIT */
/* The memfds of segments, rings and the journal. */
#include "daemon/core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

/* With these seals, no process that has the memory can change its size under the others. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static void close_at_once(int fd)
{
	close(fd);
}

void (*memory_close)(int fd) = close_at_once;

int memory_create(const char *label, unsigned int flags)
{
	int fd = memfd_create(label, MFD_CLOEXEC | MFD_NOEXEC_SEAL | flags);

	if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
		fd = memfd_create(label, MFD_CLOEXEC | flags);
	return fd;
}

bool memory_seal(int fd)
{
	return fchmod(fd, 0600) == 0 && fcntl(fd, F_ADD_SEALS, SEALS) == 0;
}

bool memory_is(int fd, uint64_t inode, uint64_t size)
{
	const int seals = fcntl(fd, F_GET_SEALS); /* -1 for what cannot be sealed, with all bits set */
	struct stat st;

	return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 &&
	       st.st_ino == inode && (uint64_t)st.st_size == size;
}

enum status memory_status(int error)
{
	switch (error) {
	case ENOMEM:
	case ENOSPC:
		return STATUS_NO_MEMORY;
	case EMFILE:
	case ENFILE:
		return STATUS_NO_RESOURCES;
	case EFBIG:
		return STATUS_TOO_BIG;
	default:
		return STATUS_INTERNAL;
	}
}
