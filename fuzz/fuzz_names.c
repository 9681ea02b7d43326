/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of names and numbers: of what a program gives as a name, and of what a file has as a
 * number.
 *
 *	byte 0: the length of the working directory; then that, a NUL, and the name as given
 *
 * What name_normalise makes is a name to the broker, and stays what it is if it is normalised
 * again. What a unit's function takes is within its bounds, and "N" means N to all of them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/units.h"
#include "client-lib/name.h"
#include "client-lib/trouble.h"
#include "fuzz/demand.h"
#include "fuzz/make-request.h"

#define TEXT_MAX 4096

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static char directory[TEXT_MAX + 1];

/* The working directory is the input's: fuzz.am has the linker give getcwd to this. */
char *__wrap_getcwd(char *out, size_t size);
char *__wrap_getcwd(char *out, size_t size)
{
	if (strlen(directory) >= size) {
		errno = ERANGE;
		return NULL;
	}
	return strcpy(out, directory);
}

/* A block of just that length, so that AddressSanitizer sees a read beyond it. */
static char *take_text(struct input *input, size_t length)
{
	char *text = malloc(length + 1);

	demand(text, "out of memory");
	memcpy(text, input->at, length);
	text[length] = '\0';
	input->at += length;
	input->left -= length;
	return text;
}

static bool has_part(const char *name, const char *part)
{
	const size_t length = strlen(part);

	for (const char *at = strstr(name, part); at; at = strstr(at + 1, part)) {
		if (at[length] == '/' || at[length] == '\0')
			return true;
	}
	return false;
}

static void check_name(const char *given)
{
	struct name name;
	struct name again;

	trouble_forget();
	if (name_normalise(given, &name) != STATUS_OK)
		return;
	demand(name.length == strlen(name.text), "a name is of another length");
	demand(wire_check_name(name.text, name.length) == STATUS_OK, "the broker refuses a name");
	demand(!strstr(name.text, "//") && !has_part(name.text, "/.") &&
			!has_part(name.text, "/.."),
		"a name is not normal");
	demand(name_normalise(name.text, &again) == STATUS_OK && strcmp(name.text, again.text) == 0,
		"a normal name changes");
}

static void check_number(const char *text, uint64_t maximum)
{
	uint64_t number = 0;
	uint64_t amount = 0;
	uint64_t seconds = 0;
	const bool is_number = !units_parse_number(text, maximum, &number);
	const bool is_amount = !units_parse_amount(text, maximum, &amount);
	const bool is_time = !units_parse_seconds(text, maximum, &seconds);

	demand(number <= maximum && amount <= maximum && seconds <= maximum,
		"a number is above its maximum");
	if (is_number)
		demand(is_amount && is_time && amount == number && seconds == number,
			"a number means two things");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	static const uint64_t maxima[] = {UINT64_MAX, UINT32_MAX, 100, 0};
	struct input input = {bytes, length};
	size_t room = take_byte(&input) * (size_t)8;
	const uint64_t maximum = maxima[take_byte(&input) % 4];
	char *text;

	room = room < input.left ? room : input.left;
	text = take_text(&input, room);
	snprintf(directory, sizeof(directory), "/%s", text);
	if (room > 0 && text[0] == '(')
		memmove(directory, directory + 1, strlen(directory));
	check_number(text, maximum);
	free(text);
	text = take_text(&input, input.left);
	check_name(text);
	check_number(text, maximum);
	free(text);
	return 0;
}
