/* SPDX-License-Identifier: MIT */
/* A handle of a segment. What the broker sends is checked before it is used. */
#include "client-lib/handle.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/attachments.h"
#include "client-lib/descriptor.h"
#include "client-lib/ready.h"

/* By inode, not by the segment's number: a broker without its keeper's memory begins anew at 1. */
static bool is_same_memory(int a, int b)
{
	struct stat of_a;
	struct stat of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

static int verify(int fd, uint64_t size, ino_t *inode)
{
	struct stat st;

	if (!descriptor_is_sealed(fd, &st) || (uint64_t)st.st_size != size)
		return -EPROTO;
	*inode = st.st_ino;
	return 0;
}

/* A program may have closed the descriptor; its number may be another file's by now. */
static bool is_still_ours(int fd, ino_t inode)
{
	struct stat st;

	return fd >= 0 && fstat(fd, &st) == 0 && st.st_ino == inode;
}

int handle_take(
	const struct wire_opened *opened, int fd, uint64_t connection, PRSharedMemory *handle)
{
	ino_t inode = 0;
	int outcome = fd >= 0 ? verify(fd, opened->size, &inode) : 0;

	if (outcome != 0 || (fd < 0) != (opened->access == 0)) {
		if (fd >= 0)
			close(fd);
		connection_close_handle(connection, opened->handle);
		return -EPROTO;
	}
	*handle = (PRSharedMemory){
		.fd = fd,
		.readonly_fd = -1,
		.access = opened->access,
		.handle = opened->handle,
		.connection = connection,
		.segment = opened->segment,
		.size = opened->size,
		.inode = inode,
	};
	return 0;
}

/* The creator of a segment finds its memory now; if there is none, the segment is deleted. */
static int make_ready(PRSharedMemory *handle)
{
	void *bytes = NULL;
	int outcome = 0;

	if (handle->access & WIRE_FILL)
		outcome = ready_fill(
			handle->fd, handle->size, handle->access & WIRE_HUGE, &bytes);
	atomic_store(&handle->ready, bytes);
	if (outcome != 0) {
		connection_take_back(handle->connection, handle->handle);
		close(handle->fd);
	}
	return outcome;
}

int handle_open(const struct name *name, const struct wire_open *open, const uint8_t *entries,
	PRSharedMemory **out)
{
	struct broker_answer answer;
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = *open,
		.entries = entries,
		.entry_count = open->entry_count,
		.name = name->text,
		.name_length = name->length,
	};
	PRSharedMemory *handle = malloc(sizeof(*handle));
	int outcome = handle ? connection_call(&request, &answer) : -ENOMEM;

	if (outcome == 0)
		outcome = handle_take(&answer.reply.opened, answer.fd, answer.connection, handle);
	if (outcome == 0)
		outcome = make_ready(handle);
	if (outcome == 0)
		*out = handle;
	else
		free(handle);
	return outcome;
}

/*
 * A read-only descriptor: mprotect(2) can make a mapping of a writable one writable. Two threads
 * may ask the broker at once; the second one closes its descriptor. No lock, so that a child of
 * fork finds none held.
 */
static int get_readonly_fd(PRSharedMemory *handle, int *fd)
{
	struct broker_answer answer;
	ino_t inode;
	struct wire_request request = {
		.header = {.op = WIRE_OP_REOPEN},
		.reopen = {.segment = handle->segment},
	};
	int known = atomic_load(&handle->readonly_fd);
	int outcome = known < 0 ? connection_call(&request, &answer) : 0;

	if (outcome == 0 && known < 0) {
		outcome = verify(answer.fd, handle->size, &inode);
		if (outcome == 0 && !is_same_memory(answer.fd, handle->fd))
			outcome = STATUS_NOT_FOUND;
		if (outcome == 0 && (fcntl(answer.fd, F_GETFL) & O_ACCMODE) != O_RDONLY)
			outcome = -EPROTO;
		if (outcome == 0 &&
			atomic_compare_exchange_strong(&handle->readonly_fd, &known, answer.fd))
			known = answer.fd;
		else if (answer.fd >= 0)
			close(answer.fd);
	}
	*fd = known;
	return outcome;
}

/* The mapping that was made with the segment becomes the first attachment. False: there is none. */
static bool attach_ready(PRSharedMemory *handle, int *outcome, void **out)
{
	void *address = atomic_exchange(&handle->ready, NULL);

	if (!address)
		return false;
	*outcome = attachments_add(address, handle->size);
	if (*outcome == 0)
		*out = address;
	return true;
}

int handle_attach(PRSharedMemory *handle, bool readonly, void **out)
{
	int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
	uint32_t needed = readonly ? WIRE_READ : WIRE_READ | WIRE_WRITE;
	int fd = handle->fd;
	int outcome = 0;

	if ((handle->access & needed) != needed)
		return -EACCES;
	if (!is_still_ours(fd, handle->inode))
		return -EBADF;
	if (!readonly && attach_ready(handle, &outcome, out))
		return outcome;
	if (readonly && (handle->access & WIRE_WRITE))
		outcome = get_readonly_fd(handle, &fd);
	return outcome != 0 ? outcome
			    : attachments_map(fd, handle->size, protection,
				      handle->access & WIRE_HUGE, out);
}

void handle_close(PRSharedMemory *handle)
{
	void *ready = atomic_load(&handle->ready);

	connection_close_handle(handle->connection, handle->handle);
	if (ready)
		munmap(ready, handle->size);
	if (is_still_ours(handle->fd, handle->inode))
		close(handle->fd);
	if (is_still_ours(handle->readonly_fd, handle->inode))
		close(handle->readonly_fd);
	free(handle);
}

int handle_named_call(struct wire_request *request, const char *name, struct broker_answer *answer)
{
	struct name normal;
	int outcome = name_normalise(name, &normal);

	if (outcome != 0)
		return outcome;
	request->name = normal.text;
	request->name_length = normal.length;
	return connection_call(request, answer);
}
