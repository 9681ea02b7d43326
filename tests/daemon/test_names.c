/* SPDX-License-Identifier: MIT */
/* Names as bytes on the wire, where no client library has brought them into order. */
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"

#include <string.h>
#include <unistd.h>

#define NAME(text) (text), sizeof(text) - 1

static enum status ask(uint16_t op, const char *name, size_t length)
{
	const struct wire_request request = {
		.header = {.op = op},
		.open = {.size = op == WIRE_OP_OPEN ? 4096 : 0,
			.flags = WIRE_OPEN_CREATE,
			.mode = 0600},
		.name = name,
		.name_length = length,
	};
	struct answer answer;

	return exchange(scene.honest, &request, &answer);
}

/* The same answer from every op that takes a name, and nothing comes of it. */
static void check_refused(const char *name, size_t length, enum status status)
{
	ck_assert_int_eq(ask(WIRE_OP_OPEN, name, length), status);
	ck_assert_int_eq(ask(WIRE_OP_STAT, name, length), status);
	ck_assert_int_eq(ask(WIRE_OP_DELETE, name, length), status);
	ck_assert_uint_eq(exchange_list(scene.honest, ""), scene.segments);
}

/* And closed again, so that scene_end finds nothing of it. */
static void check_taken(const char *name, size_t length)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = {.size = 4096, .flags = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, .mode = 0600},
		.name = name,
		.name_length = length,
	};
	struct answer answer;

	ck_assert_int_eq(exchange(scene.honest, &request, &answer), STATUS_OK);
	exchange_close(scene.honest, answer.reply.opened.handle);
	ck_assert_int_eq(ask(WIRE_OP_STAT, name, length), STATUS_OK);
	ck_assert_int_eq(ask(WIRE_OP_DELETE, name, length), STATUS_OK);
	ck_assert_int_eq(ask(WIRE_OP_STAT, name, length), STATUS_NOT_FOUND);
}

FIXTURE(scene_begin_plain, scene_end);

TEST(unnormalised_name_is_refused)
{
	check_refused(NAME(""), STATUS_BAD_NAME);
	check_refused(NAME("/"), STATUS_BAD_NAME);
	check_refused(NAME("a"), STATUS_BAD_NAME);
	check_refused(NAME("a/b"), STATUS_BAD_NAME);
	check_refused(NAME("//a"), STATUS_BAD_NAME);
	check_refused(NAME("/a//b"), STATUS_BAD_NAME);
	check_refused(NAME("/a/"), STATUS_BAD_NAME);
	check_refused(NAME("/."), STATUS_BAD_NAME);
	check_refused(NAME("/.."), STATUS_BAD_NAME);
	check_refused(NAME("/a/./b"), STATUS_BAD_NAME);
	check_refused(NAME("/a/../b"), STATUS_BAD_NAME);
	check_refused(NAME("/a/.."), STATUS_BAD_NAME);
}

TEST(name_with_a_nul_is_refused)
{
	check_refused(NAME("/a\0"), STATUS_BAD_NAME);
	check_refused(NAME("/a\0b"), STATUS_BAD_NAME);
	check_refused(NAME("\0/a"), STATUS_BAD_NAME);
	check_refused(NAME("/\0"), STATUS_BAD_NAME);
	check_refused(NAME("/honest\0"), STATUS_BAD_NAME);
}

TEST(name_is_bytes_and_not_text)
{
	check_taken(NAME("/\xff\xfe\x80"));
	check_taken(NAME("/\xc0\xaf"));
	check_taken(NAME("/new\nline \x1b[31m tab\t"));
	check_taken(NAME("/..."));
	check_taken(NAME("/%s%n%99999d"));
}

/* Components of 200 bytes, so that it is the whole that is measured. */
static void make_name(char *name, size_t length)
{
	for (size_t i = 0; i < length; i++)
		name[i] = i % 201 == 0 ? '/' : 'n';
}

TEST(name_may_have_1023_bytes_and_no_more)
{
	char name[WIRE_MESSAGE_MAX];

	make_name(name, sizeof(name));
	check_taken(name, WIRE_NAME_MAX);
	check_refused(name, WIRE_NAME_MAX + 1, STATUS_BAD_NAME);
	check_refused(name, WIRE_MESSAGE_MAX - WIRE_SIZE_header - WIRE_SIZE_open, STATUS_BAD_NAME);
}

TEST(component_may_have_255_bytes_and_no_more)
{
	char name[1 + WIRE_PART_MAX + 1];

	memset(name, 'c', sizeof(name));
	name[0] = '/';
	check_taken(name, 1 + WIRE_PART_MAX);
	check_refused(name, 1 + WIRE_PART_MAX + 1, STATUS_NAME_TOO_LONG);
}

static enum status create(uint64_t size)
{
	return exchange_open(scene.honest, "/sized", WIRE_OPEN_CREATE, size, 0600, NULL, NULL);
}

TEST(impossible_size_is_refused)
{
	ck_assert_int_eq(create(0), STATUS_BAD_SIZE);
	ck_assert_int_eq(create(UINT64_C(1) << 62), STATUS_TOO_BIG);
	ck_assert_int_eq(create(INT64_MAX), STATUS_TOO_BIG);
	ck_assert_int_eq(create(UINT64_C(1) << 63), STATUS_TOO_BIG);
	ck_assert_int_eq(create(UINT64_MAX), STATUS_TOO_BIG);
	ck_assert_uint_eq(exchange_list(scene.honest, "/"), scene.segments);
}

TEST(size_is_exact_to_the_byte)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t sizes[] = {1, page - 1, page, page + 1};

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct wire_opened opened;
		struct wire_stated stated;

		ck_assert_int_eq(exchange_open(scene.honest, "/sized", WIRE_OPEN_CREATE, sizes[i],
					 0600, &opened, NULL),
			STATUS_OK);
		ck_assert_uint_eq(opened.size, sizes[i]);
		ck_assert_int_eq(exchange_stat(scene.honest, "/sized", &stated), STATUS_OK);
		ck_assert_uint_eq(stated.size, sizes[i]);
		ck_assert_int_eq(create(sizes[i] + 1), STATUS_BAD_SIZE);
		ck_assert_int_eq(exchange_delete(scene.honest, "/sized"), STATUS_OK);
		exchange_close(scene.honest, opened.handle);
	}
}
