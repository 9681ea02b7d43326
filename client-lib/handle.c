/* SPDX-License-Identifier: MIT */
/* A handle of a segment. What the broker sends is checked before it is used. */
#include "client-lib/handle.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/handle-fd.h"
#include "client-lib/park.h"
#include "client-lib/ready.h"

PRSharedMemory *handle_new(const struct name *name, bool readonly)
{
	PRSharedMemory *handle = malloc(sizeof(*handle) + name->length);

	if (!handle)
		return NULL;
	handle->readonly = readonly;
	handle->name_length = name->length;
	memcpy(handle->name, name->text, name->length);
	return handle;
}

/* What a detached mapping may wait for: the next attachment, also after the handle was parked. */
static bool may_park(const struct wire_opened *opened)
{
	return park_is_on() && opened->size <= RING_PARK_BYTES && !(opened->access & WIRE_HUGE) &&
	       (opened->access & WIRE_READ);
}

static void fill_in(PRSharedMemory *handle, const struct wire_opened *opened, const struct stat *st,
	const struct broker_answer *answer)
{
	handle->mappings = (struct mappings){
		.size = (size_t)opened->size,
		.keeps = may_park(opened),
	};
	handle->access = opened->access;
	handle->handle = opened->handle;
	handle->connection = answer->connection;
	handle->reopens = answer->reopens;
	handle->segment = opened->segment;
	handle->size = opened->size;
	handle->device = st->st_dev;
	handle->inode = st->st_ino;
}

/*
 * Of a descriptor that may never be used, nothing is asked before it is: the reply tells which
 * memory it is of. The creator uses it at once; huge pages are on another device.
 */
static bool may_wait(const struct wire_opened *opened, uint64_t inode)
{
	return inode != 0 && !(opened->access & (WIRE_FILL | WIRE_HUGE));
}

int handle_take(const struct wire_opened *opened, uint64_t inode, int fd,
	const struct broker_answer *answer, PRSharedMemory *handle)
{
	const bool waits = may_wait(opened, inode);
	struct stat st = {.st_dev = answer->device, .st_ino = (ino_t)inode};
	int outcome = fd >= 0 && !waits ? handle_fd_verify(fd, opened->size, &st) : 0;

	/* A process of 32 bits cannot map so much; the size would be cut without an error. */
	if (outcome == 0 && opened->size != (size_t)opened->size)
		outcome = STATUS_TOO_BIG;
	if (outcome == 0 && (fd < 0) != (opened->access == 0))
		outcome = -EPROTO;
	if (outcome != 0) {
		if (fd >= 0)
			close(fd);
		connection_close_handle(answer->connection, opened->handle);
		return outcome;
	}
	fill_in(handle, opened, &st, answer);
	atomic_init(&handle->checked, !waits);
	handle_fd_set(handle, fd);
	return 0;
}

/* The creator of a segment finds its memory now; if there is none, the segment is deleted. */
static int make_ready(PRSharedMemory *handle)
{
	void *bytes = NULL;
	int outcome = 0;

	if (handle->access & WIRE_FILL)
		outcome = ready_fill(
			atomic_load(&handle->fd), handle->size, handle->access & WIRE_HUGE, &bytes);
	handle->mappings.ready = bytes;
	if (outcome != 0) {
		connection_take_back(handle->connection, handle->handle);
		handle_fd_close(handle);
	}
	return outcome;
}

/*
 * The page with the parked handles tells nothing when its broker is gone, and the keeper with it.
 * So the connection must be seen to stand; once for each tick of a coarse clock is enough.
 */
bool handle_take_back(const struct name *name, uint64_t size, bool readonly, PRSharedMemory **out)
{
	const struct park_key key = {.name = name, .readonly = readonly, .size = size};
	struct park_waste waste;
	enum park_outcome outcome = park_take(&key, out, &waste);

	park_dispose(&waste, connection_close_handle);
	for (int try = 0; outcome == PARK_UNSURE && try < 2; try++) {
		struct timespec now;
		uint64_t connection;

		clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
		if (!connection_stands(&connection))
			return false;
		park_saw(connection, &now);
		outcome = park_take(&key, out, &waste);
		park_dispose(&waste, connection_close_handle);
	}
	return outcome == PARK_TAKEN;
}

