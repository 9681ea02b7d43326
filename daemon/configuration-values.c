/* SPDX-License-Identifier: MIT */
/* The values of the configuration: text to numbers. */
#include "daemon/configuration-values.h"

#include <grp.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"

#define SEPARATORS " \t,"
#define WORD_MAX   256

static bool is_digits(const char *text)
{
	return text[0] != '\0' && strspn(text, "0123456789") == strlen(text);
}

const char *value_amount(const char *text, uint64_t *out)
{
	return units_parse_amount(text, INT64_MAX, out);
}

const char *value_duration(const char *text, uint32_t *out)
{
	uint64_t seconds;
	const char *error = units_parse_seconds(text, INT32_MAX, &seconds);

	if (!error)
		*out = (uint32_t)seconds;
	return error;
}

const char *value_mode(const char *text, mode_t *out)
{
	char *end;
	unsigned long mode = strtoul(text, &end, 8);

	if (text[0] < '0' || text[0] > '7' || *end != '\0' || mode > 0777)
		return "not an octal mode up to 0777";
	*out = (mode_t)mode;
	return NULL;
}

static const char *id_number(const char *text, uint32_t *out)
{
	uint64_t number;
	const char *error = units_parse_number(text, UINT32_MAX - 1, &number);

	if (!error)
		*out = (uint32_t)number;
	return error;
}

const char *value_user(const char *text, uint32_t *out)
{
	const struct passwd *user;

	if (is_digits(text))
		return id_number(text, out);
	user = getpwnam(text);
	if (!user)
		return "no such user";
	*out = user->pw_uid;
	return NULL;
}

const char *value_group(const char *text, uint32_t *out)
{
	const struct group *group;

	if (is_digits(text))
		return id_number(text, out);
	group = getgrnam(text);
	if (!group)
		return "no such group";
	*out = group->gr_gid;
	return NULL;
}

const char *value_lifetime(const char *text, uint32_t *out)
{
	if (strcmp(text, "kept") == 0)
		*out = WIRE_LIFETIME_KEPT;
	else if (strcmp(text, "until-unused") == 0)
		*out = WIRE_LIFETIME_UNTIL_UNUSED;
	else
		return "neither kept nor until-unused";
	return NULL;
}

const char *value_preallocate(const char *text, enum preallocation *out)
{
	if (strcmp(text, "never") == 0)
		*out = PREALLOCATE_NEVER;
	else if (strcmp(text, "small") == 0)
		*out = PREALLOCATE_SMALL;
	else if (strcmp(text, "always") == 0)
		*out = PREALLOCATE_ALWAYS;
	else
		return "neither never, small nor always";
	return NULL;
}

const char *value_huge_pages(const char *text, enum huge_pages *out)
{
	if (strcmp(text, "no") == 0)
		*out = HUGE_PAGES_NO;
	else if (strcmp(text, "yes") == 0)
		*out = HUGE_PAGES_YES;
	else
		return "neither no nor yes";
	return NULL;
}

/* Copies the next word and steps behind it. NULL at the end, "" for one that is too long. */
static const char *next_word(const char **text, char word[WORD_MAX])
{
	size_t length;

	*text += strspn(*text, SEPARATORS);
	length = strcspn(*text, SEPARATORS);
	if (length == 0)
		return NULL;
	snprintf(word, WORD_MAX, "%.*s", length < WORD_MAX ? (int)length : 0, *text);
	*text += length;
	return word;
}

static const char *append_ids(const char *text, struct id_list *out,
	const char *(*parse)(const char *text, uint32_t *out))
{
	char word[WORD_MAX];

	while (next_word(&text, word)) {
		uint32_t *ids = reallocarray(out->ids, out->count + 1, sizeof(*ids));
		const char *error = ids ? NULL : "out of memory";

		if (ids)
			out->ids = ids;
		if (!error)
			error = parse(word, &ids[out->count]);
		if (error)
			return error;
		out->count++;
	}
	return NULL;
}

const char *value_users(const char *text, struct id_list *out)
{
	return append_ids(text, out, value_user);
}

const char *value_groups(const char *text, struct id_list *out)
{
	return append_ids(text, out, value_group);
}

static const char *letters(const char *text, uint16_t *out)
{
	static const struct {
		char letter;
		uint16_t right;
	} known[] = {{'r', WIRE_READ}, {'w', WIRE_WRITE}, {'d', WIRE_DELETE}, {'m', WIRE_MANAGE}};
	uint16_t rights = 0;

	for (; *text; text++) {
		uint16_t right = 0;

		for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++) {
			if (known[i].letter == *text)
				right = known[i].right;
		}
		if (right == 0)
			return "rights are letters of \"rwdm\"";
		rights |= right;
	}
	*out = rights;
	return NULL;
}

static const char *parse_entry(char *word, struct wire_entry *out)
{
	struct wire_entry entry = {0};
	char *name = strchr(word, ':');
	char *rights = name ? strrchr(name + 1, ':') : NULL;
	const char *error;

	if (!rights)
		return "an entry is user:NAME:RIGHTS or group:NAME:RIGHTS";
	*name++ = '\0';
	*rights++ = '\0';
	if (strcmp(word, "user") == 0)
		entry.kind = WIRE_ENTRY_USER;
	else if (strcmp(word, "group") == 0)
		entry.kind = WIRE_ENTRY_GROUP;
	else
		return "an entry begins with user: or group:";
	error = entry.kind == WIRE_ENTRY_USER ? value_user(name, &entry.id)
					      : value_group(name, &entry.id);
	if (!error)
		error = letters(rights, &entry.rights);
	if (!error)
		*out = entry;
	return error;
}

const char *value_entries(const char *text, struct name_rule *out)
{
	char word[WORD_MAX];

	while (next_word(&text, word)) {
		struct wire_entry *entries =
			reallocarray(out->entries, out->entry_count + 1, sizeof(*entries));
		const struct wire_entry *entry;
		const char *error;

		if (!entries)
			return "out of memory";
		out->entries = entries;
		if (out->entry_count == WIRE_ENTRIES_MAX)
			return "more than 32 entries";
		error = parse_entry(word, &entries[out->entry_count]);
		if (error)
			return error;
		entry = &entries[out->entry_count];
		if (rights_find_entry(entries, out->entry_count, entry->kind, entry->id))
			return "this user or group has an entry already";
		out->entry_count++;
	}
	return NULL;
}
