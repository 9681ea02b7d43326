/* SPDX-License-Identifier: MIT */
/* Replay of the records that are about segments alone. */
#include "daemon/core/replay-segment.h"

#include "daemon/core/segment-charges.h"

const char replay_no_memory[] = "out of memory";

static const char *check_segment(struct broker *broker, const struct record *record)
{
	const struct record_segment *is = &record->segment;

	if (is->number == 0 || is->number > UINT64_MAX / 4)
		return "a segment's number is out of range";
	if ((is->size == 0 && is->anonymous) || is->size > INT64_MAX ||
		broker->accounts.used[RESOURCE_BYTES] > UINT64_MAX / 4)
		return "a segment's size is out of range";
	if (is->anonymous > 1 || is->named > 1 || is->anonymous != (is->name_length == 0) ||
		(is->anonymous && is->named))
		return "a segment is neither named nor anonymous";
	if (is->named && registry_find(&broker->registry, record->name, is->name_length))
		return "two segments have the same name";
	if (is->anonymous && registry_find_token(&broker->registry,
				     &(struct token){is->token_high, is->token_low}))
		return "two segments have the same token";
	if (!is->anonymous && wire_check_name(record->name, is->name_length) != STATUS_OK)
		return "a segment's name is not valid";
	if (is->lifetime < WIRE_LIFETIME_KEPT || is->lifetime > WIRE_LIFETIME_UNTIL_UNUSED)
		return "a segment's lifetime is not valid";
	if (is->deadline > 0 && (!is->named || is->linger == 0))
		return "a segment that does not linger has a deadline";
	return NULL;
}

/* Copies the rights out of the record. */
static const char *take_rights(const struct record *record, struct rights *out)
{
	const struct record_segment *is = &record->segment;
	struct rights rights = {.uid = is->uid, .gid = is->gid};

	switch (rights_take(&rights, is->mode, record->entries, is->entry_count)) {
	case STATUS_OK:
		*out = rights;
		return NULL;
	case STATUS_NO_MEMORY:
		return replay_no_memory;
	default:
		return "a segment's rights are not valid";
	}
}

static const char *add_segment(struct broker *broker, const struct record *record)
{
	const struct record_segment *is = &record->segment;
	__attribute__((cleanup(segment_freep))) struct segment *segment = NULL;
	struct account *account;
	const char *problem = check_segment(broker, record);

	if (problem)
		return problem;
	segment = segment_restore(record->name, is->name_length, is->size, is->inode);
	account = segment ? account_get(&broker->accounts, is->payer) : NULL;
	if (!account)
		return replay_no_memory;
	problem = take_rights(record, &segment->rights);
	if (!problem)
		segment_restore_charges(segment, account);
	account_unref(account);
	if (problem)
		return problem;
	segment->number = is->number;
	segment->created = is->created;
	segment->opened = is->opened;
	segment->deadline = is->deadline;
	segment->lifetime = is->lifetime;
	segment->linger = is->linger;
	segment->huge = is->huge;
	segment->closed_once = is->closed_once;
	segment->token = (struct token){is->token_high, is->token_low};
	registry_restore(&broker->registry, segment, is->named);
	segment = NULL;
	return NULL;
}

/* A segment may have got another name since the record before. */
static const char *take_name(
	struct broker *broker, struct segment *segment, const struct record *record)
{
	const size_t length = record->segment.name_length;
	char *name;

	if (length == segment->name_length && memcmp(record->name, segment->name, length) == 0)
		return NULL;
	if (!segment->named || wire_check_name(record->name, length) != STATUS_OK)
		return "a segment's new name is not valid";
	if (registry_find(&broker->registry, record->name, length))
		return "two segments have the same name";
	name = segment_copy_name(record->name, length);
	if (!name)
		return replay_no_memory;
	registry_rename(&broker->registry, segment, name, length);
	return NULL;
}

/* A second record about a segment changes its name, owner, payer and rights, and nothing else. */
static const char *change_segment(
	struct broker *broker, struct segment *segment, const struct record *record)
{
	const struct record_segment *is = &record->segment;
	struct account *account;
	struct rights rights;
	const char *problem;

	if (is->size != segment->size || is->inode != segment->inode || is->named != segment->named)
		return "a segment changes its size, its inode or whether it has a name";
	problem = take_name(broker, segment, record);
	if (!problem)
		problem = take_rights(record, &rights);
	if (problem)
		return problem;
	account = account_get(&broker->accounts, is->payer);
	if (!account) {
		rights_deinit(&rights);
		return replay_no_memory;
	}
	rights_deinit(&segment->rights);
	segment->rights = rights;
	charge_deinit(&segment->charges[0]);
	charge_deinit(&segment->charges[1]);
	segment_restore_charges(segment, account);
	account_unref(account);
	return NULL;
}

const char *replay_segment(struct broker *broker, const struct record *record)
{
	struct segment *segment = registry_find_number(&broker->registry, record->segment.number);

	return segment ? change_segment(broker, segment, record) : add_segment(broker, record);
}

const char *replay_size(struct broker *broker, const struct record_size *is)
{
	struct segment *segment = registry_find_number(&broker->registry, is->number);

	if (!segment || segment->anonymous)
		return "what is sized is not there";
	if (is->size > INT64_MAX || is->sealing > SPOILED || is->opened_early > 1)
		return "a size, or how it is fixed, is out of range";
	segment->size = is->size;
	segment->opened_early = is->opened_early && is->sealing == UNSEALED;
	registry_seal(&broker->registry, segment, is->sealing);
	segment_restore_size(segment);
	return NULL;
}

const char *replay_unname(struct broker *broker, const struct record_unname *unname)
{
	struct segment *segment = registry_find_number(&broker->registry, unname->number);

	if (!segment || !segment->named)
		return "a name is removed that no segment has";
	registry_remove_name(&broker->registry, segment);
	peer_pin_unnamed(segment);
	return NULL;
}
