/* SPDX-License-Identifier: MIT */
/* What a name on the wire may look like, and how names stand in the entries of a list. */
#include <stdlib.h>
#include <string.h>

#include "tests/lib/testing.h"
#include "wire/wire.h"

#define COUNT(array) ((int)(sizeof(array) / sizeof((array)[0])))

static const struct {
	const char *name;
	size_t length;
	enum status status;
} names[] = {
#define ROW(text, status)                                                                          \
	{                                                                                          \
		(text), sizeof(text) - 1, STATUS_##status                                          \
	}
	ROW("/a", OK),
	ROW("/a/b", OK),
	ROW("/a/b/c/d/e/f/g/h", OK),
	ROW("/ ", OK),
	ROW("/a b\nc\t", OK),
	ROW("/\x01", OK),
	ROW("/\xff\xfe\x80", OK), /* not UTF-8, and none of the broker's business */
	ROW("/...", OK),
	ROW("/.a", OK),
	ROW("/a.", OK),
	ROW("/..a", OK),
	ROW("/a..", OK),
	ROW("/a/.../b", OK),
	ROW("", BAD_NAME),
	ROW("/", BAD_NAME),
	ROW("a", BAD_NAME),
	ROW("ab", BAD_NAME),
	ROW("a/b", BAD_NAME),
	ROW("./a", BAD_NAME),
	ROW("\0/a", BAD_NAME),
	ROW("//", BAD_NAME),
	ROW("//a", BAD_NAME),
	ROW("/a//b", BAD_NAME),
	ROW("/a/", BAD_NAME),
	ROW("/a/b/", BAD_NAME),
	ROW("/a//", BAD_NAME),
	ROW("/.", BAD_NAME),
	ROW("/..", BAD_NAME),
	ROW("/./a", BAD_NAME),
	ROW("/../a", BAD_NAME),
	ROW("/a/.", BAD_NAME),
	ROW("/a/..", BAD_NAME),
	ROW("/a/./b", BAD_NAME),
	ROW("/a/../b", BAD_NAME),
	ROW("/\0", BAD_NAME),
	ROW("/a\0", BAD_NAME),
	ROW("/\0a", BAD_NAME),
	ROW("/a\0b/c", BAD_NAME),
	ROW("/a/b\0", BAD_NAME),
#undef ROW
};

/* From a heap block of just that length, so that AddressSanitizer sees a read beyond it. */
static enum status check_exactly(const char *name, size_t length)
{
	char *copy = malloc(length > 0 ? length : 1);
	enum status status;

	ck_assert_ptr_nonnull(copy);
	copy[0] = '/'; /* what a reader of no byte at all would find */
	memcpy(copy, name, length);
	status = wire_check_name(copy, length);
	free(copy);
	return status;
}

TEST_LOOP(names_are_absolute_and_in_normal_form, COUNT(names))
{
	ck_assert_msg(check_exactly(names[_i].name, names[_i].length) == names[_i].status,
		"\"%.*s\"", (int)names[_i].length, names[_i].name);
}

/* A name of this length whose components have part_length bytes, the last one what is left. */
static void make_name(char *out, size_t length, size_t part_length)
{
	for (size_t i = 0; i < length; i++)
		out[i] = i % (part_length + 1) == 0 ? '/' : 'n';
}

TEST(names_have_lengths_of_2_to_1023_and_components_of_1_to_255)
{
	const struct {
		size_t length;
		size_t part;
		enum status status;
	} rows[] = {
		{2, 1, STATUS_OK},
		{255, 254, STATUS_OK},
		{256, 255, STATUS_OK},
		{257, 256, STATUS_NAME_TOO_LONG},
		{258, 255, STATUS_OK},
		{1022, 200, STATUS_OK},
		{1023, 1, STATUS_BAD_NAME}, /* it ends in a slash */
		{1023, 2, STATUS_OK},
		{1023, 255, STATUS_OK},
		{1023, 256, STATUS_NAME_TOO_LONG},
		{1023, 1022, STATUS_NAME_TOO_LONG},
		{1024, 255, STATUS_BAD_NAME},
		{1024, 1023, STATUS_BAD_NAME},
		{4000, 2, STATUS_BAD_NAME},
	};

	for (int i = 0; i < COUNT(rows); i++) {
		char name[4096];

		make_name(name, rows[i].length, rows[i].part);
		ck_assert_msg(check_exactly(name, rows[i].length) == rows[i].status,
			"%zu bytes in components of %zu", rows[i].length, rows[i].part);
	}
}

