/* SPDX-License-Identifier: MIT */
/* The bytes of files, and mappings; fake-kernel.h tells the idea. */
#include "fuzz/fake-memory.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "fuzz/fake-calls.h"
#include "fuzz/pool.h"

#define MAPS       256
#define PAGE       4096
#define MAPPED_MAX ((size_t)16 << 20) /* larger files have no pages here */

static struct {
	struct file *file; /* NULL: free */
	uint8_t *address;
} maps[MAPS];

static void *get_bytes(size_t room)
{
	void *bytes = pool_get(room);

	if (!bytes && posix_memalign(&bytes, PAGE, room) != 0)
		abort();
	return memset(bytes, 0, room);
}

static void free_bytes(struct file *file)
{
	free(file->bytes); /* or the pool takes it back */
	file->bytes = NULL;
	file->room = 0;
}

void fake_unref(struct file *file)
{
	if (--file->users == 0)
		free_bytes(file);
}

void fake_memory_reset(void)
{
	for (size_t i = 0; i < MAPS; i++) {
		if (maps[i].file)
			fake_unref(maps[i].file);
		maps[i].file = NULL;
	}
}

static void grow_bytes(struct file *file, size_t room)
{
	const size_t pages = (room + PAGE - 1) / PAGE * PAGE;
	uint8_t *bytes;

	if (pages <= file->room)
		return;
	bytes = get_bytes(pages);
	if (file->bytes)
		memcpy(bytes, file->bytes, file->room);
	free_bytes(file);
	file->bytes = bytes;
	file->room = pages;
}

void *__wrap_mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset)
{
	struct file *file = fake_find(fd);
	size_t i = 0;

	if (fd < FAKE_FIRST_FD)
		return __real_mmap(address, length, protection, flags, fd, offset);
	while (i < MAPS && maps[i].file)
		i++;
	if (!file || length == 0 || length > MAPPED_MAX || i == MAPS) {
		errno = file ? ENOMEM : EBADF;
		return MAP_FAILED;
	}
	if ((protection & PROT_WRITE) && __wrap_fcntl(fd, F_GETFL, 0) == O_RDONLY) {
		errno = EACCES;
		return MAP_FAILED;
	}
	grow_bytes(file, length);
	file->users++;
	maps[i].file = file;
	maps[i].address = file->bytes;
	return file->bytes;
}

static size_t find_map(const void *address)
{
	size_t i = 0;

	while (i < MAPS && !(maps[i].file && maps[i].address == address))
		i++;
	return i;
}

int __wrap_munmap(void *address, size_t length)
{
	const size_t i = find_map(address);

	if (i == MAPS)
		return __real_munmap(address, length);
	fake_unref(maps[i].file);
	maps[i].file = NULL;
	return 0;
}

/* Only one mapping of a file grows, a journal's, and has no other beside it. */
void *__wrap_mremap(void *address, size_t old, size_t length, int flags, void *wanted)
{
	const size_t i = find_map(address);

	if (i == MAPS)
		return __real_mremap(address, old, length, flags, wanted);
	grow_bytes(maps[i].file, length);
	maps[i].address = maps[i].file->bytes;
	return maps[i].address;
}
