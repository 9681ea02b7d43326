/* SPDX-License-Identifier: MIT */
/* Memory that is there before it is used; ready.h tells the idea. */
#include "client-lib/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/*
 * Where pages are of 4 KiB, which is nearly everywhere. Where they are not, the kernel declines what is
 * asked for below, and ordinary pages it is.
 */
#define HUGE_PAGE ((size_t)2 << 20)

/* What one call finds memory for: while it does, no thread of the process can map or unmap anything. */
#define PIECE HUGE_PAGE

static size_t piece_at(size_t at, size_t size)
{
	return size - at < PIECE ? size - at : PIECE;
}

/*
 * An address at which huge pages fit, and which was free a moment ago: the kernel takes it for a hint.
 * NULL, any address, if there is no room.
 */
static void *find_address(size_t size)
{
	const size_t room = size + HUGE_PAGE;
	char *found = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (found == MAP_FAILED)
		return NULL;
	munmap(found, room);
	return found + -(uintptr_t)found % HUGE_PAGE;
}

static void *map(int fd, size_t size, int protection, bool aligned)
{
	return mmap(aligned ? find_address(size) : NULL, size, protection, MAP_SHARED, fd, 0);
}

void *ready_map(int fd, size_t size, int protection, bool huge)
{
	void *bytes = map(fd, size, protection, huge && size >= HUGE_PAGE);

	if (huge && bytes != MAP_FAILED)
		madvise(bytes, size, MADV_HUGEPAGE);
	return bytes;
}

/*
 * Whole huge pages, where the kernel finds some: a quarter of the time, for one is cleared and mapped as
 * fast as a few of the 512 pages it stands for. MADV_COLLAPSE does not depend on shmem_enabled, but
 * passes over a place where there is nothing at all. It is advice, and what it fails at is done after it.
 */
static void fill_huge(char *bytes, size_t size)
{
	for (size_t at = 0; at + HUGE_PAGE <= size; at += HUGE_PAGE)
		madvise(bytes + at, 1, MADV_POPULATE_WRITE);
	madvise(bytes, size / HUGE_PAGE * HUGE_PAGE, MADV_COLLAPSE);
}

static bool fill_mapping(char *bytes, size_t size)
{
	bool filled = true;

	if (size >= HUGE_PAGE && (uintptr_t)bytes % HUGE_PAGE == 0)
		fill_huge(bytes, size);
	for (size_t at = 0; at < size && filled; at += PIECE)
		filled = madvise(bytes + at, piece_at(at, size), MADV_POPULATE_WRITE) == 0;
	return filled;
}

/*
 * In pieces, for a signal interrupts fallocate(2), which then begins anew: a timer would keep it from
 * ever coming to an end. A kernel or a sandbox that has no fallocate promises nothing, as without us.
 */
int ready_allocate(int fd, size_t size)
{
	int outcome = 0;
	size_t at = 0;
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state); /* it is a cancellation point */
	while (at < size && outcome == 0) {
		const size_t piece = piece_at(at, size);

		if (fallocate(fd, 0, (off_t)at, (off_t)piece) == 0)
			at += piece;
		else if (errno == ENOSPC || errno == ENOMEM || errno == EDQUOT)
			outcome = -ENOMEM;
		else if (errno != EINTR)
			break;
	}
	pthread_setcancelstate(state, NULL);
	return outcome;
}

/* Whatever keeps us from mapping or populating, whether there is memory fallocate(2) knows. */
int ready_fill(int fd, size_t size, bool huge, void **out)
{
	char *bytes = huge ? ready_map(fd, size, PROT_READ | PROT_WRITE, true)
			   : map(fd, size, PROT_READ | PROT_WRITE, size >= HUGE_PAGE);

	*out = NULL;
	if (bytes == MAP_FAILED)
		return ready_allocate(fd, size);
	if (fill_mapping(bytes, size)) {
		*out = bytes;
		return 0;
	}
	munmap(bytes, size);
	return ready_allocate(fd, size);
}
