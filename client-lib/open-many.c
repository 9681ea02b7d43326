/* SPDX-License-Identifier: MIT */
/*
 * Opens several segments at once. Each request has names that have no outcome yet, as many as fit
 * into a message. The broker opens at least one of them. This is repeated until each name has an
 * outcome.
 */
#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include "client-lib/descriptor.h"
#include "client-lib/handle-fd.h"
#include "client-lib/native.h"
#include "client-lib/result.h"

static_assert(PRSHM_MANY_MAX == WIRE_FDS_MAX, "");

/* This many requests in a row may bring no outcome: the broker was restarted each time. */
#define TRIES 8

#define PENDING INT_MAX /* there is no outcome yet */

struct many {
	const char *const *names;
	size_t count;
	PRSharedMemory *handles[PRSHM_MANY_MAX]; /* owned; open if the outcome is 0 */
	/* 0, an enum status, a negative errno, or PENDING */
	int outcomes[PRSHM_MANY_MAX];
};

/* One request, and the index in `many` of each of its names. */
struct batch {
	struct wire_request request;
	uint8_t tail[WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_open_many];
	size_t which[PRSHM_MANY_MAX];
};

/* Opens a name by a handle that was parked; otherwise makes the handle for the broker's answer. */
static bool prepare_one(const char *given, const struct prshm_options *options, int *outcome,
	PRSharedMemory **handle)
{
	const bool readonly = options->flags & PRSHM_READONLY;
	struct name name;

	*outcome = given[0] ? name_normalise(given, &name) : STATUS_BAD_NAME;
	if (*outcome != 0 || handle_take_back(&name, options->size, readonly, handle))
		return true;
	*outcome = PENDING;
	*handle = handle_new(&name, readonly);
	return *handle;
}

static bool prepare(struct many *many, const struct prshm_options *options)
{
	for (size_t i = 0; i < many->count; i++)
		many->outcomes[i] = PENDING;
	for (size_t i = 0; i < many->count; i++) {
		if (!prepare_one(many->names[i], options, &many->outcomes[i], &many->handles[i]))
			return false;
	}
	return true;
}

/* Puts the pending names into the request, as many as fit. */
static void fill(struct many *many, struct batch *batch)
{
	struct wire_request *request = &batch->request;

	request->open_many.count = 0;
	request->name = (const char *)batch->tail;
	request->name_length = 0;
	for (size_t i = 0; i < many->count; i++) {
		const PRSharedMemory *handle = many->handles[i];

		if (many->outcomes[i] != PENDING)
			continue;
		if (!wire_put_name(batch->tail, sizeof(batch->tail), &request->name_length,
			    handle->name, handle->name_length))
			return;
		batch->which[request->open_many.count++] = i;
	}
}

/* Takes the next descriptor of the answer; -EMFILE: there was no room for it in this process. */
static int next_descriptor(struct broker_answer *answer, size_t *taken)
{
	if (*taken == answer->message.fd_count)
		return -EMFILE;
	return descriptor_above_standard(answer->message.fds[(*taken)++]);
}

static int take_one(const struct wire_outcome *told, uint64_t inode, struct broker_answer *answer,
	size_t *taken, PRSharedMemory *handle)
{
	const struct wire_opened opened = {
		.segment = told->segment,
		.size = told->size,
		.handle = told->handle,
		.access = told->access,
	};
	const int fd = next_descriptor(answer, taken);
	int outcome = fd;

	if (fd < 0)
		connection_close_handle(answer->connection, told->handle);
	else
		outcome = handle_take(&opened, inode, fd, answer, handle);
	if (outcome == 0)
		handle_fd_save(handle);
	return outcome;
}

/* Returns whether any name got its outcome. */
static bool take_answer(struct many *many, const struct batch *batch, struct broker_answer *answer)
{
	const struct wire_reply *reply = &answer->reply;
	struct wire_outcome told;
	struct wire_inode of;
	size_t used = 0;
	size_t taken = 0;
	bool any = false;

	for (size_t i = 0; channel_get_outcome(reply, &used, &told, &of); i++) {
		const size_t which = batch->which[i];

		if (told.status == STATUS_RESTARTED)
			continue;
		if (told.status == STATUS_OK)
			many->outcomes[which] =
				take_one(&told, of.inode, answer, &taken, many->handles[which]);
		else
			many->outcomes[which] =
				told.status <= UINT16_MAX ? (int)told.status : STATUS_INTERNAL;
		any = true;
	}
	answer->message.fd_count = 0;
	return any;
}

static int open_all(struct many *many, const struct prshm_options *options)
{
	struct batch batch; /* 4 KiB of tail, which are not zeroed */
	struct broker_answer answer;
	int outcome = 0;

	batch.request = (struct wire_request){
		.header = {.op = WIRE_OP_OPEN_MANY},
		.open_many = {.size = options->size,
			.flags = options->flags >> NATIVE_FLAGS_SHIFT | WIRE_OPEN_INODE},
	};
	fill(many, &batch);
	for (unsigned int in_vain = 0; batch.request.open_many.count > 0; fill(many, &batch)) {
		outcome = connection_call(&batch.request, &answer);
		if (outcome != 0)
			break;
		in_vain = take_answer(many, &batch, &answer) ? 0 : in_vain + 1;
		if (in_vain == TRIES)
			return -EPROTO;
	}
	return outcome;
}

/* Frees the handles that are not open. failed: closes and frees all handles. */
static void finish(struct many *many, bool failed)
{
	for (size_t i = 0; i < many->count; i++) {
		if (many->outcomes[i] == 0 && !failed)
			continue;
		if (many->outcomes[i] == 0)
			handle_close(many->handles[i]);
		else
			free(many->handles[i]);
		many->handles[i] = NULL;
	}
}

enum prshm_result prshm_open_many(const char *const *names, size_t count,
	const struct prshm_options *options, PRSharedMemory **handles, enum prshm_result *results)
{
	struct many many = {.names = names, .count = count};
	int outcome;

	if (!names || !options || !handles || !results || count > PRSHM_MANY_MAX ||
		(options->flags & ~(unsigned int)PRSHM_READONLY) || options->wait_ms > 0 ||
		!native_options_are_sane(options))
		return PRSHM_INVALID;
	for (size_t i = 0; i < count; i++) {
		if (!names[i])
			return PRSHM_INVALID;
	}
	outcome = prepare(&many, options) ? open_all(&many, options) : -ENOMEM;
	finish(&many, outcome != 0);
	if (outcome != 0)
		return result_from_outcome(outcome);
	for (size_t i = 0; i < count; i++) {
		handles[i] = many.handles[i];
		results[i] = result_from_outcome(many.outcomes[i]);
	}
	return PRSHM_OK;
}
