/* SPDX-License-Identifier: MIT */
/* Lists of maps by name, and the variable of the environment that tells a child the names. */
#include "client-lib/inherit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char digits[] = "0123456789abcdef";

static struct named_map *find(struct named_maps *list, const char *name)
{
	struct named_map *named;

	TAILQ_FOREACH(named, list, in_list) {
		if (strcmp(named->name, name) == 0)
			return named;
	}
	return NULL;
}

PRFileMap *inherit_take(struct named_maps *list, const char *name)
{
	struct named_map *named = find(list, name);
	PRFileMap *map = named ? named->map : NULL;

	if (named) {
		TAILQ_REMOVE(list, named, in_list);
		free(named);
	}
	return map;
}

int inherit_put(struct named_maps *list, const char *name, PRFileMap *map)
{
	const size_t size = strlen(name) + 1;
	struct named_map *named = malloc(sizeof(*named) + size);

	if (!named)
		return -ENOMEM;
	filemap_free(inherit_take(list, name));
	named->map = map;
	memcpy(named->name, name, size);
	TAILQ_INSERT_TAIL(list, named, in_list);
	return 0;
}

void inherit_clear(struct named_maps *list)
{
	while (!TAILQ_EMPTY(list))
		filemap_free(inherit_take(list, TAILQ_FIRST(list)->name));
}

static char *write_name(char *at, const char *name)
{
	for (; *name; name++) {
		*at++ = digits[(unsigned char)*name >> 4];
		*at++ = digits[(unsigned char)*name & 15];
	}
	*at++ = ':';
	return at;
}

/* Bytes of the variable with its NUL, at most; 0: no variable. */
static size_t variable_size(const struct named_maps *list)
{
	const struct named_map *named;
	size_t size = TAILQ_EMPTY(list) ? 0 : sizeof(INHERIT_VARIABLE "=");

	TAILQ_FOREACH(named, list, in_list)
		size += 2 * strlen(named->name) + 1 + FILEMAP_STRING_SIZE + 1;
	return size;
}

static void write_variable(const struct named_maps *list, char *at)
{
	const struct named_map *named;

	at = stpcpy(at, INHERIT_VARIABLE "=");
	TAILQ_FOREACH(named, list, in_list) {
		at = write_name(at, named->name);
		at += filemap_string_write(&named->map->memory.reference, at);
		if (TAILQ_NEXT(named, in_list))
			*at++ = ',';
	}
}

static bool is_variable(const char *text)
{
	return strncmp(text, INHERIT_VARIABLE "=", sizeof(INHERIT_VARIABLE "=") - 1) == 0;
}

int inherit_environment(const struct named_maps *list, char *const *envp, char ***out)
{
	char *const *old = envp ? envp : environ;
	const size_t extra = variable_size(list);
	size_t count = 0;
	size_t kept = 0;
	char **environment;

	while (old && old[count])
		count++;
	environment = malloc((count + 2) * sizeof(*environment) + extra);
	if (!environment)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		if (!is_variable(old[i]))
			environment[kept++] = old[i];
	}
	if (extra > 0) {
		char *variable = (char *)(environment + count + 2);

		write_variable(list, variable);
		environment[kept++] = variable;
	}
	environment[kept] = NULL;
	*out = environment;
	return 0;
}

/* Two digits a byte, one byte at least, none of them NUL. The length of the name, or 0. */
static size_t read_name(const char *text, size_t length, char name[INHERIT_NAME_MAX + 1])
{
	if (length % 2 != 0 || length / 2 > INHERIT_NAME_MAX)
		return 0;
	for (size_t i = 0; i < length / 2; i++) {
		const char *high = memchr(digits, text[2 * i], 16);
		const char *low = memchr(digits, text[2 * i + 1], 16);

		if (!high || !low || (high == digits && low == digits))
			return 0;
		name[i] = (char)((high - digits) << 4 | (low - digits));
	}
	name[length / 2] = '\0';
	return length / 2;
}

/* Reads one entry. Returns where the next entry begins, or NULL: malformed. */
static const char *read_entry(
	const char *text, char name[INHERIT_NAME_MAX + 1], struct reference *reference)
{
	const size_t name_length = strcspn(text, ":,");
	const size_t length = strcspn(text, ",");
	const size_t string_length = length - name_length - (name_length < length);
	char string[FILEMAP_STRING_SIZE];

	if (read_name(text, name_length, name) == 0 || string_length >= sizeof(string))
		return NULL;
	memcpy(string, text + length - string_length, string_length);
	string[string_length] = '\0';
	if (!filemap_string_read(string, reference))
		return NULL;
	text += length;
	if (*text == ',' && *++text == '\0') /* a comma stands between entries, not after them */
		return NULL;
	return text;
}

static void adopt(struct named_maps *list, const char *name, const struct reference *reference)
{
	PRFileMap *map;

	if (find(list, name) || filemap_adopt(reference, &map) != 0)
		return;
	if (inherit_put(list, name, map) != 0)
		filemap_free(map);
}

bool inherit_read(const char *value, struct named_maps *list)
{
	char name[INHERIT_NAME_MAX + 1];
	struct reference reference;
	const char *at = value;

	do
		at = read_entry(at, name, &reference);
	while (at && *at);
	if (!at)
		return false;
	for (at = value; *at;) {
		at = read_entry(at, name, &reference);
		adopt(list, name, &reference);
	}
	return true;
}
