/* SPDX-License-Identifier: MIT */
/* A segment and its memory, which is made once and sealed, before any client gets a descriptor. */
#include "daemon/core/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/memfd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/memory.h"

static int shape_memory(int fd, uint64_t size)
{
	if (size > INT64_MAX)
		return -EFBIG;
	if (size == 0)
		return memory_protect(fd) ? 0 : -errno;
	return ftruncate(fd, (off_t)size) == 0 && memory_seal(fd) ? 0 : -errno;
}

/*
 * Reserves all pages of the memory in the host's pool. Without that, a process is killed that
 * touches a page when the pool is empty. mmap(2) reserves the pages for the file, so they stay
 * reserved after munmap(2). No page is touched.
 */
static int reserve_huge_pages(int fd, uint64_t size)
{
	void *bytes = mmap(NULL, size, PROT_NONE, MAP_SHARED, fd, 0);

	return bytes != MAP_FAILED && munmap(bytes, size) == 0 ? 0 : -errno;
}

/*
 * flags: MFD_HUGETLB or 0. The name is what people see in /proc/PID/maps; the kernel takes up to
 * 249 bytes of a name. Returns the descriptor, or a negative errno.
 */
static int make_memory(const char *name, size_t name_length, uint64_t size, unsigned int flags)
{
	char label[250] = "prshm:";
	const size_t begin = strlen(label);
	const size_t room = sizeof(label) - 1 - begin;
	int error;
	int fd;

	memcpy(label + begin, name, name_length < room ? name_length : room);
	fd = memory_create(label, MFD_ALLOW_SEALING | flags);
	if (fd < 0)
		return -errno;
	error = shape_memory(fd, size);
	if (error == 0 && flags != 0)
		error = reserve_huge_pages(fd, size);
	if (error == 0)
		return fd;
	memory_close(fd, MEMORY_ANY); /* a pool's pages may be behind it */
	return error;
}

static int get_inode(int fd, uint64_t *inode)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*inode = st.st_ino;
	return 0;
}

static int make_token(struct token *token)
{
	const ssize_t bytes = getrandom(token, sizeof(*token), 0);

	if (bytes < 0)
		return -errno;
	return bytes == sizeof(*token) ? 0 : -EIO;
}

void segment_freep(struct segment **segment)
{
	segment_free(*segment);
}

struct segment *segment_restore(const char *name, size_t name_length, uint64_t size, uint64_t inode)
{
	struct segment *segment = calloc(1, sizeof(*segment) + name_length);

	if (!segment)
		return NULL;
	RB_INIT(&segment->holders);
	segment->fd = -1;
	segment->inode = inode;
	segment->size = size;
	segment->anonymous = name_length == 0;
	segment->name_length = (uint32_t)name_length;
	segment->name = segment->first_name;
	memcpy(segment->name, name, name_length);
	return segment;
}

int segment_new(
	const char *name, size_t name_length, uint64_t size, bool huge, struct segment **outp)
{
	__attribute__((cleanup(segment_freep))) struct segment *segment =
		segment_restore(name, name_length, size, 0);
	int error;

	if (!segment)
		return -ENOMEM;
	segment->huge = huge;
	segment->sealing = size > 0 ? SEALED : UNSEALED;
	if (huge)
		segment->fd = make_memory(name, name_length, size, MFD_HUGETLB);
	if (segment->fd < 0)
		segment->fd = make_memory(name, name_length, size, 0);
	error = segment->fd < 0 ? segment->fd : get_inode(segment->fd, &segment->inode);
	if (error == 0 && segment->anonymous)
		error = make_token(&segment->token);
	if (error < 0)
		return error;
	*outp = segment;
	segment = NULL;
	return 0;
}

bool segment_adopt(struct segment *segment, int fd)
{
	if (segment->fd >= 0)
		return false;
	if (segment->sealing == SEALED ? !memory_is(fd, segment->inode, segment->size)
				       : !memory_is_inode(fd, segment->inode))
		return false;
	segment->fd = fd;
	return true;
}

uint64_t segment_bytes(const struct segment *segment)
{
	return segment->sealing == SEALED ? segment->size : MEMORY_ANY;
}

struct segment *segment_free(struct segment *segment)
{
	if (!segment)
		return NULL;
	assert(!segment->named && segment->holder_count == 0);
	if (segment->fd >= 0)
		memory_close(segment->fd, segment_bytes(segment));
	charge_deinit(&segment->charges[0]);
	charge_deinit(&segment->charges[1]);
	rights_deinit(&segment->rights);
	segment_take_name(segment, NULL, 0);
	free(segment);
	return NULL;
}

char *segment_copy_name(const char *name, size_t length)
{
	char *copy = malloc(length);

	return copy ? memcpy(copy, name, length) : NULL;
}

void segment_take_name(struct segment *segment, char *name, size_t length)
{
	if (segment->name != segment->first_name)
		free(segment->name);
	segment->name = name;
	segment->name_length = (uint32_t)length;
}

uint64_t segment_used(const struct segment *segment)
{
	struct stat st;

	return fstat(segment->fd, &st) == 0 ? (uint64_t)st.st_blocks * 512 : 0;
}

/*
 * EAGAIN: a process has a lease (fcntl(2), F_SETLEASE), for which the open would wait up to 45
 * seconds. Only root and the broker's own user get one. Or root has made the memory immutable, or
 * such that it is only appended to (chattr(1)), which the kernel says as EPERM.
 */
int segment_open_again(const struct segment *segment, int mode)
{
	char path[32];
	int error = 0;
	int fd;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", segment->fd);
	fd = open(path, mode | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return errno == EPERM ? -EAGAIN : -errno;
	if (fcntl(fd, F_SETFL, 0) < 0) /* the client is to have it as it asked for it */
		error = -errno;
	if (error < 0)
		close(fd);
	return error < 0 ? error : fd;
}
