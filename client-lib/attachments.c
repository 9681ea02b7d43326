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

static struct guard guard = GUARD_INITIALIZER(renew);

__attribute__((constructor)) static void register_guard(void)
{
	guard_register(&guard);
}

int attachments_add(void *address, size_t size)
{
	struct attachment *attachment = malloc(sizeof(*attachment));
	struct attachment *stale;

	if (!attachment) {
		munmap(address, size);
		return -ENOMEM;
	}
	attachment->address = (uintptr_t)address;
	attachment->size = size;
	guard_lock(&guard);
	/* An entry with this address is stale: the program called munmap(2) itself. */
	stale = RB_INSERT(attachments, &all, attachment);
	if (stale)
		stale->size = size;
	guard_unlock(&guard);
	if (stale)
		free(attachment);
	return 0;
}

int attachments_map(int fd, size_t size, int protection, bool huge, void **out)
{
	void *address = ready_map(fd, size, protection, huge);
	int outcome;

	if (address == MAP_FAILED)
		return errno == EAGAIN ? -ENOMEM : -errno; /* mmap(2): mlockall's limit */
	outcome = attachments_add(address, size);
	if (outcome == 0)
		*out = address;
	return outcome;
}

/* Removed before it is unmapped: the kernel may give the address to another thread at once. */
bool attachments_unmap(void *address)
{
	struct attachment key = {.address = (uintptr_t)address};
	struct attachment *attachment;

	guard_lock(&guard);
	attachment = RB_FIND(attachments, &all, &key);
	if (attachment)
		RB_REMOVE(attachments, &all, attachment);
	guard_unlock(&guard);
	if (!attachment)
		return false;
	munmap(address, attachment->size);
	free(attachment);
	return true;
}
