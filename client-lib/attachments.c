/* SPDX-License-Identifier: MIT */
/*
 * Every attachment of this process, by its first byte. PR_DetachSharedMemory gets nothing but an
 * address, and must not unmap what is not an attachment.
 */
#include "client-lib/attachments.h"

#include <bsd/sys/tree.h>
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

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
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

RB_PROTOTYPE(attachments, attachment, in_all, compare)
RB_GENERATE(attachments, attachment, in_all, compare)

void attachments_lock(void)
{
	pthread_mutex_lock(&lock);
}

void attachments_unlock(void)
{
	pthread_mutex_unlock(&lock);
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
	attachments_lock();
	/* An entry with this address is stale: the program called munmap(2) itself. */
	stale = RB_INSERT(attachments, &all, attachment);
	if (stale)
		stale->size = size;
	attachments_unlock();
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

	attachments_lock();
	attachment = RB_FIND(attachments, &all, &key);
	if (attachment)
		RB_REMOVE(attachments, &all, attachment);
	attachments_unlock();
	if (!attachment)
		return false;
	munmap(address, attachment->size);
	free(attachment);
	return true;
}
