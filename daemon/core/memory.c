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

#ifndef F_SEAL_EXEC
#define F_SEAL_EXEC 0x0020 /* Linux 6.3: comes with MFD_NOEXEC_SEAL */
#endif

/* With these seals, no process that has the memory can change its size under the others. */
#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

static void close_at_once(int fd, uint64_t bytes)
{
	(void)bytes;
	close(fd);
}

void (*memory_close)(int fd, uint64_t bytes) = close_at_once;

static int apply_at_once(memory_change *change, int fd, uint64_t value, const struct account *payer)
{
	(void)payer;
	return change(fd, value);
}

int (*memory_apply)(
	memory_change *change, int fd, uint64_t value, const struct account *payer) = apply_at_once;

static bool waits_never(uint64_t inode)
{
	(void)inode;
	return false;
}

bool (*memory_waits)(uint64_t inode) = waits_never;

static int resize(int fd, uint64_t size)
{
	return ftruncate(fd, (off_t)size) < 0 ? -errno : 0;
}

static int add_seals(int fd, uint64_t seals)
{
	return fcntl(fd, F_ADD_SEALS, (int)seals) < 0 ? -errno : 0;
}

static int free_behind(int fd, uint64_t size)
{
	const off_t end = (off_t)size;
	const int flags = FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE;

	return fallocate(fd, flags, end, INT64_MAX - end) < 0 ? -errno : 0;
}

int memory_resize(int fd, uint64_t size, const struct account *payer)
{
	return memory_apply(resize, fd, size, payer);
}

int memory_free_behind(int fd, uint64_t size, const struct account *payer)
{
	return memory_apply(free_behind, fd, size, payer);
}

int memory_create(const char *label, unsigned int flags)
{
	int fd = memfd_create(label, MFD_CLOEXEC | MFD_NOEXEC_SEAL | flags);

	if (fd < 0 && errno == EINVAL) /* a kernel before 6.3 */
		fd = memfd_create(label, MFD_CLOEXEC | flags);
	return fd;
}

bool memory_protect(int fd)
{
	return fchmod(fd, 0600) == 0;
}

bool memory_seal(int fd)
{
	return memory_protect(fd) && fcntl(fd, F_ADD_SEALS, SEALS) == 0;
}

/*
 * The client may have set F_SEAL_SEAL, and then ours cannot be added; or F_SEAL_WRITE or
 * F_SEAL_FUTURE_WRITE: then nobody could map the memory for writing.
 */
int memory_seal_late(int fd, const struct account *payer)
{
	int seals = fcntl(fd, F_GET_SEALS);
	int error;

	if (seals < 0)
		return -errno;
	if ((seals & ~F_SEAL_EXEC) == SEALS) /* the last broker died right after it had sealed */
		return 0;
	if ((seals & ~F_SEAL_EXEC) != 0)
		return -EPERM;
	error = memory_apply(add_seals, fd, SEALS, payer);
	if (error < 0 && error != -EPERM)
		return error;
	/* The client may have been faster; or the last broker, whose seals were late. */
	seals = fcntl(fd, F_GET_SEALS);
	if (seals < 0)
		return -errno;
	return (seals & ~F_SEAL_EXEC) == SEALS ? 0 : -EPERM;
}

/* EAGAIN: another open file exists. The other errors: the kernel or a sandbox grants no lease. */
static bool is_refused_lease(int error)
{
	return error == EAGAIN || error == EINVAL || error == EACCES || error == EPERM ||
	       error == ENOSYS;
}

/*
 * The kernel grants a write lease only if no other open file exists: fcntl(2), F_SETLEASE.
 * A process that opens the memory meanwhile causes SIGIO, which the shell ignores.
 */
int memory_check_unshared(int writer, bool *out)
{
	const int seals = fcntl(writer, F_GET_SEALS);
	bool granted;

	if (seals < 0)
		return -errno;
	granted = (seals & ~F_SEAL_EXEC) == 0 && fcntl(writer, F_SETLEASE, F_WRLCK) == 0;
	if (!granted && (seals & ~F_SEAL_EXEC) == 0 && !is_refused_lease(errno))
		return -errno;
	if (granted && fcntl(writer, F_SETLEASE, F_UNLCK) < 0)
		return -errno;
	*out = granted;
	return 0;
}

bool memory_is(int fd, uint64_t inode, uint64_t size)
{
	/* -1 for what cannot be sealed, with all bits set */
	const int seals = fcntl(fd, F_GET_SEALS);
	struct stat st;

	return seals >= 0 && (seals & SEALS) == SEALS && fstat(fd, &st) == 0 &&
	       st.st_ino == inode && (uint64_t)st.st_size == size;
}

bool memory_is_inode(int fd, uint64_t inode)
{
	struct stat st;

	return fcntl(fd, F_GET_SEALS) >= 0 && fstat(fd, &st) == 0 && st.st_ino == inode;
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
	case EAGAIN: /* segment_open_again */
		return STATUS_REFUSED;
	case EALREADY: /* memory_apply */
	case EINPROGRESS:
		return STATUS_LATER;
	default:
		return STATUS_INTERNAL;
	}
}
