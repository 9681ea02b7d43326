/* SPDX-License-Identifier: MIT */
/* Two brokers side by side, walked in the order of their numbers. */
#include "tests/core/journal-state.h"

#include <string.h>

#define DIFFERS(a, b, field) ((a)->field != (b)->field)

static const char *compare_rights(const struct rights *one, const struct rights *other)
{
	if (DIFFERS(one, other, uid) || DIFFERS(one, other, gid) || DIFFERS(one, other, mode))
		return "a segment has another owner or mode";
	if (DIFFERS(one, other, entry_count))
		return "a segment has more entries, or fewer";
	for (uint32_t i = 0; i < one->entry_count; i++) {
		const struct wire_entry *a = &one->entries[i];
		const struct wire_entry *b = &other->entries[i];

		if (DIFFERS(a, b, id) || DIFFERS(a, b, kind) || DIFFERS(a, b, rights))
			return "a segment has other entries";
	}
	return NULL;
}

static bool is_alike(const struct charge *one, const struct charge *other)
{
	return one->account->uid == other->account->uid && one->resource == other->resource &&
	       one->amount == other->amount;
}

static const char *compare_segment(const struct segment *one, const struct segment *other)
{
	if (DIFFERS(one, other, number) || DIFFERS(one, other, inode) || DIFFERS(one, other, size))
		return "a segment is another";
	if (DIFFERS(one, other, name_length) ||
		memcmp(one->name, other->name, one->name_length) != 0 ||
		DIFFERS(one, other, named) || DIFFERS(one, other, anonymous))
		return "a segment has another name";
	if (DIFFERS(one, other, token.high) || DIFFERS(one, other, token.low))
		return "a segment has another token";
	if (DIFFERS(one, other, created) || DIFFERS(one, other, opened))
		return "a segment was made or opened at another time";
	if (DIFFERS(one, other, lifetime) || DIFFERS(one, other, linger))
		return "a segment has another lifetime";
	if (DIFFERS(one, other, huge))
		return "a segment wants huge pages, or no longer";
	if (DIFFERS(one, other, sealing) || DIFFERS(one, other, opened_early))
		return "a segment is sealed, or was opened, with one of them only";
	if (DIFFERS(one, other, closed_once))
		return "a handle of a segment was closed before, or none was";
	if (DIFFERS(one, other, deadline))
		return "a segment has another deadline";
	if (DIFFERS(one, other, holder_count))
		return "a segment has more holders, or fewer";
	if (!is_alike(&one->charges[0], &other->charges[0]) ||
		!is_alike(&one->charges[1], &other->charges[1]))
		return "another pays for a segment";
	return compare_rights(&one->rights, &other->rights);
}

static const char *compare_segments(struct registry *one, struct registry *other)
{
	const struct segment *a = registry_next(one, 0);
	const struct segment *b = registry_next(other, 0);
	const char *difference = NULL;

	while (a && b && !difference) {
		difference = compare_segment(a, b);
		a = registry_next(one, a->number);
		b = registry_next(other, b->number);
	}
	if (!difference && (a || b || DIFFERS(one, other, count)))
		difference = "there are more segments, or fewer";
	if (!difference && DIFFERS(one, other, last_number))
		difference = "the next segment gets another number";
	return difference;
}

static const char *compare_holder(const struct holder *one, const struct holder *other)
{
	if (!one->charge.account != !other->charge.account)
		return "a handle is charged with one of them only";
	if (one->charge.account && !is_alike(&one->charge, &other->charge))
		return "another pays for a handle";
	if (!one->segment != !other->segment)
		return "a handle is in use with one of them only";
	if (!one->segment)
		return NULL;
	if (DIFFERS(one, other, segment->number) || DIFFERS(one, other, access) ||
		DIFFERS(one, other, since) || DIFFERS(one, other, place) ||
		DIFFERS(one, other, previous))
		return "a handle is another";
	return NULL;
}

static bool is_same_outcome(const struct outcome *one, const struct outcome *other)
{
	if (!one->known || !other->known)
		return one->known == other->known;
	return one->serial == other->serial && one->op == other->op &&
	       one->status == other->status && one->handle == other->handle;
}

static const char *compare_peer(const struct peer *one, const struct peer *other)
{
	const char *difference = NULL;

	if (DIFFERS(one, other, number) || DIFFERS(one, other, inode) || DIFFERS(one, other, ended))
		return "a peer is another";
	if (DIFFERS(one, other, credentials.uid) || DIFFERS(one, other, credentials.gid) ||
		DIFFERS(one, other, credentials.pid) || DIFFERS(one, other, credentials.unmapped))
		return "a peer has other credentials";
	if (!is_alike(&one->connection, &other->connection))
		return "another pays for a connection";
	if (!is_same_outcome(&one->last, &other->last))
		return "something else came of a peer's last request";
	if (DIFFERS(one, other, ring.inode) || DIFFERS(one, other, ring.seen) ||
		DIFFERS(one, other, pins))
		return "a peer's ring is another";
	if (DIFFERS(one, other, holder_count))
		return "a peer has more handles, or fewer";
	for (uint32_t i = 0; i < one->holder_count && !difference; i++)
		difference = compare_holder(one->holders[i], other->holders[i]);
	return difference;
}

static const char *compare_peers(struct broker *one, struct broker *other)
{
	const struct peer *a = peers_next(&one->peers, 0);
	const struct peer *b = peers_next(&other->peers, 0);
	const char *difference = NULL;

	while (a && b && !difference) {
		difference = compare_peer(a, b);
		a = peers_next(&one->peers, a->number);
		b = peers_next(&other->peers, b->number);
	}
	if (!difference && (a || b))
		difference = "there are more peers, or fewer";
	if (!difference && DIFFERS(one, other, last_peer))
		difference = "the next peer gets another number";
	return difference;
}

static const char *compare_account(const struct account *one, struct accounts *others)
{
	struct account *other;
	const char *difference;

	if (!one)
		return NULL;
	other = account_get(others, one->uid);
	difference = !other || memcmp(one->used, other->used, sizeof(one->used)) != 0
			     ? "a user has used more, or less"
			     : NULL;
	account_unref(other);
	if (!difference)
		difference = compare_account(RB_LEFT(one, by_id), others);
	return difference ? difference : compare_account(RB_RIGHT(one, by_id), others);
}

/* With the sums the same, nobody can have something whom one of them does not know. */
static const char *compare_accounts(struct accounts *one, struct accounts *other)
{
	if (memcmp(one->used, other->used, sizeof(one->used)) != 0 ||
		memcmp(one->users, other->users, sizeof(one->users)) != 0)
		return "more is used in all, or less";
	return compare_account(RB_ROOT(&one->by_id), other);
}

const char *state_difference(struct broker *one, struct broker *other)
{
	const char *difference = compare_segments(&one->registry, &other->registry);

	if (!difference)
		difference = compare_peers(one, other);
	if (!difference)
		difference = compare_accounts(&one->accounts, &other->accounts);
	if (!difference && DIFFERS(one, other, restarts))
		difference = "restarts are counted otherwise";
	return difference;
}
