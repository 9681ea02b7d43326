/* SPDX-License-Identifier: MIT */
/* The broker: what each op does. */
#include "daemon/broker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

/* How many segments one LIST looks at, seen or not: no list may stall the other clients. */
#define LIST_SCAN_MAX 256

struct context {
	struct broker *broker;
	struct peer *peer;
	const struct wire_request *request;
	struct reply *reply;
};

void broker_init(struct broker *broker, const struct limits *limits)
{
	registry_init(&broker->registry);
	broker->limits = *limits;
}

void broker_deinit(struct broker *broker)
{
	registry_deinit(&broker->registry);
}

void reply_init(struct reply *reply)
{
	memset(reply, 0, offsetof(struct reply, tail));
	reply->expected = true;
	reply->fd = -1;
}

void reply_deinit(struct reply *reply)
{
	if (reply->fd_owned)
		close(reply->fd);
	reply->fd = -1;
	reply->fd_owned = false;
}

/* Looks the request's name up. OK, BAD_NAME, NAME_TOO_LONG, NOT_FOUND. */
static enum status find_named(const struct context *c, struct segment **out)
{
	enum status status = wire_check_name(c->request->name, c->request->name_length);
	struct segment *segment;

	if (status != STATUS_OK)
		return status;
	segment = registry_find(
		&c->broker->registry, c->request->name, c->request->name_length);
	if (!segment)
		return STATUS_NOT_FOUND;
	*out = segment;
	return STATUS_OK;
}

static unsigned int rights_on(const struct context *c, const struct segment *segment)
{
	return rights_of(&c->peer->credentials, &segment->rights);
}

/* The descriptor that goes with these rights; none at all is not an error (a creator's mode 0). */
static enum status choose_fd(
	const struct segment *segment, unsigned int rights, struct reply *reply)
{
	if (rights & RIGHT_WRITE) {
		reply->fd = segment->fd;
		return STATUS_OK;
	}
	if (!(rights & RIGHT_READ))
		return STATUS_OK;
	enum status status = segment_open_readonly(segment, &reply->fd);

	reply->fd_owned = status == STATUS_OK;
	return status;
}

static uint32_t access_of(unsigned int rights)
{
	return (rights & RIGHT_READ ? WIRE_READ : 0U) | (rights & RIGHT_WRITE ? WIRE_WRITE : 0U);
}

static void hold(const struct context *c, struct segment *segment, unsigned int rights)
{
	c->reply->wire.opened = (struct wire_opened){
		.segment = segment->number,
		.size = segment->size,
		.handle = peer_hold(c->peer, segment),
		.access = access_of(rights),
	};
}

/* NSPR's order of complaints: rights, then EXCL, then the size. */
static enum status open_existing(const struct context *c, struct segment *segment)
{
	const struct wire_open *open = &c->request->open;
	unsigned int exclusive = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL;
	unsigned int rights = rights_on(c, segment);
	enum status status;

	if (!(rights & RIGHT_READ))
		return STATUS_DENIED;
	if ((open->flags & exclusive) == exclusive)
		return STATUS_EXISTS;
	if (open->size > segment->size)
		return STATUS_BAD_SIZE;
	status = peer_reserve(c->peer);
	if (status == STATUS_OK)
		status = choose_fd(segment, rights, c->reply);
	if (status == STATUS_OK)
		hold(c, segment, rights);
	return status;
}

static enum status create(const struct context *c)
{
	const struct wire_open *open = &c->request->open;
	const struct rights rights = {
		.uid = c->peer->credentials.uid,
		.gid = c->peer->credentials.gid,
		.mode = open->mode & 0777,
	};
	struct segment *segment;
	enum status status;
	unsigned int may = rights_of(&c->peer->credentials, &rights);

	if (open->size == 0)
		return STATUS_BAD_SIZE;
	if (open->size > c->broker->limits.segment_bytes)
		return STATUS_TOO_BIG;
	if (c->broker->registry.count >= c->broker->limits.segments)
		return STATUS_NO_RESOURCES;
	status = peer_reserve(c->peer);
	if (status != STATUS_OK)
		return status;
	status = segment_new(
		c->request->name, c->request->name_length, open->size, &rights, &segment);
	if (status != STATUS_OK)
		return status;
	status = choose_fd(segment, may, c->reply);
	if (status != STATUS_OK) {
		segment_free(segment);
		return status;
	}
	registry_add(&c->broker->registry, segment);
	hold(c, segment, may);
	return STATUS_OK;
}

