/* SPDX-License-Identifier: MIT */
/* Names, as far as they are the broker's business; wire_check_name has a test of its own. */
#include <string.h>

#include "tests/core/world.h"

static void refuse_name(struct world *world, const char *name, size_t length, enum status status)
{
	PLAY({ALICE, CREATE(name, 1, 0600), .name_length = length, .status = status},
		{ALICE, OPEN(name, 0), .name_length = length, .status = status},
		{ROOT, CREATE_EXCL(name, 1, 0600), .name_length = length, .status = status},
		{ALICE, DELETE(name), .name_length = length, .status = status},
		{ALICE, STAT(name), .name_length = length, .status = status},
		{ROOT, SET_RIGHTS(name, 0600), .name_length = length, .status = status},
		{ROOT, SET_OWNER(name, 1000, 1000), .name_length = length, .status = status},
		{ALICE, EXPLAIN(name, WIRE_READ), .name_length = length, .status = status},
		{ALICE, EXPLAIN(name, WIRE_CREATE), .name_length = length, .status = status});
}

SCENARIO(every_op_refuses_a_name_that_is_none)
{
	static const char *const none[] = {
		"", "/", "a", "a/b", "//a", "/a/", "/a//b", "/.", "/a/..", "/a/../b"};
	char long_name[WIRE_NAME_MAX + 2];

	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE("/a/b", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE("/b", 1, 0600), OPENED(3, 1, 2, RW)});
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		refuse_name(world, none[i], strlen(none[i]), STATUS_BAD_NAME);
	refuse_name(world, "/a\0b", 4, STATUS_BAD_NAME);
	refuse_name(world, "/a\0", 3, STATUS_BAD_NAME);
	for (size_t i = 0; i < sizeof(long_name); i++)
		long_name[i] = i % 256 == 0 ? '/' : 'n';
	refuse_name(world, long_name, WIRE_NAME_MAX + 1, STATUS_BAD_NAME);
	long_name[256] = 'n';
	refuse_name(world, long_name, WIRE_NAME_MAX, STATUS_NAME_TOO_LONG);
}

SCENARIO(a_name_may_have_1023_bytes)
{
	char name[WIRE_NAME_MAX + 1];

	for (size_t i = 0; i < WIRE_NAME_MAX; i++)
		name[i] = i % 256 == 0 ? '/' : 'n';
	name[WIRE_NAME_MAX] = '\0';
	PLAY({ALICE, CREATE(name, 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_EXCL(name, 1, 0600), FAILS(EXISTS)},
		{ALICE, CREATE(name, 1, 0600), .name_length = WIRE_NAME_MAX - 1,
			OPENED(2, 1, 1, RW)},
		{ALICE, LIST(0, name), LISTED(0, name)},
		{ALICE, STAT(name), STATED(1, 1, 1000, 1000, 0600, 1)}, {ALICE, DELETE(name), DONE},
		{ALICE, STAT(name), FAILS(NOT_FOUND)});
}

/* Compared as bytes, all of them: no prefix, no case, no encoding, no sign of a char. */
SCENARIO(names_that_differ_in_one_byte_are_two)
{
	PLAY({ALICE, CREATE_EXCL("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, CREATE_EXCL("/A", 1, 0600), OPENED(2, 1, 1, RW)},
		{ALICE, CREATE_EXCL("/ab", 1, 0600), OPENED(3, 1, 2, RW)},
		{ALICE, CREATE_EXCL("/a/b", 1, 0600), OPENED(4, 1, 3, RW)},
		{ALICE, CREATE_EXCL("/\x7f", 1, 0600), OPENED(5, 1, 4, RW)},
		{ALICE, CREATE_EXCL("/\x80", 1, 0600), OPENED(6, 1, 5, RW)},
		{ALICE, CREATE_EXCL("/\xff", 1, 0600), OPENED(7, 1, 6, RW)},
		{ALICE, CREATE_EXCL("/\xc3\xa9", 1, 0600), OPENED(8, 1, 7, RW)},
		{ALICE, CREATE_EXCL("/e\xcc\x81", 1, 0600), OPENED(9, 1, 8, RW)},
		{ALICE, CREATE_EXCL("/a ", 1, 0600), OPENED(10, 1, 9, RW)},
		{ALICE, OPEN("/\x80", 0), OPENED(6, 1, 10, RW)},
		{ALICE, OPEN("/a", 0), OPENED(1, 1, 11, RW)},
		{ALICE, OPEN("/a/", 0), FAILS(BAD_NAME)},
		{ALICE, OPEN("/a/c", 0), FAILS(NOT_FOUND)},
		{ALICE, OPEN("/b", 0), FAILS(NOT_FOUND)});
}
