/* SPDX-License-Identifier: MIT */
/* Access lists of the kernel, and the rights of segments. */
#include "posix-lib/access-list.h"

#include <endian.h>
#include <errno.h>
#include <string.h>

/* The kernel's linux/posix_acl_xattr.h: a version, and then entries; all little-endian. */
#define VERSION 2

enum tag {
	TAG_OWNER = 0x01,
	TAG_USER = 0x02,
	TAG_OWNING_GROUP = 0x04,
	TAG_GROUP = 0x08,
	TAG_MASK = 0x10,
	TAG_OTHER = 0x20,
};

struct entry {
	uint16_t tag, permissions;
	uint32_t id; /* of a named user or group */
};

struct list {
	unsigned int owner, group, mask, other;
	unsigned int found; /* enum tag */
};

static uint16_t rights_of(unsigned int permissions)
{
	return (uint16_t)((permissions & 4 ? WIRE_READ : 0) | (permissions & 2 ? WIRE_WRITE : 0));
}

static unsigned int permissions_of(unsigned int rights)
{
	return (rights & WIRE_READ ? 4U : 0U) | (rights & WIRE_WRITE ? 2U : 0U);
}

/* An entry that each list has at most once. False: there was one. */
static bool take_once(struct list *list, enum tag tag, unsigned int *out, unsigned int permissions)
{
	if (list->found & (unsigned int)tag)
		return false;
	list->found |= (unsigned int)tag;
	*out = permissions;
	return true;
}

/* 0, or an errno. */
static int take_named(const struct entry *entry, struct rights *rights)
{
	const struct wire_entry named = {
		.id = entry->id,
		.kind = entry->tag == TAG_USER ? WIRE_ENTRY_USER : WIRE_ENTRY_GROUP,
		.rights = rights_of(entry->permissions),
	};

	if (rights->count == WIRE_ENTRIES_MAX)
		return ENOSPC;
	wire_put_right(rights->entries, rights->count++, &named);
	return 0;
}

/* 0, or an errno. */
static int take(struct list *list, const struct entry *entry, struct rights *rights)
{
	bool good = entry->permissions <= 7;

	switch (entry->tag) {
	case TAG_OWNER:
		good &= take_once(list, TAG_OWNER, &list->owner, entry->permissions);
		break;
	case TAG_OWNING_GROUP:
		good &= take_once(list, TAG_OWNING_GROUP, &list->group, entry->permissions);
		break;
	case TAG_MASK:
		good &= take_once(list, TAG_MASK, &list->mask, entry->permissions);
		break;
	case TAG_OTHER:
		good &= take_once(list, TAG_OTHER, &list->other, entry->permissions);
		break;
	case TAG_USER:
	case TAG_GROUP:
		return good ? take_named(entry, rights) : EINVAL;
	default:
		return EINVAL;
	}
	return good ? 0 : EINVAL;
}

/* The mask bounds what the group and the named ones may. */
static void apply_mask(const struct list *list, struct rights *rights)
{
	for (uint32_t i = 0; i < rights->count; i++) {
		struct wire_entry named;

		wire_get_right(rights->entries, i, &named);
		named.rights &= rights_of(list->mask);
		wire_put_right(rights->entries, i, &named);
	}
	rights->mode = list->owner << 6 | (list->group & list->mask) << 3 | list->other;
}

int access_list_read(const void *bytes, size_t size, struct rights *rights)
{
	const unsigned int needed = TAG_OWNER | TAG_OWNING_GROUP | TAG_OTHER;
	struct list list = {.mask = 7};
	uint32_t version;
	int error = 0;

	rights->count = 0;
	if (size == 0)
		return 0;
	if (size < sizeof(version) || (size - sizeof(version)) % sizeof(struct entry) != 0)
		return EINVAL;
	memcpy(&version, bytes, sizeof(version));
	if (le32toh(version) != VERSION)
		return ENOTSUP;
	if (size == sizeof(version))
		return 0;
	for (size_t at = sizeof(version); at < size && error == 0; at += sizeof(struct entry)) {
		struct entry entry;

		memcpy(&entry, (const char *)bytes + at, sizeof(entry));
		error = take(&list,
			&(struct entry){
				le16toh(entry.tag), le16toh(entry.permissions), le32toh(entry.id)},
			rights);
	}
	if (error == 0 && ((list.found & needed) != needed ||
				  (rights->count > 0 && !(list.found & TAG_MASK))))
		error = EINVAL;
	if (error == 0)
		apply_mask(&list, rights);
	return error;
}

static void put(
	unsigned char *bytes, size_t *used, enum tag tag, unsigned int permissions, uint32_t id)
{
	const struct entry entry = {
		htole16((uint16_t)tag), htole16((uint16_t)permissions), htole32(id)};

	memcpy(bytes + *used, &entry, sizeof(entry));
	*used += sizeof(entry);
}

/* Those of one kind. What one of them may is added to *mask. */
static void put_named(const struct rights *rights, enum wire_entry_kind kind, unsigned char *bytes,
	size_t *used, unsigned int *mask)
{
	for (uint32_t i = 0; i < rights->count; i++) {
		struct wire_entry named;

		wire_get_right(rights->entries, i, &named);
		if (named.kind != kind)
			continue;
		put(bytes, used, kind == WIRE_ENTRY_USER ? TAG_USER : TAG_GROUP,
			permissions_of(named.rights), named.id);
		*mask |= permissions_of(named.rights);
	}
}

size_t access_list_write(const struct rights *rights, unsigned char bytes[ACCESS_LIST_MAX])
{
	const uint32_t version = htole32(VERSION);
	unsigned int mask = rights->mode >> 3 & 7;
	size_t used = sizeof(version);

	memcpy(bytes, &version, sizeof(version));
	put(bytes, &used, TAG_OWNER, rights->mode >> 6 & 7, UINT32_MAX);
	put_named(rights, WIRE_ENTRY_USER, bytes, &used, &mask);
	put(bytes, &used, TAG_OWNING_GROUP, rights->mode >> 3 & 7, UINT32_MAX);
	put_named(rights, WIRE_ENTRY_GROUP, bytes, &used, &mask);
	put(bytes, &used, TAG_MASK, mask, UINT32_MAX);
	put(bytes, &used, TAG_OTHER, rights->mode & 7, UINT32_MAX);
	return used;
}