TEST(a_long_component_is_found_wherever_it_stands)
{
	char name[600] = "/a/";

	memset(name + 3, 'n', WIRE_PART_MAX + 1);
	ck_assert_int_eq(check_exactly(name, 3 + WIRE_PART_MAX + 1), STATUS_NAME_TOO_LONG);
	strcpy(name + 3 + WIRE_PART_MAX + 1, "/b");
	ck_assert_int_eq(check_exactly(name, strlen(name)), STATUS_NAME_TOO_LONG);
}

static struct wire_stated make_entry(uint64_t number, size_t name_length)
{
	return (struct wire_stated){
		.segment = number,
		.size = number * 3,
		.uid = (uint32_t)number,
		.name_length = (uint32_t)name_length,
	};
}

TEST(entries_come_out_as_they_were_put_in)
{
	static const char *const entry_names[] = {"/a", "", "/bcd", "/\xff"};
	uint8_t tail[400];
	size_t used = 0;
	size_t at = 0;
	struct wire_stated entry;
	const char *name;

	for (int i = 0; i < COUNT(entry_names); i++) {
		entry = make_entry((uint64_t)i + 1, strlen(entry_names[i]));
		ck_assert(wire_put_entry(tail, sizeof(tail), &used, &entry, entry_names[i]));
	}
	ck_assert_uint_eq(used, 4 * WIRE_SIZE_stated + 8);
	for (int i = 0; i < COUNT(entry_names); i++) {
		const struct wire_stated want = make_entry((uint64_t)i + 1, strlen(entry_names[i]));

		ck_assert(wire_get_entry(tail, used, &at, &entry, &name));
		ck_assert_mem_eq(&entry, &want, sizeof(want));
		ck_assert_mem_eq(name, entry_names[i], entry.name_length);
	}
	ck_assert_uint_eq(at, used);
	ck_assert(!wire_get_entry(tail, used, &at, &entry, &name));
}

TEST(an_entry_that_does_not_fit_leaves_nothing)
{
	const struct wire_stated entry = make_entry(7, 3);
	const size_t needed = WIRE_SIZE_stated + 3;

	for (size_t taken = 0; taken < 3; taken++) {
		for (size_t room = 0; room <= needed; room++) {
			uint8_t *tail = calloc(1, taken + room + 1);
			size_t used = taken;

			ck_assert_ptr_nonnull(tail);
			ck_assert(wire_put_entry(tail, taken + room, &used, &entry, "/xy") ==
				  (room == needed));
			ck_assert_uint_eq(used, room == needed ? taken + needed : taken);
			ck_assert(room == needed || tail[taken] == 0);
			free(tail);
		}
	}
}

TEST(an_entry_whose_name_goes_beyond_the_end_is_none)
{
	const uint32_t beyond[] = {4, 5, 255, UINT32_MAX - WIRE_SIZE_stated + 1, UINT32_MAX};
	uint8_t tail[WIRE_SIZE_stated + 3];

	for (int i = 0; i < COUNT(beyond); i++) {
		struct wire_stated entry = make_entry(7, 3);
		const char *name = "untouched";
		size_t used = 0;

		ck_assert(wire_put_entry(tail, sizeof(tail), &used, &entry, "/xy"));
		/* name_length is the last field; the machine that runs this may be any. */
		for (size_t byte = 0; byte < 4; byte++)
			tail[WIRE_SIZE_stated - 4 + byte] = (uint8_t)(beyond[i] >> (8 * byte));
		used = 0;
		entry.segment = 99;
		ck_assert(!wire_get_entry(tail, sizeof(tail), &used, &entry, &name));
		ck_assert_uint_eq(used, 0);
		ck_assert_uint_eq(entry.segment, 99);
		ck_assert_str_eq(name, "untouched");
	}
}

TEST(every_truncation_of_an_entry_is_none)
{
	struct wire_stated entry = make_entry(7, 3);
	uint8_t tail[WIRE_SIZE_stated + 3];
	size_t used = 0;
	const char *name;

	ck_assert(wire_put_entry(tail, sizeof(tail), &used, &entry, "/xy"));
	for (size_t cut = 0; cut < sizeof(tail); cut++) {
		size_t at = 0;

		ck_assert(!wire_get_entry(tail, cut, &at, &entry, &name));
	}
}
