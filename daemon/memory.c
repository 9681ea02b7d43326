/* SPDX-License-Identifier: MIT */
/* A memfd that can never be executed, where the kernel knows how to say so. */
#include "daemon/memory.h"

#include <errno.h>
#include <linux/memfd.h>
#include <sys/mman.h>

#ifndef MFD_NOEXEC_SEAL
#define MFD_NOEXEC_SEAL 0x0008U /* Linux 6.3 */
#endif

int memory_create(const char *label, unsigned int flags)
{
	int fd = memfd_create(label, MFD_CLOEXEC | MFD_NOEXEC_SEAL | flags);

	if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
		fd = memfd_create(label, MFD_CLOEXEC | flags);
	return fd;
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