/* EXCL fails where there is a segment; entries may be wrong, and then the broker says so. */
static bool may_take_back(const struct wire_open *open)
{
	const uint32_t exclusive = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL;

	return (open->flags & exclusive) != exclusive && open->entry_count == 0;
}

static uint64_t told_inode(const struct wire_reply *reply)
{
	struct wire_inode told = {0};
	size_t used = 0;

	wire_get_inode(reply->tail, reply->tail_length, &used, &told);
	return told.inode;
}

int handle_open(const struct name *name, const struct wire_open *open, const uint8_t *entries,
	PRSharedMemory **out)
{
	const bool readonly = open->flags & WIRE_OPEN_READONLY;
	struct broker_answer answer;
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = *open,
		.entries = entries,
		.entry_count = open->entry_count,
		.name = name->text,
		.name_length = name->length,
	};
	PRSharedMemory *handle;
	int outcome;

	request.open.flags |= WIRE_OPEN_INODE;
	if (may_take_back(open) && handle_take_back(name, open->size, readonly, out))
		return 0;
	handle = handle_new(name, readonly);
	outcome = handle ? connection_call(&request, &answer) : -ENOMEM;
	if (outcome == 0)
		outcome = handle_take(&answer.reply.opened, told_inode(&answer.reply), answer.fd,
			&answer, handle);
	if (outcome == 0)
		outcome = make_ready(handle);
	if (outcome != 0) {
		free(handle);
		return outcome;
	}
	handle_fd_save(handle);
	*out = handle;
	return 0;
}

/* Of a handle that can write: a mapping that cannot be widened. */
static int attach_readonly(PRSharedMemory *handle, void **out)
{
	bool close_it;
	int fd;
	int outcome = handle_fd_get_readonly(handle, &fd, &close_it);

	if (outcome != 0)
		return outcome;
	outcome = attachments_map(
		&handle->mappings, fd, PROT_READ, false, handle->access & WIRE_HUGE, out);
	if (close_it)
		close(fd);
	return outcome;
}

/* With all the access that the handle has. Without a descriptor, at first without the broker. */
static int attach_whole(PRSharedMemory *handle, int fd, int protection, void **out)
{
	int outcome = attachments_take_ready(&handle->mappings, out);

	if (outcome == -ENOENT && fd < 0)
		outcome = attachments_duplicate(&handle->mappings, out);
	if (outcome != -ENOENT && outcome != -EBADF)
		return outcome;
	outcome = fd < 0 ? handle_fd_get(handle, &fd) : 0;
	return outcome != 0 ? outcome
			    : attachments_map(&handle->mappings, fd, protection, true,
				      handle->access & WIRE_HUGE, out);
}

int handle_attach(PRSharedMemory *handle, bool readonly, void **out)
{
	const int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
	const uint32_t needed = readonly ? WIRE_READ : WIRE_READ | WIRE_WRITE;
	int fd = atomic_load(&handle->fd);
	int outcome;

	if ((handle->access & needed) != needed)
		return -EACCES;
	outcome = fd >= 0 ? handle_fd_get(handle, &fd) : 0;
	if (outcome != 0)
		return outcome;
	if (readonly && (handle->access & WIRE_WRITE))
		return attach_readonly(handle, out);
	return attach_whole(handle, fd, protection, out);
}

/* For a handle of which nothing is attached. False: the handle is still the caller's to close. */
static bool park(PRSharedMemory *handle)
{
	struct park_waste waste;
	bool parked;

	if (!handle->mappings.ready || handle->handle >= RING_PARKABLE || !park_is_on() ||
		handle->size > RING_PARK_BYTES || (handle->access & WIRE_HUGE))
		return false;
	parked = park_put(handle, &waste);
	park_dispose(&waste, connection_close_handle);
	return parked;
}

void handle_close(PRSharedMemory *handle)
{
	const size_t size = handle->mappings.size;
	const uint64_t connection = handle->connection;
	const uint32_t number = handle->handle;
	void *ready = NULL;

	handle_fd_close(handle);
	if (attachments_leave(&handle->mappings, &ready)) {
		if (park(handle))
			return;
		ready = handle->mappings.ready;
		free(handle);
	}
	connection_close_handle(connection, number);
	if (ready)
		munmap(ready, size);
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
