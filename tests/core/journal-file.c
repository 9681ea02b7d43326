/* SPDX-License-Identifier: MIT */
/* The journal's file: what is appended and committed is what is read, and nothing else is. */
#include <check.h>
#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/crc32c.h"
#include "daemon/core/journal.h"
#include "tests/lib/testing.h"

#define HEADER 24 /* bytes: magic, version, committed */

static uint8_t entries[WIRE_ENTRIES_MAX * WIRE_SIZE_entry];
static char name[WIRE_NAME_MAX];

static size_t body_size(enum record_kind kind)
{
	static const size_t sizes[] = {
#define X(NAME, name, value, bytes, fields) [value] = (bytes),
		RECORDS(X)
#undef X
	};
	return sizes[kind];
}

/* With another number in each byte, so that none can get lost or change its place. */
static struct record make_record(enum record_kind kind)
{
	struct record record = {.kind = kind};
	uint8_t *body = (uint8_t *)&record.begin;

	for (size_t i = 0; i < body_size(kind); i++)
		body[i] = (uint8_t)(kind * 16 + i);
	if (kind != RECORD_SEGMENT)
		return record;
	for (size_t i = 0; i < sizeof(entries); i++)
		entries[i] = (uint8_t)(i * 7);
	memset(name, 'n', sizeof(name));
	record.segment.entry_count = WIRE_ENTRIES_MAX;
	record.segment.name_length = WIRE_NAME_MAX;
	record.entries = entries;
	record.name = name;
	return record;
}

static void assert_same(const struct record *read, const struct record *written)
{
	ck_assert_int_eq(read->kind, written->kind);
	ck_assert_mem_eq(&read->begin, &written->begin, body_size(written->kind));
	if (read->kind != RECORD_SEGMENT)
		return;
	ck_assert_mem_eq(read->entries, entries, sizeof(entries));
	ck_assert_mem_eq(read->name, name, sizeof(name));
}

static int open_again(const struct journal *journal, struct journal *out)
{
	return journal_open(out, fcntl(journal->fd, F_DUPFD_CLOEXEC, 0));
}

TEST(each_kind_of_record_is_read_as_it_was_written)
{
	struct journal journal, opened;
	struct record record;
	size_t offset = 0;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	for (enum record_kind kind = RECORD_BEGIN; kind <= RECORD_EXPIRE; kind++) {
		const size_t used = journal.used;

		record = make_record(kind);
		journal_append(&journal, &record);
		ck_assert_uint_eq(journal.used - used, journal_record_size(&record));
	}
	journal_commit(&journal);
	ck_assert_int_eq(open_again(&journal, &opened), 0);
	ck_assert_uint_eq(opened.used, journal.used);
	ck_assert_uint_eq(opened.inode, journal.inode);
	for (enum record_kind kind = RECORD_BEGIN; kind <= RECORD_EXPIRE; kind++) {
		const struct record written = make_record(kind);

		ck_assert_int_eq(journal_read(&opened, &offset, &record), 1);
		assert_same(&record, &written);
	}
	ck_assert_int_eq(journal_read(&opened, &offset, &record), 0);
	ck_assert_uint_eq(offset, journal.used);
	journal_deinit(&opened);
	journal_deinit(&journal);
}

static size_t count_records(const struct journal *journal)
{
	struct journal opened;
	struct record record;
	size_t count = 0;
	size_t offset = 0;

	ck_assert_int_eq(open_again(journal, &opened), 0);
	while (journal_read(&opened, &offset, &record) == 1)
		count++;
	ck_assert_uint_eq(offset > 0 ? offset : HEADER, opened.used);
	journal_deinit(&opened);
	return count;
}

TEST(what_is_not_committed_is_not_there)
{
	const struct record record = make_record(RECORD_DONE);
	struct journal journal;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	ck_assert_uint_eq(count_records(&journal), 0);
	journal_append(&journal, &record);
	ck_assert_uint_eq(count_records(&journal), 0);
	journal_append(&journal, &record);
	journal_commit(&journal);
	ck_assert_uint_eq(count_records(&journal), 2);
	journal_append(&journal, &record);
	ck_assert_uint_eq(count_records(&journal), 2);
	journal_deinit(&journal);
}

TEST(an_old_one_is_an_empty_one_again_if_it_has_the_room)
{
	const struct record record = make_record(RECORD_DONE);
	struct journal journal;
	struct journal none = {.fd = -1};
	size_t room;

	ck_assert(!journal_recycle(&none, 0));
	ck_assert_int_eq(journal_new(&journal, 0), 0);
	room = journal.room;
	for (int i = 0; i < 3; i++)
		journal_append(&journal, &record);
	journal_commit(&journal);
	ck_assert(!journal_recycle(&journal, room));
	ck_assert_uint_eq(count_records(&journal), 3);
	ck_assert(journal_recycle(&journal, 0));
	journal_append(&journal, &record);
	journal_commit(&journal);
	ck_assert_uint_eq(count_records(&journal), 1);
	ck_assert_uint_eq(journal.room, room);
	journal_deinit(&journal);
}

/* A page that has no memory behind it is a SIGBUS at the first store. */
TEST(it_grows_and_has_memory_behind_each_byte_before_it_is_written)
{
	const struct record record = make_record(RECORD_SEGMENT);
	struct journal journal;
	struct stat st;
	size_t count = 0;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	while (journal.used < (size_t)3 << 20) {
		ck_assert(journal_reserve(&journal, 4096));
		ck_assert_uint_ge(journal.room, journal.used + 4096);
		ck_assert_int_eq(fstat(journal.fd, &st), 0);
		ck_assert_uint_eq((uint64_t)st.st_size, journal.room);
		ck_assert_uint_ge((uint64_t)st.st_blocks * 512, journal.room);
		journal_append(&journal, &record);
		count++;
	}
	ck_assert(!journal.overrun);
	journal_commit(&journal);
	ck_assert_uint_eq(count_records(&journal), count);
	journal_deinit(&journal);
}

