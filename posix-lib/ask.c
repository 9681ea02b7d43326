/* SPDX-License-Identifier: MIT */
/* What the library asks the broker. */
#include "posix-lib/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "client-lib/descriptor.h"
#include "client-lib/trouble.h"
#include "posix-lib/writer.h"

/* A broker that loses all may do so between a HOLD and what follows. */
#define TRIES 3

static int errno_of_status(int status)
{
	switch (status) {
	case STATUS_NOT_FOUND:
		return ENOENT;
	case STATUS_EXISTS:
		return EEXIST;
	case STATUS_DENIED:
	case STATUS_REFUSED:
		return EACCES;
	case STATUS_NOT_OWNER:
	case STATUS_SEALED:
		return EPERM;
	case STATUS_BAD_NAME:
	case STATUS_BAD_SIZE:
	case STATUS_BAD_RIGHTS:
		return EINVAL;
	case STATUS_NAME_TOO_LONG:
		return ENAMETOOLONG;
	case STATUS_TOO_BIG:
	case STATUS_NO_RESOURCES:
		return ENOSPC;
	case STATUS_NO_MEMORY:
		return ENOMEM;
	case STATUS_VERSION:
	case STATUS_UNSUPPORTED:
		return ENOSYS;
	default:
		return EIO;
	}
}

/* Why no broker was reached is ECONNREFUSED: ENOENT would be taken for a missing object. */
int ask_errno(int outcome)
{
	trouble_settle();
	if (outcome >= 0)
		return errno_of_status(outcome);
	switch (-outcome) {
	case EMFILE:
	case ENFILE:
	case ENOMEM:
	case ETIMEDOUT:
	case EINVAL:
		return -outcome;
	case EPROTO:
	case EBADMSG:
		return EIO;
	default:
		return ECONNREFUSED;
	}
}

int ask_end_change(int outcome)
{
	if (outcome == 0)
		return 0;
	errno = ask_errno(outcome);
	if (errno == EACCES)
		errno = EPERM;
	return -1;
}

static void take_handle(
	struct object *object, const struct wire_opened *opened, uint64_t connection)
{
	const struct object_handle got = {
		.segment = opened->segment,
		.connection = connection,
		.number = opened->handle,
		.access = opened->access,
	};
	uint32_t spare;

	if (object_take_handle(object, &got, &spare))
		connection_close_handle(connection, spare);
}

/* The object that came with the reply. Owns the descriptor and the handle, also when this fails. */
static int take_open(const char *name, const struct broker_answer *answer, struct object **out)
{
	const struct wire_opened *opened = &answer->reply.opened;
	struct object like = {.is_early = opened->size == 0 && !(opened->access & WIRE_FILL)};
	struct object *object = NULL;
	struct stat st;

	if (answer->fd >= 0 && fstat(answer->fd, &st) == 0 && S_ISREG(st.st_mode)) {
		like.device = st.st_dev;
		like.inode = st.st_ino;
		memcpy(like.name, name, strlen(name) + 1);
		object = objects_add(&like);
	}
	if (object && like.is_early)
		object->is_early = object->was_early = true;
	if (!object) {
		connection_close_handle(answer->connection, opened->handle);
		if (answer->fd >= 0)
			close(answer->fd);
		return answer->fd >= 0 ? -ENOMEM : -EPROTO;
	}
	take_handle(object, opened, answer->connection);
	*out = object;
	return 0;
}

/*
 * In a child of vfork(2): the tables and the connection are its parent's, which would hold the
 * object for ever.
 */
static int give_back(const struct broker_answer *answer)
{
	connection_close_handle(answer->connection, answer->reply.opened.handle);
	return answer->fd >= 0 ? 0 : -EPROTO;
}

/*
 * POSIX promises the lowest number, and a descriptor that is received has that. But client-lib
 * keeps the numbers of the standard streams free, and a program that has closed one means to get
 * it.
 */
