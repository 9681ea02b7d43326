/* SPDX-License-Identifier: MIT */
/* Finds memory for a segment before it is used. */
#include "client-lib/ready.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

/*
 * The size where ordinary pages have 4 KiB. On other machines the kernel refuses the calls below,
 * and the memory has ordinary pages.
 */
#define HUGE_PAGE ((size_t)2 << 20)

/*
 * The bytes of one call: while the call runs, no thread of the process can map or unmap anything.
 */
#define PIECE HUGE_PAGE

static size_t piece_at(size_t at, size_t size)
{
	return size - at < PIECE ? size - at : PIECE;
}

/*
 * An address at which huge pages fit, and which was free a moment ago: a hint for mmap(2). NULL,
 * any address, if there is no room.
 */
static void *find_address(size_t size)
{
	const size_t room = size + HUGE_PAGE;
	char *found =
		mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

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
 * Whole huge pages, where the kernel has some: a quarter of the time of ordinary pages.
 * MADV_COLLAPSE works whatever shmem_enabled says, but skips a place without any page, so one page
 * is made first. Both are advice: fill_mapping then does what failed here.
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
 * For places where fallocate(2) is refused, as in a sandbox. Instead, the kernel finds the pages
 * for a mapping that is populated. No fault can end in a SIGBUS. And nothing is written, since
 * another process may have written there meanwhile. MAP_POPULATE tells of no error, so the blocks
 * are counted.
 */
static int populate(int fd, size_t size)
{
	struct stat st;

	for (size_t at = 0; at < size; at += PIECE) {
		const size_t piece = piece_at(at, size);
		void *bytes = mmap(NULL, piece, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_POPULATE,
			fd, (off_t)at);

		if (bytes == MAP_FAILED)
			return -ENOMEM;
		munmap(bytes, piece);
	}
	if (fstat(fd, &st) < 0 || (uint64_t)st.st_blocks * 512 < size)
		return -ENOMEM;
	return 0;
}

/*
 * In pieces: a signal interrupts fallocate(2), and all that the call has found is given back; with
 * a timer one big call might never end.
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
	if (outcome == 0 && at < size)
		outcome = populate(fd, size);
	pthread_setcancelstate(state, NULL);
	return outcome;
}

/* If mapping or populating fails, fallocate(2) tells whether there is memory. */
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
