/* SPDX-License-Identifier: MIT */
/* Rights to lines of text and back. */
#include "ctl/acl.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/identity.h"
#include "ctl/text.h"

static const struct {
	char letter;
	unsigned int right;
} known[] = {{'r', PRSHM_READ}, {'w', PRSHM_WRITE}, {'d', PRSHM_DELETE}, {'m', PRSHM_MANAGE}};

#define KNOWN (sizeof(known) / sizeof(*known))

const char *acl_letters(unsigned int rights, char out[ACL_LETTERS_MAX])
{
	size_t length = 0;

	for (size_t i = 0; i < KNOWN; i++) {
		if (rights & known[i].right)
			out[length++] = known[i].letter;
	}
	if (length == 0)
		out[length++] = '-';
	out[length] = '\0';
	return out;
}

char *acl_entry_text(const struct prshm_entry *entry)
{
	char letters[ACL_LETTERS_MAX];
	char *text;
	int length = asprintf(&text, "%s:%s:%s", entry->kind == PRSHM_USER ? "user" : "group",
		identity_name(entry->kind, entry->id), acl_letters(entry->rights, letters));

	return text_need(length < 0 ? NULL : text);
}

void acl_print(const struct prshm_rights *rights, FILE *to)
{
	static const struct {
		const char *name;
		int shift;
	} bits[] = {{"user", 6}, {"group", 3}, {"other", 0}};

	for (size_t i = 0; i < sizeof(bits) / sizeof(*bits); i++) {
		const unsigned int three = rights->mode >> bits[i].shift;
		char letters[ACL_LETTERS_MAX];

		acl_letters(
			(three & 4 ? PRSHM_READ : 0U) | (three & 2 ? PRSHM_WRITE : 0U), letters);
		fprintf(to, "%s::%s\n", bits[i].name, letters);
	}
	for (size_t i = 0; i < rights->entry_count; i++) {
		char *entry = acl_entry_text(&rights->entries[i]);

		fprintf(to, "%s\n", entry);
		free(entry);
	}
}

void acl_print_json(const struct prshm_rights *rights, FILE *to)
{
	fputc('[', to);
	for (size_t i = 0; i < rights->entry_count; i++) {
		const struct prshm_entry *entry = &rights->entries[i];
		char letters[ACL_LETTERS_MAX];

		fprintf(to,
			"%s{\"kind\": \"%s\", \"id\": %" PRIu32 ", \"name\": ", i > 0 ? ", " : "",
			entry->kind == PRSHM_USER ? "user" : "group", entry->id);
		text_print_json(identity_name(entry->kind, entry->id), to);
		fprintf(to, ", \"rights\": \"%s\"}", acl_letters(entry->rights, letters));
	}
	fputc(']', to);
}

static const char *parse_letters(const char *text, unsigned int *out)
{
	unsigned int rights = 0;

	if (text[0] == '\0')
		return "no rights: r, w, d and m, or -";
	for (; *text; text++) {
		size_t i = 0;

		if (*text == '-')
			continue;
		while (i < KNOWN && known[i].letter != *text)
			i++;
		if (i == KNOWN)
			return "rights are letters of r, w, d and m, or -";
		rights |= known[i].right;
	}
	*out = rights;
	return NULL;
}

static size_t find(const struct prshm_rights *rights, enum prshm_kind kind, uint32_t id)
{
	size_t i = 0;

	while (i < rights->entry_count &&
		(rights->entries[i].kind != kind || rights->entries[i].id != id))
		i++;
	return i;
}

static const char *set_entry(struct prshm_rights *rights, const struct prshm_entry *entry)
{
	const size_t i = find(rights, entry->kind, entry->id);

	if (i == PRSHM_ENTRIES_MAX)
		return "a segment has at most 32 entries";
	rights->entries[i] = *entry;
	if (i == rights->entry_count)
		rights->entry_count++;
	return NULL;
}

/* The others keep their order. */
static const char *remove_entry(struct prshm_rights *rights, enum prshm_kind kind, uint32_t id)
{
	const size_t i = find(rights, kind, id);

	if (i == rights->entry_count)
		return "there is no such entry";
	rights->entry_count--;
	memmove(&rights->entries[i], &rights->entries[i + 1],
		(rights->entry_count - i) * sizeof(*rights->entries));
	return NULL;
}

static const char *set_bits(struct prshm_rights *rights, int shift, unsigned int wanted)
{
	const unsigned int three =
		(wanted & PRSHM_READ ? 4U : 0U) | (wanted & PRSHM_WRITE ? 2U : 0U);

	if (wanted & (PRSHM_DELETE | PRSHM_MANAGE))
		return "a mode has only r and w; d and m take an entry for a user or group";
	rights->mode = (rights->mode & ~(7U << shift)) | three << shift;
	return NULL;
}

struct parts {
	char kind; /* u, g, o */
	int shift; /* of its bits in a mode */
	const char *name;
	size_t name_length;
	const char *letters; /* NULL: there are none */
};

static bool split(const char *line, struct parts *out)
{
	static const char *const kinds[] = {"user", "group", "other", "u", "g", "o"};
	const size_t length = strcspn(line, ":");
	const char *colon;

	out->kind = 0;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		if (strlen(kinds[i]) == length && strncmp(kinds[i], line, length) == 0)
			out->kind = kinds[i][0];
	}
	if (out->kind == 0 || line[length] != ':')
		return false;
	out->shift = out->kind == 'o' ? 0 : out->kind == 'g' ? 3 : 6;
	out->name = line + length + 1;
	colon = strchr(out->name, ':');
	out->name_length = colon ? (size_t)(colon - out->name) : strlen(out->name);
	out->letters = colon ? colon + 1 : NULL;
	return out->kind != 'o' || out->name_length == 0;
}

const char *acl_apply(struct prshm_rights *rights, enum acl_action action, const char *line)
{
	struct prshm_entry entry;
	struct parts parts;
	const char *wrong;

	if (!split(line, &parts) || (action == ACL_SET && !parts.letters))
		return "expected user:NAME:RIGHTS, group:NAME:RIGHTS, user::RIGHTS, group::RIGHTS "
		       "or other::RIGHTS";
	if (action == ACL_REMOVE && parts.name_length == 0)
		return "only entries of a user or group can be removed: user:NAME, group:NAME";
	entry = (struct prshm_entry){.kind = parts.kind == 'u' ? PRSHM_USER : PRSHM_GROUP};
	if (parts.name_length > 0 &&
		!identity_parse(entry.kind, parts.name, parts.name_length, &entry.id))
		return parts.kind == 'u' ? "no such user" : "no such group";
	if (action == ACL_REMOVE)
		return remove_entry(rights, entry.kind, entry.id);
	wrong = parse_letters(parts.letters, &entry.rights);
	if (wrong)
		return wrong;
	if (parts.name_length == 0)
		return set_bits(rights, parts.shift, entry.rights);
	return set_entry(rights, &entry);
}
