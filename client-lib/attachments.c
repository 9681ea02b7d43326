/* SPDX-License-Identifier: MIT */
/*
 * Every attachment of this process, by the address of its first byte. PR_DetachSharedMemory gets
 * only an address, and must not unmap anything that is not an attachment.
 */
#include "client-lib/attachments.h"

#include <bsd/sys/tree.h>
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#include "client-lib/guard.h"
#include "client-lib/ready.h"

struct attachment {
	uintptr_t address;
	size_t size;
	struct mappings *of; /* borrowed: the handle's */
	bool whole;
	RB_ENTRY(attachment) in_all; /* all */
};

static int compare(const struct attachment *a, const struct attachment *b)
{
	return (a->address > b->address) - (a->address < b->address);
}

static RB_HEAD(attachments, attachment) all = RB_INITIALIZER(&all);

RB_PROTOTYPE(attachments, attachment, in_all, compare)
RB_GENERATE(attachments, attachment, in_all, compare)

/* A broken tree is abandoned: the mappings stay, but can no longer be detached. */
static void renew(bool broken)
{
	if (broken)
		RB_INIT(&all);
}

GUARD(guard, renew);

/*
 * An entry with this address is stale: the program called munmap(2) itself. It goes, and what it
 * counted for; *stale, to be freed.
 */
static void record(struct attachment *attachment, struct attachment **stale)
{
	*stale = RB_INSERT(attachments, &all, attachment);
	if (*stale) {
		RB_REMOVE(attachments, &all, *stale);
		RB_INSERT(attachments, &all, attachment);
		(*stale)->of->attached--;
		if ((*stale)->of->closed && (*stale)->of->attached == 0)
			free((*stale)->of);
	}
	attachment->of->attached++;
}

/* Takes the mapping: what cannot be recorded is unmapped. The guard is not held. */
static int add(struct mappings *of, void *address, bool whole)
{
	struct attachment *attachment = malloc(sizeof(*attachment));
	struct attachment *stale;

	if (!attachment) {
		munmap(address, of->size);
		return -ENOMEM;
	}
	*attachment = (struct attachment){
		.address = (uintptr_t)address, .size = of->size, .of = of, .whole = whole};
	guard_lock(&guard);
	record(attachment, &stale);
	guard_unlock(&guard);
	free(stale);
	return 0;
}

int attachments_map(struct mappings *of, int fd, int protection, bool whole, bool huge, void **out)
{
	void *address = ready_map(fd, of->size, protection, huge);
	int outcome;

	if (address == MAP_FAILED)
		return errno == EAGAIN ? -ENOMEM : -errno; /* mmap(2): mlockall's limit */
	outcome = add(of, address, whole);
	if (outcome == 0)
		*out = address;
	return outcome;
}

int attachments_take_ready(struct mappings *of, void **out)
{
	struct attachment *attachment;
	struct attachment *stale;
	int outcome = -ENOENT;

	if (!atomic_load_explicit(&of->ready, memory_order_relaxed))
		return -ENOENT;
	attachment = malloc(sizeof(*attachment));
	stale = attachment;
	if (!attachment)
		return -ENOMEM;
	guard_lock(&guard);
	if (of->ready) {
		*attachment = (struct attachment){
			.address = (uintptr_t)of->ready, .size = of->size, .of = of, .whole = true};
		*out = of->base = of->ready;
		of->ready = NULL;
		record(attachment, &stale);
		outcome = 0;
	}
	guard_unlock(&guard);
	free(stale);
	return outcome;
}

/* mremap(2) with an old size of 0 maps what is there a second time, if it is shared. */
int attachments_duplicate(struct mappings *of, void **out)
{
	void *address;
	int outcome;

	guard_lock(&guard);
	address = mremap(of->base, 0, of->size, MREMAP_MAYMOVE);
	guard_unlock(&guard);
	if (address == MAP_FAILED)
		return errno == ENOMEM || errno == EAGAIN ? -ENOMEM : -EBADF;
	outcome = add(of, address, true);
	if (outcome == 0)
		*out = address;
	return outcome;
}

bool attachments_leave(struct mappings *of, void **ready)
{
	bool is_last;

	guard_lock(&guard);
	is_last = of->attached == 0;
	if (!is_last) {
		*ready = of->ready;
		of->ready = NULL;
		of->closed = true;
	}
	guard_unlock(&guard);
	return is_last;
}

/*
 * What becomes of a detached mapping: it waits again, or *unmap; and of a handle, if it was closed.
 */
static struct mappings *give_back(const struct attachment *attachment, bool *unmap)
{
	struct mappings *of = attachment->of;

	*unmap = true;
	if (!of)
		return NULL;
	of->attached--;
	if (of->closed)
		return of->attached == 0 ? of : NULL;
	if (of->keeps && attachment->whole && !of->ready) {
		of->ready = (void *)attachment->address;
		*unmap = false;
	}
	return NULL;
}

/* Removed before it is unmapped: the kernel may give the address to another thread at once. */
bool attachments_unmap(void *address)
{
	struct attachment key = {.address = (uintptr_t)address};
	struct mappings *closed = NULL;
	struct attachment *attachment;
	bool unmap = false;

	guard_lock(&guard);
	attachment = RB_FIND(attachments, &all, &key);
	if (attachment) {
		RB_REMOVE(attachments, &all, attachment);
		closed = give_back(attachment, &unmap);
	}
	guard_unlock(&guard);
	if (!attachment)
		return false;
	if (unmap)
		munmap(address, attachment->size);
	free(closed);
	free(attachment);
	return true;
}
