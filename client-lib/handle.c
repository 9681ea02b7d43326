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

/* Fills *st in. */
static int verify(int fd, uint64_t size, struct stat *st)
{
	return descriptor_is_sealed(fd, st) && (uint64_t)st->st_size == size ? 0 : -EPROTO;
}

/* Whether fd, one of the handle's two descriptors, is still the handle's memory. */
static bool is_own(const PRSharedMemory *handle, int fd)
{
	return descriptor_is(fd, handle->device, handle->inode);
}

int handle_take(
	const struct wire_opened *opened, int fd, uint64_t connection, PRSharedMemory *handle)
{
	struct stat st = {.st_ino = 0};
	int outcome = fd >= 0 ? verify(fd, opened->size, &st) : 0;

	/* A process of 32 bits cannot map so much; the size would be cut without an error. */
	if (outcome == 0 && opened->size != (size_t)opened->size)
		outcome = STATUS_TOO_BIG;
	if (outcome == 0 && (fd < 0) != (opened->access == 0))
		outcome = -EPROTO;
	if (outcome != 0) {
		if (fd >= 0)
			close(fd);
		connection_close_handle(connection, opened->handle);
		return outcome;
	}
	*handle = (PRSharedMemory){
		.fd = fd,
		.readonly_fd = -1,
		.access = opened->access,
		.handle = opened->handle,
		.connection = connection,
		.segment = opened->segment,
		.size = opened->size,
		.device = st.st_dev,
		.inode = st.st_ino,
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
 * Gets a read-only descriptor: a mapping of a writable descriptor could be made writable by
 * mprotect(2). Two threads may ask the broker at once; then the second thread closes its
 * descriptor. There is no lock, so that a child of fork finds no lock held.
 */
static int get_readonly_fd(PRSharedMemory *handle, int *fd)
{
	struct broker_answer answer;
	struct stat st;
	struct wire_request request = {
		.header = {.op = WIRE_OP_REOPEN},
		.reopen = {.segment = handle->segment},
	};
	int known = atomic_load(&handle->readonly_fd);
	int outcome = known < 0 ? connection_call(&request, &answer) : 0;

	if (known >= 0 && !is_own(handle, known))
		return -EBADF;
	if (outcome == 0 && known < 0) {
		outcome = verify(answer.fd, handle->size, &st);
		/*
		 * The segment's number would not tell: a broker that has lost all begins at 1
		 * again.
		 */
		if (outcome == 0 && !is_own(handle, answer.fd))
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
	if (!is_own(handle, fd))
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
	if (is_own(handle, handle->fd))
		close(handle->fd);
	if (is_own(handle, handle->readonly_fd))
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
