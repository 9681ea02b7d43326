/* SPDX-License-Identifier: MIT */
/* Large blocks that are used again; pool.h tells why. */
#include "fuzz/pool.h"

#include <sanitizer/asan_interface.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "fuzz/fake-calls.h"

#define BLOCKS     16
#define LEAST      ((size_t)128 * 1024)
#define MOST       ((size_t)1 << 20)
#define BLOCK_ROOM (MOST + 4096) /* what is between two blocks may not be touched */

/*
 * Freed blocks are kept from use for a while, so that a use after free is seen. An input frees a
 * few thousand bytes; with the 256 MB that are usual, each block is in memory that no cache has.
 */
const char *__asan_default_options(void);
const char *__asan_default_options(void)
{
	return "quarantine_size_mb=1:thread_local_quarantine_size_kb=64:malloc_context_size=4:"
	       "max_malloc_fill_size=0";
}

static uint8_t *start; /* NULL: nothing was asked for yet */
static uint8_t *unused[BLOCKS];
static size_t unused_count;

static void make(void)
{
	start = __real_mmap(NULL, BLOCKS * BLOCK_ROOM, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (start == MAP_FAILED)
		abort();
	ASAN_POISON_MEMORY_REGION(start, BLOCKS * BLOCK_ROOM);
	for (; unused_count < BLOCKS; unused_count++)
		unused[unused_count] = start + unused_count * BLOCK_ROOM;
}

void *pool_get(size_t size)
{
	uint8_t *block;

	if (size < LEAST || size > MOST)
		return NULL;
	if (!start)
		make();
	if (unused_count == 0)
		return NULL;
	block = unused[--unused_count];
	ASAN_UNPOISON_MEMORY_REGION(block, size);
	return block;
}

void *__wrap_malloc(size_t size)
{
	void *block = pool_get(size);

	return block ? block : __real_malloc(size);
}

void __wrap_free(void *block)
{
	uint8_t *const bytes = block;

	if (!start || bytes < start || bytes >= start + BLOCKS * BLOCK_ROOM) {
		__real_free(block);
		return;
	}
	ASAN_POISON_MEMORY_REGION(bytes, MOST);
	unused[unused_count++] = bytes;
}
