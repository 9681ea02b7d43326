/* SPDX-License-Identifier: MIT */
/* The calls of prshm-client.h about one segment. */
#include "include/prshm-client.h"

#include <errno.h>
#include <unistd.h>

#include "client-lib/failure.h"
#include "client-lib/handle-fd.h"
#include "client-lib/native.h"
#include "client-lib/result.h"
#include "client-lib/trouble.h"
#include "client-lib/wait.h"

static_assert(PRSHM_CREATE >> NATIVE_FLAGS_SHIFT == WIRE_OPEN_CREATE, "");
static_assert(PRSHM_EXCL >> NATIVE_FLAGS_SHIFT == WIRE_OPEN_EXCL, "");
static_assert(PRSHM_READONLY >> NATIVE_FLAGS_SHIFT == WIRE_OPEN_READONLY, "");
static_assert(PRSHM_PREALLOCATE >> NATIVE_FLAGS_SHIFT == WIRE_OPEN_PREALLOCATE, "");
static_assert(PRSHM_NO_PREALLOCATE >> NATIVE_FLAGS_SHIFT == WIRE_OPEN_NO_PREALLOCATE, "");
static_assert(PRSHM_HUGE_PAGES >> NATIVE_FLAGS_SHIFT == WIRE_OPEN_HUGE, "");
#define WHEN_FOUND  (PRSHM_PREALLOCATE | PRSHM_NO_PREALLOCATE)
#define KNOWN_FLAGS (PRSHM_CREATE | PRSHM_EXCL | PRSHM_READONLY | WHEN_FOUND | PRSHM_HUGE_PAGES)

static bool is_sane(const struct prshm_rights *rights)
{
	return rights && rights->mode <= 0777 && rights->entry_count <= PRSHM_ENTRIES_MAX;
}

bool native_is_zero(const uint64_t *reserved, size_t count)
{
	uint64_t all = 0;

	for (size_t i = 0; i < count; i++)
		all |= reserved[i];
	return all == 0;
}

bool native_options_are_sane(const struct prshm_options *options)
{
	return options->unused == 0 &&
	       native_is_zero(
		       options->reserved, sizeof(options->reserved) / sizeof(*options->reserved));
}

/* For NSPR's calls "" is a name that is not found; here it is a bad name. */
static bool is_empty(const char *name)
{
	if (!name || name[0] != '\0')
		return false;
	trouble_say("the name is empty");
	return true;
}

int native_named_call(struct wire_request *request, const char *name, struct broker_answer *answer)
{
	return is_empty(name) ? STATUS_BAD_NAME : handle_named_call(request, name, answer);
}

/* Writes the entries as the protocol has them. False: a value does not fit, and would be cut. */
static bool put_entries(const struct prshm_rights *rights, uint8_t *out)
{
	for (size_t i = 0; i < rights->entry_count; i++) {
		const struct prshm_entry *entry = &rights->entries[i];
		const struct wire_entry wire = {
			.id = entry->id,
			.kind = (uint16_t)entry->kind,
			.rights = (uint16_t)entry->rights,
		};

		if (entry->rights > UINT16_MAX || (unsigned int)entry->kind > UINT16_MAX)
			return false;
		wire_put_right(out, i, &wire);
	}
	return true;
}

enum prshm_result prshm_open(
	const char *name, const struct prshm_options *options, PRSharedMemory **out)
{
	uint8_t entries[PRSHM_ENTRIES_MAX * WIRE_SIZE_entry];
	struct wire_open open;
	struct name normal;
	int outcome;

	if (!name || !options || !out || !native_options_are_sane(options))
		return PRSHM_INVALID;
	if (!is_sane(&options->rights) || !put_entries(&options->rights, entries))
		return PRSHM_BAD_RIGHTS;
	if ((unsigned int)options->lifetime > PRSHM_UNTIL_UNUSED ||
		(options->flags & ~(unsigned int)KNOWN_FLAGS) ||
		(options->flags & WHEN_FOUND) == WHEN_FOUND)
		return PRSHM_INVALID;
	open = (struct wire_open){
		.size = options->size,
		.flags = options->flags >> NATIVE_FLAGS_SHIFT,
		.mode = options->rights.mode,
		.lifetime = options->lifetime,
		.linger = options->linger,
		.entry_count = (uint32_t)options->rights.entry_count,
	};
	outcome = is_empty(name) ? STATUS_BAD_NAME : name_normalise(name, &normal);
	if (outcome == 0)
		outcome = handle_open(&normal, &open, entries, out);
	open.entry_count = 0; /* entries are for a new segment; from here on none is made */
	if (outcome == STATUS_NOT_FOUND && !(open.flags & WIRE_OPEN_CREATE))
		outcome = wait_open(&normal, &open, options->wait_ms, out);
	return result_from_outcome(outcome);
}