static int lowest(const struct broker_answer *answer)
{
	return answer->fd == answer->message.fds[0] ? answer->fd : descriptor_lowest(answer->fd);
}

/* since: read before the request was sent, maybe by an earlier connection. */
static void take_view(
	struct object *object, const struct broker_answer *answer, const struct change_count *since)
{
	const struct wire_reply *reply = &answer->reply;
	struct wire_viewed viewed;
	size_t at = 0;

	if (since->connection != answer->connection ||
		!wire_get_viewed(reply->tail, reply->tail_length, &at, &viewed))
		return;
	object_set_view(object, &(struct object_view){.since = *since,
					.uid = viewed.uid,
					.gid = viewed.gid,
					.mode = viewed.mode});
}

int ask_open(const char *name, uint32_t flags, uint32_t mode, struct object **out, int *fd)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = {.flags = flags | WIRE_OPEN_POSIX | WIRE_OPEN_VIEW, .mode = mode},
		.name = name,
		.name_length = strlen(name),
	};
	const struct change_count since = changes_read();
	struct broker_answer answer;
	int outcome = connection_call(&request, &answer);

	*out = NULL;
	if (outcome == STATUS_BAD_SIZE) /* a broker that is too old: it knows no size 0 */
		return STATUS_UNSUPPORTED;
	if (outcome == 0 && !(answer.reply.opened.access & WIRE_OWN)) {
		connection_close_handle(answer.connection, answer.reply.opened.handle);
		if (answer.fd >= 0)
			close(answer.fd);
		return STATUS_UNSUPPORTED;
	}
	if (outcome == 0 && objects_are_borrowed())
		outcome = give_back(&answer);
	else if (outcome == 0)
		outcome = take_open(name, &answer, out);
	if (outcome != 0)
		return outcome;
	if (*out)
		take_view(*out, &answer, &since);
	*fd = lowest(&answer);
	return 0;
}

int ask_unlink(const char *name)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_DELETE}, .name = name, .name_length = strlen(name)};
	struct broker_answer answer;

	return connection_call(&request, &answer);
}

int ask_rename(const char *from, const char *to, uint32_t flags)
{
	char names[2 * OBJECT_FULL_MAX + 1];
	const int length = snprintf(names, sizeof(names), "%s%s", from, to);
	struct wire_request request = {
		.header = {.op = WIRE_OP_RENAME},
		.rename = {.flags = flags, .name_length = (uint32_t)strlen(from)},
		.name = names,
		.name_length = (size_t)length,
	};
	struct broker_answer answer;

	return connection_call(&request, &answer);
}

int ask_stat(const char *name, struct wire_stated *stated)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_STAT}, .name = name, .name_length = strlen(name)};
	struct broker_answer answer;
	const int outcome = connection_call(&request, &answer);

	if (outcome == 0)
		*stated = answer.reply.stated;
	return outcome;
}

int ask_hold(struct object *object)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_HOLD},
		.hold = {.segment = object->broker.segment, .inode = object->inode},
		.name = object->name,
		.name_length = strlen(object->name),
	};
	struct broker_answer answer;
	int outcome;

	if (object->broker.connection != 0)
		return 0;
	outcome = connection_call(&request, &answer);
	if (outcome == STATUS_NOT_FOUND && request.hold.segment != 0) {
		request.hold.segment = 0; /* the number may be a lost broker's */
		outcome = connection_call(&request, &answer);
	}
	if (outcome == 0)
		take_handle(object, &answer.reply.opened, answer.connection);
	return outcome;
}

/* Sends a request about a handle, once there is one. *handle: the field of the request. */
static int ask(struct object *object, struct wire_request *request, uint32_t *handle,
	struct broker_answer *answer)
{
	int outcome = -ESTALE;