/* It could not be, after one that is missing. */
TEST(after_a_record_that_found_no_room_it_takes_none)
{
	const struct record large = make_record(RECORD_SEGMENT);
	const struct record small = make_record(RECORD_EXPIRE);
	struct journal journal;
	size_t used;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	while (!journal.overrun)
		journal_append(&journal, &large);
	used = journal.used;
	ck_assert_uint_ge(journal.room - used, journal_record_size(&small));
	journal_append(&journal, &small);
	ck_assert_uint_eq(journal.used, used);
	ck_assert(!journal_reserve(&journal, 4096));
	journal_deinit(&journal);
}

TEST(without_a_journal_there_is_room_for_all)
{
	const struct record record = make_record(RECORD_DONE);
	struct journal journal = {.fd = -1};

	ck_assert(journal_reserve(&journal, SIZE_MAX / 2));
	journal_append(&journal, &record);
	journal_commit(&journal);
	ck_assert_uint_eq(journal.used, 0);
	ck_assert(!journal.overrun);
	journal_deinit(&journal);
}

/* Opens a journal that has these 8 bytes at that place of its header. */
static int open_with(size_t at, uint64_t value)
{
	struct journal journal, opened;
	int error;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	value = htole64(value);
	memcpy(journal.bytes + at, &value, sizeof(value));
	error = open_again(&journal, &opened);
	if (error == 0)
		journal_deinit(&opened);
	journal_deinit(&journal);
	return error;
}

TEST(a_newer_version_is_told_from_a_damaged_header)
{
	struct stat st;
	struct journal journal;

	ck_assert_int_eq(journal_new(&journal, 0), 0);
	ck_assert_int_eq(fstat(journal.fd, &st), 0);
	journal_deinit(&journal);
	ck_assert_int_eq(open_with(8, JOURNAL_VERSION), 0);
	ck_assert_int_eq(open_with(8, JOURNAL_VERSION + 1), -EPROTONOSUPPORT);
	ck_assert_int_eq(open_with(8, UINT64_MAX), -EPROTONOSUPPORT);
	ck_assert_int_eq(open_with(8, 0), -EBADMSG);
	ck_assert_int_eq(open_with(0, 0), -EBADMSG);
	ck_assert_int_eq(open_with(16, HEADER), 0);
	ck_assert_int_eq(open_with(16, HEADER - 1), -EBADMSG);
	ck_assert_int_eq(open_with(16, 0), -EBADMSG);
	ck_assert_int_eq(open_with(16, (uint64_t)st.st_size), 0);
	ck_assert_int_eq(open_with(16, (uint64_t)st.st_size + 1), -EBADMSG);
	ck_assert_int_eq(open_with(16, UINT64_MAX), -EBADMSG);
}

TEST(what_is_no_file_is_no_journal)
{
	struct journal journal = {.fd = 12345};
	int ends[2];

	ck_assert_int_eq(journal_open(&journal, memfd_create("empty", MFD_CLOEXEC)), -EBADMSG);
	ck_assert_int_eq(journal_open(&journal, open("/", O_RDONLY | O_CLOEXEC)), -EBADMSG);
	ck_assert_int_eq(journal_open(&journal, open("/dev/null", O_RDWR | O_CLOEXEC)), -EBADMSG);
	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends), 0);
	ck_assert_int_eq(journal_open(&journal, ends[0]), -EBADMSG);
	ck_assert_int_eq(journal_open(&journal, ends[1]), -EBADMSG);
	ck_assert_int_eq(journal_open(&journal, -1), -EBADMSG);
	ck_assert_int_eq(journal.fd, 12345); /* untouched */
}

/* A body too short or too long for its kind, with a checksum that is right. */
static int read_frame(uint32_t kind, uint32_t length)
{
	uint32_t words[64] = {[1] = htole32(length), [2] = htole32(kind)};
	struct journal journal;
	struct record record;
	size_t offset = 0;
	int found;

	ck_assert_uint_le(length, sizeof(words));
	if (length > sizeof(uint32_t))
		words[0] = htole32(crc32c(words + 1, length - sizeof(uint32_t)));
	ck_assert_int_eq(journal_new(&journal, 0), 0);
	memcpy(journal.bytes + HEADER, words, length);
	journal.used = HEADER + length;
	found = journal_read(&journal, &offset, &record);
	journal_deinit(&journal);
	return found;
}

TEST(a_record_of_a_length_or_kind_that_cannot_be_is_none)
{
	for (uint32_t kind = RECORD_BEGIN; kind <= RECORD_EXPIRE; kind++) {
		const uint32_t right = 12 + (uint32_t)body_size(kind);

		for (uint32_t length = 1; length < right + 16; length++)
			ck_assert_int_eq(read_frame(kind, length), length == right ? 1 : -EBADMSG);
	}
	ck_assert_int_eq(read_frame(0, 12), -EBADMSG);
	ck_assert_int_eq(read_frame(RECORD_EXPIRE + 1, 12), -EBADMSG);
	ck_assert_int_eq(read_frame(UINT32_MAX, 12), -EBADMSG);
}
