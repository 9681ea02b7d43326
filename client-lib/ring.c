/* SPDX-License-Identifier: MIT */
/* The client's side of the ring in which handles are closed. */
#include "client-lib/ring.h"

#include <sys/mman.h>

#include "client-lib/descriptor.h"

int ring_map(int fd, struct ring_page **out, dev_t *device)
{
	struct stat st;
	void *page = MAP_FAILED;
	int error = -EPROTO;

	if (fd >= 0 && descriptor_is_sealed(fd, &st) && st.st_size == RING_BYTES) {
		page = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		error = page == MAP_FAILED ? -errno : 0;
	}
	if (fd >= 0)
		close(fd);
	if (error == 0) {
		*out = page;
		*device = st.st_dev;
	}
	return error;
}

void ring_unmap(struct ring_page *page)
{
	if (page)
		munmap(page, RING_BYTES);
}

bool ring_is_full(const struct ring_page *page)
{
	return atomic_load(&page->closed) - atomic_load(&page->seen) >= RING_ROOM;
}

/*
 * This side writes `closed` and then reads `quiet`; the broker writes `quiet` and then reads
 * `closed`. So at least one of the two sees what the other wrote.
 */
bool ring_put(struct ring_page *page, uint32_t handle)
{
	const uint32_t closed = atomic_load_explicit(&page->closed, memory_order_relaxed);

	atomic_store_explicit(&page->handles[closed % RING_ROOM], handle, memory_order_relaxed);
	atomic_store(&page->closed, closed + 1);
	return atomic_load(&page->quiet) == 0;
}