	for (int try = 0; try < TRIES && outcome == -ESTALE; try++) {
		outcome = ask_hold(object);
		if (outcome != 0)
			break;
		*handle = object->broker.number;
		outcome = connection_call_on(object->broker.connection, request, answer);
		if (outcome == -ESTALE)
			object->broker.connection = 0;
	}
	return outcome;
}

int ask_size(struct object *object, uint64_t size, uint32_t flags, struct wire_stated *stated,
	int *writer)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SIZE}, .size = {.size = size, .flags = flags}};
	struct broker_answer answer = {.fd = -1};
	struct change_count since = changes_read();
	const int kept = flags & WIRE_SIZE_WRITER ? writer_kept(object) : -1;
	int outcome;

	*writer = -1;
	if (kept >= 0)
		request.size.flags &= ~(uint32_t)WIRE_SIZE_WRITER;
	outcome = ask(object, &request, &request.size.handle, &answer);
	if (outcome != 0)
		return outcome;
	if (answer.fd >= 0 &&
		!descriptor_is(answer.fd, (dev_t)object->device, (ino_t)object->inode)) {
		close(answer.fd);
		return -EPROTO;
	}
	*stated = answer.reply.stated;
	*writer = kept >= 0 ? kept : answer.fd;
	if (since.connection != object->broker.connection)
		since.connection = 0;
	object_set_view(object, &(struct object_view){
					.since = since,
					.uid = stated->uid,
					.gid = stated->gid,
					.mode = stated->mode,
					.is_deleted = stated->flags & WIRE_SEGMENT_DELETED,
				});
	return 0;
}

int ask_change(struct object *object, uint32_t mode, uint32_t uid, uint32_t gid)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_CHANGE},
		.change = {.mode = mode, .uid = uid, .gid = gid},
	};
	struct broker_answer answer;

	return ask(object, &request, &request.change.handle, &answer);
}

int ask_rights(const char *name, struct rights *rights)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_STAT}, .name = name, .name_length = strlen(name)};
	struct broker_answer answer;
	const int outcome = connection_call(&request, &answer);
	const struct wire_reply *reply = &answer.reply;

	if (outcome != 0)
		return outcome;
	if (reply->tail_length > sizeof(rights->entries) ||
		reply->tail_length != reply->stated.entry_count * (size_t)WIRE_SIZE_entry)
		return -EPROTO;
	rights->segment = reply->stated.segment;
	rights->mode = reply->stated.mode;
	rights->count = reply->stated.entry_count;
	memcpy(rights->entries, reply->tail, reply->tail_length);
	return 0;
}

bool ask_allowed(const char *name, uint32_t right)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_EXPLAIN},
		.explain = {.right = right},
		.name = name,
		.name_length = strlen(name),
	};
	struct broker_answer answer;

	return connection_call(&request, &answer) == 0 && answer.reply.explained.allowed;
}

int ask_set_rights(const char *name, const struct rights *rights)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SET_RIGHTS},
		.set_rights = {.mode = rights->mode & 0777, .entry_count = rights->count},
		.entries = rights->entries,
		.entry_count = rights->count,
		.name = name,
		.name_length = strlen(name),
	};
	struct broker_answer answer;

	return connection_call(&request, &answer);
}

int ask_set_owner(const char *name, uint32_t uid, uint32_t gid)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SET_OWNER},
		.set_owner = {.uid = uid, .gid = gid},
		.name = name,
		.name_length = strlen(name),
	};
	struct broker_answer answer;

	return connection_call(&request, &answer);
}

void ask_writer(struct object *object)
{
	struct wire_stated stated;
	uint32_t flags;
	int writer;

	if (ask_hold(object) != 0)
		return;
	flags = object->broker.access & WIRE_WRITE ? WIRE_SIZE_WRITER : 0;
	if (ask_size(object, 0, flags, &stated, &writer) != 0)
		return;
	if (writer >= 0)
		objects_install_writer(object, writer);
	else if (!(stated.flags & WIRE_SEGMENT_UNSEALED))
		object->is_early = false;
}