static enum status handle_OPEN(const struct context *c)
{
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status == STATUS_OK)
		return open_existing(c, segment);
	if (status == STATUS_NOT_FOUND && (c->request->open.flags & WIRE_OPEN_CREATE))
		return create(c);
	return status;
}

/* One-way. A handle that is not there is not an error: nothing is left to be closed. */
static enum status handle_CLOSE(const struct context *c)
{
	peer_close(c->peer, c->request->close.handle);
	c->reply->expected = false;
	return STATUS_OK;
}

static enum status handle_DELETE(const struct context *c)
{
	struct segment *segment;
	enum status status = find_named(c, &segment);
	unsigned int rights;

	if (status != STATUS_OK)
		return status;
	rights = rights_on(c, segment);
	if (!(rights & RIGHT_DELETE)) {
		/* As NSPR: who may use it in full lacks ownership (EPERM), all others rights. */
		return rights & RIGHT_WRITE ? STATUS_NOT_OWNER : STATUS_DENIED;
	}
	registry_remove_name(&c->broker->registry, segment);
	return STATUS_OK;
}

/* One's own and what one can read; of anything else not even the existence is told. */
static bool is_visible(const struct context *c, const struct segment *segment)
{
	return segment->named && (rights_on(c, segment) & (RIGHT_READ | RIGHT_DELETE));
}

static struct wire_stated describe(const struct segment *segment)
{
	return (struct wire_stated){
		.segment = segment->number,
		.size = segment->size,
		.used = segment_used(segment),
		.created = segment->created,
		.uid = segment->rights.uid,
		.gid = segment->rights.gid,
		.mode = segment->rights.mode,
		.holders = segment->holder_count,
		.name_length = (uint32_t)segment->name_length,
	};
}

static enum status handle_STAT(const struct context *c)
{
	struct segment *segment;
	enum status status = find_named(c, &segment);

	if (status != STATUS_OK)
		return status;
	if (!is_visible(c, segment))
		return STATUS_NOT_FOUND;
	c->reply->wire.stated = describe(segment);
	return STATUS_OK;
}

/* By number, not by name: the cursor of the next page then gives no name away. */
static enum status handle_LIST(const struct context *c)
{
	struct registry *registry = &c->broker->registry;
	const size_t room =
		WIRE_MESSAGE_MAX - (size_t)WIRE_SIZE_header - (size_t)WIRE_SIZE_listed;
	struct wire_listed *listed = &c->reply->wire.listed;
	struct segment *segment = registry_next(registry, c->request->list.after);
	size_t used = 0;

	*listed = (struct wire_listed){.next = c->request->list.after};
	for (int scanned = 0; segment && scanned < LIST_SCAN_MAX; scanned++) {
		if (is_visible(c, segment) && segment->name_length >= c->request->name_length &&
			memcmp(segment->name, c->request->name, c->request->name_length) == 0) {
			const struct wire_stated entry = describe(segment);

			if (!wire_put_entry(c->reply->tail, room, &used, &entry, segment->name))
				break;
			listed->count++;
		}
		listed->next = segment->number;
		segment = registry_next(registry, segment->number);
	}
	if (!segment)
		listed->next = 0;
	c->reply->wire.tail = c->reply->tail;
	c->reply->wire.tail_length = used;
	return STATUS_OK;
}

/* For READONLY attachments of who may write, and for forked children; rights as in OPEN. */
static enum status handle_REOPEN(const struct context *c)
{
	struct segment *segment =
		registry_find_number(&c->broker->registry, c->request->reopen.segment);

	if (!segment || !(rights_on(c, segment) & RIGHT_READ))
		return STATUS_NOT_FOUND; /* one answer to both: numbers are easily guessed */
	return choose_fd(segment, RIGHT_READ, c->reply);
}

static enum status dispatch(const struct context *c)
{
	switch (c->request->header.op) {
#define X(name, value, request, reply, tail)                                                       \
	case value:                                                                                \
		return handle_##name(c);
		WIRE_OPS(X)
#undef X
	default:
		return STATUS_UNSUPPORTED;
	}
}

void reply_finish(struct reply *reply, const struct wire_header *request, enum status status)
{
	reply->wire.header = (struct wire_header){
		.op = request->op,
		.serial = request->serial,
		.status = (uint16_t)status,
		.fds = status == STATUS_OK && reply->fd >= 0,
	};
}

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply)
{
	const struct context context = {broker, peer, request, reply};
	enum status status;

	errno = 0;
	status = dispatch(&context);
	reply->error = status == STATUS_INTERNAL ? errno : 0;
	reply_finish(reply, &request->header, status);
}
