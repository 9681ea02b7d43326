/* SPDX-License-Identifier: MIT */
/* Who may do what with a segment; prshm(7), "Rights", has the rules in words and in this order. */
#include "daemon/core/rights.h"

#include <stdlib.h>
#include <string.h>

#define ALL_RIGHTS (WIRE_READ | WIRE_WRITE | WIRE_DELETE | WIRE_MANAGE)

void credentials_deinit(struct credentials *credentials)
{
	free(credentials->groups);
	*credentials = (struct credentials){0};
}

static int compare_gids(const void *left, const void *right)
{
	const gid_t a = *(const gid_t *)left;
	const gid_t b = *(const gid_t *)right;

	return (a > b) - (a < b);
}

void credentials_sort_groups(struct credentials *credentials)
{
	if (credentials->group_count > 0)
		qsort(credentials->groups, credentials->group_count, sizeof(gid_t), compare_gids);
}

bool credentials_have_group(const struct credentials *credentials, gid_t gid)
{
	if (gid == (gid_t)-1) /* many groups without a number here look like this: none matches */
		return false;
	if (credentials->gid == gid)
		return true;
	return credentials->group_count > 0 &&
	       bsearch(&gid, credentials->groups, credentials->group_count, sizeof(gid),
		       compare_gids);
}

/* The rights that the three bits give: r and w. x means nothing. */
static unsigned int from_mode(mode_t bits)
{
	return (bits & 04 ? WIRE_READ : 0U) | (bits & 02 ? WIRE_WRITE : 0U);
}

const struct wire_entry *rights_find_entry(
	const struct wire_entry *entries, size_t count, uint16_t kind, uint32_t id)
{
	for (size_t i = 0; i < count; i++) {
		if (entries[i].kind == kind && entries[i].id == id)
			return &entries[i];
	}
	return NULL;
}

/*
 * Adds all that the owning group and the entries for the user's groups give. False: no group fits.
 */
static bool add_groups(
	const struct credentials *who, const struct rights *rights, unsigned int *may)
{
	bool found = credentials_have_group(who, rights->gid);

	if (found)
		*may |= from_mode((rights->mode >> 3) & 07);
	for (uint32_t i = 0; i < rights->entry_count; i++) {
		const struct wire_entry *entry = &rights->entries[i];

		if (entry->kind == WIRE_ENTRY_GROUP && credentials_have_group(who, entry->id)) {
			*may |= entry->rights;
			found = true;
		}
	}
	return found;
}

/*
 * The first rule that fits decides alone: an owner that the mode denies does not get the bits of
 * others.
 */
static enum rights_rule decide(
	const struct credentials *who, const struct rights *rights, unsigned int *may)
{
	const struct wire_entry *entry;

	*may = 0;
	if (who->unmapped)
		goto other;
	if (who->uid == 0) {
		*may = ALL_RIGHTS;
		return RIGHTS_ROOT;
	}
	if (who->uid == rights->uid) {
		*may = from_mode((rights->mode >> 6) & 07) | WIRE_DELETE | WIRE_MANAGE;
		return RIGHTS_OWNER;
	}
	entry = rights_find_entry(rights->entries, rights->entry_count, WIRE_ENTRY_USER, who->uid);
	if (entry) {
		*may = entry->rights;
		return RIGHTS_USER_ENTRY;
	}
	if (add_groups(who, rights, may))
		return RIGHTS_GROUPS;
other:
	*may = from_mode(rights->mode & 07);
	return RIGHTS_OTHER;
}

unsigned int rights_of(
	const struct credentials *who, const struct rights *rights, enum rights_rule *rule)
{
	unsigned int may;
	enum rights_rule decided = decide(who, rights, &may);

	if (!(may & WIRE_READ))
		may &= ~(unsigned int)WIRE_WRITE; /* memory cannot be mapped write-only */
	if (rule)
		*rule = decided;
	return may;
}

/* An id of 0xffffffff is refused: for the kernel it is no user and no group (chown(2)). */
static bool is_good(const struct wire_entry *entry)
{
	return (entry->kind == WIRE_ENTRY_USER || entry->kind == WIRE_ENTRY_GROUP) &&
	       (entry->rights & ~ALL_RIGHTS) == 0 && entry->id != UINT32_MAX;
}

enum status rights_take(
	struct rights *out, uint32_t mode, const uint8_t *entries, size_t entry_count)
{
	struct wire_entry *taken;

	if (mode > 0777 || entry_count > WIRE_ENTRIES_MAX)
		return STATUS_BAD_RIGHTS;
	taken = entry_count > 0 ? calloc(entry_count, sizeof(*taken)) : NULL;
	if (entry_count > 0 && !taken)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < entry_count; i++) {
		wire_get_right(entries, i, &taken[i]);
		if (!is_good(&taken[i]) ||
			rights_find_entry(taken, i, taken[i].kind, taken[i].id)) {
			free(taken);
			return STATUS_BAD_RIGHTS;
		}
	}
	out->mode = (mode_t)mode;
	out->entries = taken;
	out->entry_count = (uint32_t)entry_count;
	return STATUS_OK;
}

enum status rights_copy(struct rights *out, const struct rights *from)
{
	struct wire_entry *entries = NULL;

	if (from->entry_count > 0) {
		entries = reallocarray(NULL, from->entry_count, sizeof(*entries));
		if (!entries)
			return STATUS_NO_MEMORY;
		memcpy(entries, from->entries, from->entry_count * sizeof(*entries));
	}
	*out = *from;
	out->entries = entries;
	return STATUS_OK;
}

void rights_deinit(struct rights *rights)
{
	free(rights->entries);
	rights->entries = NULL;
	rights->entry_count = 0;
}

void rights_limit(struct rights *rights, mode_t largest)
{
	unsigned int keep = from_mode((largest >> 3) & 07) | WIRE_DELETE | WIRE_MANAGE;

	rights->mode &= largest;
	for (uint32_t i = 0; i < rights->entry_count; i++)
		rights->entries[i].rights &= (uint16_t)keep;
}

void rights_limit_to_use(struct rights *rights)
{
	for (uint32_t i = 0; i < rights->entry_count; i++)
		rights->entries[i].rights &= WIRE_READ | WIRE_WRITE;
}