int prshm_fd(const PRSharedMemory *handle)
{
	/*
	 * The handle may have been opened without a descriptor, or with one that was not looked at.
	 */
	PRSharedMemory *mutable = (PRSharedMemory *)handle;
	int outcome = -EINVAL;
	int fd = -1;

	if (handle) {
		fd = atomic_load(&mutable->fd);
		outcome = handle->access & WIRE_READ ? 0 : -EACCES;
	}
	if (outcome == 0 && (fd < 0 || !atomic_load(&mutable->checked)))
		outcome = handle_fd_get(mutable, &fd);
	if (outcome != 0)
		errno = failure_errno(outcome);
	return outcome == 0 ? fd : -1;
}

size_t prshm_size(const PRSharedMemory *handle)
{
	return handle ? handle->size : 0;
}

struct prshm_segment native_stat(const struct wire_stated *stated)
{
	return (struct prshm_segment){
		.size = stated->size,
		.used = stated->used,
		.created = stated->created,
		.opened = stated->opened,
		.uid = stated->uid,
		.gid = stated->gid,
		.rights = {.mode = stated->mode, .entry_count = stated->entry_count},
		.lifetime = (enum prshm_lifetime)stated->lifetime,
		.linger = stated->linger,
		.holders = stated->holders,
		.flags = stated->flags,
		.number = stated->segment,
	};
}

static void take_stat(const struct wire_reply *reply, struct prshm_segment *out)
{
	const struct wire_stated *stated = &reply->stated;

	*out = native_stat(stated);
	for (uint32_t i = 0; i < stated->entry_count; i++) {
		struct wire_entry entry;

		wire_get_right(reply->tail, i, &entry);
		out->rights.entries[i] = (struct prshm_entry){
			.kind = (enum prshm_kind)entry.kind,
			.id = entry.id,
			.rights = entry.rights,
		};
	}
}

enum prshm_result prshm_stat(const char *name, struct prshm_segment *out)
{
	struct wire_request request = {.header = {.op = WIRE_OP_STAT}};
	const struct wire_stated *stated;
	struct broker_answer answer;
	int outcome = out ? native_named_call(&request, name, &answer) : -EINVAL;

	if (outcome != 0)
		return result_from_outcome(outcome);
	stated = &answer.reply.stated;
	if (stated->entry_count > PRSHM_ENTRIES_MAX ||
		answer.reply.tail_length != stated->entry_count * (size_t)WIRE_SIZE_entry)
		return PRSHM_BROKEN;
	take_stat(&answer.reply, out);
	return PRSHM_OK;
}

enum prshm_result prshm_set_rights(const char *name, const struct prshm_rights *rights)
{
	uint8_t entries[PRSHM_ENTRIES_MAX * WIRE_SIZE_entry];
	struct wire_request request = {.header = {.op = WIRE_OP_SET_RIGHTS}, .entries = entries};
	struct broker_answer answer;

	if (!rights)
		return PRSHM_INVALID;
	if (!is_sane(rights) || !put_entries(rights, entries))
		return PRSHM_BAD_RIGHTS;
	request.set_rights.mode = rights->mode;
	request.set_rights.entry_count = (uint32_t)rights->entry_count;
	request.entry_count = rights->entry_count;
	return result_from_outcome(native_named_call(&request, name, &answer));
}

enum prshm_result prshm_set_owner(const char *name, uid_t uid, gid_t gid)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SET_OWNER},
		.set_owner = {.uid = uid, .gid = gid},
	};
	struct broker_answer answer;

	return result_from_outcome(native_named_call(&request, name, &answer));
}
