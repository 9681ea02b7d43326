/* SPDX-License-Identifier: MIT */

/*
 * Names as they are passed to PR_*, and rows as they are printed. A label is made from the row
 * itself, so what a line says was called is what was called; the directory of the case is left out
 * of it.
 */
#include "table.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char directory[NAME_SIZE];

void name_set_directory(const char *path)
{
	snprintf(directory, sizeof(directory), "%s", path);
}

const char *name_directory(void)
{
	return directory;
}

/* Components of 200 bytes: far from the file system's limit, which is another row. */
static void expand_long(size_t length, char *buffer)
{
	size_t at = strlen(directory);

	memcpy(buffer, directory, at);
	for (size_t in_component = 200; at < length; at++, in_component++) {
		bool slash = in_component % 201 == 200 && at + 1 < length;

		buffer[at] = slash ? '/' : 'd';
	}
	buffer[length] = '\0';
}

const char *name_expand(const char *name, char *buffer)
{
	if (!name)
		return NULL;
	if (name[0] == '#') {
		expand_long(strtoul(name + 1, NULL, 10), buffer);
	} else if (name[0] == '%') {
		size_t length = strtoul(name + 1, NULL, 10);
		int before = snprintf(buffer, NAME_SIZE, "%s/", directory);

		memset(buffer + before, 'c', length);
		buffer[(size_t)before + length] = '\0';
	} else if (strncmp(name, "@/", 2) == 0) {
		snprintf(buffer, NAME_SIZE, "%s%s", directory, name + 1);
	} else {
		snprintf(buffer, NAME_SIZE, "%s", name);
	}
	return buffer;
}

/* A row stays one line of text whatever bytes its name has. */
static const char *escape(const char *name, char *buffer)
{
	size_t at = 0;

	for (; *name && at + 5 < LABEL_SIZE; name++)
		if (isprint((unsigned char)*name))
			buffer[at++] = *name;
		else
			at += (size_t)sprintf(
				buffer + at, "\\x%02x", (unsigned int)(unsigned char)*name);
	buffer[at] = '\0';
	return buffer;
}

static const char *name_text(const char *name, char *buffer)
{
	if (!name)
		return "NULL";
	if (strncmp(name, "@/", 2) == 0)
		return escape(name + 2, buffer);
	if (name[0] == '#')
		snprintf(buffer, LABEL_SIZE, "%s bytes", name + 1);
	else if (name[0] == '%')
		snprintf(buffer, LABEL_SIZE, "component of %s bytes", name + 1);
	else
		snprintf(buffer, LABEL_SIZE, "\"%s\"", name);
	return buffer;
}

static const char *size_text(PRSize size, char *buffer)
{
	static const struct {
		PRSize size;
		const char *text;
	} spoken[] = {
		{K64, "64K"},
		{K64 + 1, "64K+1"},
		{(PRSize)1 << 20, "1M"},
		{(PRSize)1 << 62, "2^62"},
		{SIZE_MAX, "2^64-1"},
	};

	for (size_t i = 0; i < sizeof(spoken) / sizeof(spoken[0]); i++)
		if (spoken[i].size == size)
			return spoken[i].text;
	snprintf(buffer, LABEL_SIZE, "%zu", (size_t)size);
	return buffer;
}

static const char *flags_text(PRIntn flags, char *buffer)
{
	static const char *const spoken[] = {"0", "CREATE", "EXCL", "CREATE|EXCL"};

	if (flags >= 0 && flags <= (CREATE | EXCL))
		return spoken[flags];
	snprintf(buffer, LABEL_SIZE, "%#x", (unsigned int)flags);
	return buffer;
}

static void open_label(const struct step *step, char *label)
{
	char name[LABEL_SIZE], size[LABEL_SIZE], flags[LABEL_SIZE];
	int at = snprintf(label, LABEL_SIZE, "Open(%.60s, %.30s, %.30s, 0%.0o)",
		name_text(step->name, name), size_text(step->size, size),
		flags_text(step->flags, flags), (unsigned int)step->mode);

	if (step->error_before && at > 0 && at < LABEL_SIZE)
		snprintf(label + at, LABEL_SIZE - (size_t)at, ", errno %s before",
			error_word(step->error_before));
}

static void address_text(const struct step *step, char *buffer)
{
	if (step->address == NULL_ADDRESS)
		snprintf(buffer, LABEL_SIZE, "NULL");
	else if (step->address == STATIC_PAGE)
		snprintf(buffer, LABEL_SIZE, "static memory");
	else if (step->offset)
		snprintf(buffer, LABEL_SIZE, "p%d+%td", step->address, step->offset);
	else
		snprintf(buffer, LABEL_SIZE, "p%d", step->address);
}

static void call_label(const struct step *step, char *label)
{
	char handle[16] = "NULL", text[LABEL_SIZE];

	if (step->handle)
		snprintf(handle, sizeof(handle), "h%d", step->handle);
	switch (step->operation) {
	case OPEN_SEGMENT:
		open_label(step, label);
		break;
	case ATTACH_SEGMENT:
		snprintf(label, LABEL_SIZE, "Attach(%s, %s)", handle,
			step->flags ? "READONLY" : "0");
		break;
	case DETACH_SEGMENT:
		address_text(step, text);
		snprintf(label, LABEL_SIZE, "Detach(%s, %.60s)", handle, text);
		break;
	case CLOSE_SEGMENT:
		snprintf(label, LABEL_SIZE, "Close(%s)", handle);
		break;
	default:
		snprintf(label, LABEL_SIZE, "Delete(%.60s)%s%s%s", name_text(step->name, text),
			step->error_before ? ", errno " : "",
			step->error_before ? error_word(step->error_before) : "",
			step->error_before ? " before" : "");
	}
}

void label_write(const struct step *step, char *label)
{
	char text[LABEL_SIZE];

	switch (step->operation) {
	case READ_TEXT:
		snprintf(label, LABEL_SIZE, "contents of p%d", step->address);
		break;
	case COMPARE_MEMORY:
		snprintf(label, LABEL_SIZE, "p%d beside p%d", step->address, step->handle);
		break;
	case WRITE_BYTE:
		snprintf(label, LABEL_SIZE, "write p%d[%td]", step->address, step->offset);
		break;
	case WIDEN_MAPPING:
		snprintf(label, LABEL_SIZE, "mprotect(p%d, read and write)", step->address);
		break;
	case MAPPED_LENGTH:
		snprintf(label, LABEL_SIZE, "length of p%d", step->address);
		break;
	case LOOK_AT_FILE:
		snprintf(label, LABEL_SIZE, "file %.60s", name_text(step->name, text));
		break;
	case ERROR_NAME:
		snprintf(label, LABEL_SIZE, "PR_ErrorToName(%s)", step->text);
		break;
	case CALL_FUNCTION:
		snprintf(label, LABEL_SIZE, "%s", step->text);
		break;
	default:
		call_label(step, label);
	}
}

void result_write(char *result, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(result, RESULT_SIZE, format, arguments);
	va_end(arguments);
}
