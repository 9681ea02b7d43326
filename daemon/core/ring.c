/* SPDX-License-Identifier: MIT */
/* A page shared with one client: made, adopted, and read without trust in the client. */
#include "daemon/core/ring.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/memory.h"

/*
 * The page that was accessed last, for the SIGBUS handler. No other memory is shared and accessed.
 */
static struct ring_page *volatile touched;

static struct ring_page *touch(const struct ring *ring)
{
	touched = ring->page;
	return ring->page;
}

bool ring_replace(const void *address)
{
	char *const page = (char *)touched;

	return page && (const char *)address >= page && (const char *)address < page + RING_BYTES &&
	       mmap(page, RING_BYTES, PROT_READ | PROT_WRITE,
		       MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != MAP_FAILED;
}

void ring_init(struct ring *ring)
{
	*ring = (struct ring){.fd = -1};
}

void ring_deinit(struct ring *ring)
{
	if (ring->page)
		munmap(ring->page, RING_BYTES);
	touched = NULL;
	if (ring->fd >= 0)
		close(ring->fd);
	ring_init(ring);
}

static bool map(struct ring *ring)
{
	void *page = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);

	if (page == MAP_FAILED)
		return false;
	madvise(page, RING_BYTES, MADV_DONTFORK); /* or a child keeps it for longer */
	ring->page = page;
	return true;
}

/*
 * The seals prevent the client from making the file shorter. fallocate(2) finds the memory now, or
 * fails: without that, a store would be a SIGBUS if there is no memory.
 */
int ring_make(struct ring *ring)
{
	struct ring new = {.fd = memory_create("prshm-ring", MFD_ALLOW_SEALING)};
	struct stat st;

	if (new.fd < 0 || fallocate(new.fd, 0, 0, RING_BYTES) < 0 || !memory_seal(new.fd) ||
		fstat(new.fd, &st) < 0 || !map(&new)) {
		const int error = errno;

		ring_deinit(&new);
		return -error;
	}
	new.inode = st.st_ino;
	ring_start_parking(&new);
	*ring = new;
	return 0;
}

bool ring_adopt(struct ring *ring, int fd)
{
	if (ring->fd >= 0 || !memory_is(fd, ring->inode, RING_BYTES))
		return false;
	ring->fd = fd;
	if (!map(ring)) {
		ring->fd = -1;
		return false;
	}
	atomic_store(&touch(ring)->quiet, 0); /* as ring->quiet; it may have been 1 */
	return true;
}

uint32_t ring_waiting(const struct ring *ring)
{
	const uint32_t waiting = ring->page ? atomic_load(&touch(ring)->closed) - ring->seen : 0;

	return waiting <= RING_ROOM ? waiting : 0;
}

uint32_t ring_take(struct ring *ring)
{
	return atomic_load_explicit(
		&touch(ring)->handles[ring->seen++ % RING_ROOM], memory_order_relaxed);
}

void ring_skip(struct ring *ring, uint32_t count)
{
	ring->seen += count;
}

void ring_give_room(const struct ring *ring)
{
	/*
	 * Store only a new value: each store takes the cache line away from the client's processor.
	 */
	if (ring->page &&
		atomic_load_explicit(&touch(ring)->seen, memory_order_relaxed) != ring->seen)
		atomic_store_explicit(&ring->page->seen, ring->seen, memory_order_release);
}

void ring_set_quiet(struct ring *ring, bool quiet)
{
	if (!ring->page || ring->quiet == quiet)
		return;
	ring->quiet = quiet;
	atomic_store(&touch(ring)->quiet, quiet);
}

static _Atomic uint64_t *word_of(const struct ring *ring, uint32_t handle)
{
	return ring->page && handle < RING_PARKABLE ? &touch(ring)->parks[handle / 32U] : NULL;
}

/* Mostly the bits are right already: then nothing is stored, as in ring_give_room. */
void ring_give_out(const struct ring *ring, uint32_t handle, bool may_park)
{
	const uint64_t wanted = may_park ? 0 : RING_FROZEN(handle);
	const uint64_t bits = RING_PARKED(handle) | RING_FROZEN(handle);
	_Atomic uint64_t *word = word_of(ring, handle);

	if (!word || (atomic_load(word) & bits) == wanted)
		return;
	if (!may_park)
		atomic_fetch_or(word, wanted);
	atomic_fetch_and(word, ~(bits ^ wanted));
}

bool ring_is_parked(const struct ring *ring, uint32_t handle)
{
	_Atomic uint64_t *word = word_of(ring, handle);

	return word && (atomic_load(word) & RING_PARKED(handle));
}

bool ring_is_frozen(const struct ring *ring, uint32_t handle)
{
	_Atomic uint64_t *word = word_of(ring, handle);

	return !word || (atomic_load(word) & RING_FROZEN(handle));
}

bool ring_freeze(const struct ring *ring, uint32_t handle)
{
	_Atomic uint64_t *word = word_of(ring, handle);

	return word && (atomic_fetch_or(word, RING_FROZEN(handle)) & RING_PARKED(handle));
}

void ring_freeze_all(const struct ring *ring)
{
	if (!ring->page)
		return;
	for (size_t i = 0; i < RING_PARKS; i++)
		atomic_fetch_or(&touch(ring)->parks[i], RING_FROZEN_ALL);
}

void ring_tell_change(const struct ring *ring)
{
	if (ring->page)
		atomic_fetch_add(&touch(ring)->changes, 1);
}

void ring_start_parking(const struct ring *ring)
{
	ring_tell_change(ring);
	if (!ring->page || atomic_load(&touch(ring)->parking) != 0)
		return;
	ring_freeze_all(ring);
	atomic_store(&ring->page->parking, 1);
}
