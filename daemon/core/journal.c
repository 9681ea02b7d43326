/* SPDX-License-Identifier: MIT */
/* The journal's file: appends records and reads them. */
#include "daemon/core/journal.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/crc32c.h"
#include "daemon/core/memory.h"

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

#define MAGIC "prshm\njl"

/* Bytes for records of what cannot be refused: a thousand closes and ends of connections. */
#define SLACK ((size_t)64 * 1024)
#define STEP  ((size_t)256 * 1024)

struct header {
	char magic[8];
	uint64_t version;
	uint64_t committed;
};

struct frame { /* before each record's body */
	uint32_t checksum;
	uint32_t length;
	uint32_t kind;
};

#define X(NAME, name, value, bytes, fields) FIELDS_CODEC(record, name, fields)
RECORDS(X)
#undef X

static size_t body_size(enum record_kind kind)
{
	switch (kind) {
#define X(NAME, name, value, bytes, fields)                                                        \
	case RECORD_##NAME:                                                                        \
		return bytes;
		RECORDS(X)
#undef X
	}
	return 0;
}

static size_t tail_size(const struct record *record)
{
	if (record->kind != RECORD_SEGMENT)
		return 0;
	return record->segment.entry_count * (size_t)WIRE_SIZE_entry + record->segment.name_length;
}

size_t journal_record_size(const struct record *record)
{
	return sizeof(struct frame) + body_size(record->kind) + tail_size(record);
}

static struct header *header_of(const struct journal *journal)
{
	return (struct header *)(void *)journal->bytes;
}

/*
 * fallocate(2) finds the memory now, or fails. Without that, a store into a page for which there is
 * no memory would be a SIGBUS.
 */
static bool grow(struct journal *journal, size_t room)
{
	/* what is there would be looked through, page by page */
	const size_t before = journal->room;
	void *bytes;

	room = (room + STEP - 1) / STEP * STEP;
	while (fallocate(journal->fd, 0, (off_t)before, (off_t)(room - before)) < 0) {
		if (errno != EINTR)
			return false;
	}
	bytes = journal->bytes
			? mremap(journal->bytes, before, room, MREMAP_MAYMOVE)
			: mmap(NULL, room, PROT_READ | PROT_WRITE, MAP_SHARED, journal->fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	journal->bytes = bytes;
	journal->room = room;
	madvise(journal->bytes, room, MADV_DONTFORK); /* or a child keeps it for longer */
	/* Advice: a fault for each page, while a client waits, would take several times as long. */
	madvise(journal->bytes + before, room - before, MADV_POPULATE_WRITE);
	return true;
}

int journal_new(struct journal *journal, size_t room)
{
	struct journal new = {.fd = memory_create("prshm-journal", 0)};
	struct stat st;

	if (new.fd < 0 || fchmod(new.fd, 0600) < 0 || fstat(new.fd, &st) < 0 ||
		!grow(&new, sizeof(struct header) + room + SLACK)) {
		const int error = errno;

		journal_deinit(&new);
		return -error;
	}
	new.inode = st.st_ino;
	new.used = sizeof(struct header);
	*header_of(&new) = (struct header){.magic = MAGIC, .version = htole64(JOURNAL_VERSION)};
	journal_commit(&new);
	*journal = new;
	return 0;
}

bool journal_recycle(struct journal *journal, size_t room)
{
	if (journal->fd < 0 || journal->room < sizeof(struct header) + room + SLACK)
		return false;
	journal->used = sizeof(struct header);
	journal->overrun = false;
	return true;
}

static int check_header(struct journal *journal)
{
	const struct header *header = header_of(journal);
	const uint64_t committed = le64toh(header->committed);

	if (memcmp(header->magic, MAGIC, sizeof(header->magic)) != 0)
		return -EBADMSG;
	if (le64toh(header->version) > JOURNAL_VERSION)
		return -EPROTONOSUPPORT;
	if (header->version == 0 || committed < sizeof(*header) || committed > journal->room)
		return -EBADMSG;
	journal->used = (size_t)committed;
	return 0;
}

int journal_open(struct journal *journal, int fd)
{
	struct journal old = {.fd = fd};
	struct stat st;
	void *bytes = MAP_FAILED;
	int error = -EBADMSG;

	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
		st.st_size >= (off_t)sizeof(struct header)) {
		bytes = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_SHARED, fd, 0);
		error = bytes == MAP_FAILED ? -errno : error;
	}
	if (bytes != MAP_FAILED) {
		madvise(bytes, (size_t)st.st_size, MADV_DONTFORK);
		old.bytes = bytes;
		old.room = (size_t)st.st_size;
		old.inode = st.st_ino;
		error = check_header(&old);
	}
	if (error < 0) {
		journal_deinit(&old);
		return error;
	}
	*journal = old;
	return 0;
}

void journal_deinit(struct journal *journal)
{
	if (journal->bytes)
		munmap(journal->bytes, journal->room);
	if (journal->fd >= 0)
		memory_close(journal->fd, journal->room);
	*journal = (struct journal){.fd = -1};
}

bool journal_reserve(struct journal *journal, size_t bytes)
{
	const size_t wanted = journal->used + bytes + SLACK;

	if (journal->overrun)
		return false;
	return journal->fd < 0 || wanted <= journal->room || grow(journal, wanted);
}

static void put_body(uint8_t *at, const struct record *record)
{
	switch (record->kind) {
#define X(NAME, name, value, bytes, fields)                                                        \
	case RECORD_##NAME:                                                                        \
		put_##name(at, &record->name);                                                     \
		break;
		RECORDS(X)
#undef X
	}
}

static void put_tail(uint8_t *at, const struct record *record)
{
	const size_t entries = record->segment.entry_count * (size_t)WIRE_SIZE_entry;

	if (entries > 0)
		memcpy(at, record->entries, entries);
	if (record->segment.name_length > 0)
		memcpy(at + entries, record->name, record->segment.name_length);
}

bool journal_append(struct journal *journal, const struct record *record)
{
	const size_t length = journal_record_size(record);
	struct frame frame = {.length = htole32((uint32_t)length), .kind = htole32(record->kind)};
	uint8_t *at;

	if (journal->fd < 0)
		return false;
	at = journal->bytes + journal->used;
	if (journal->overrun || length > journal->room - journal->used) {
		journal->overrun = true;
		return false;
	}
	memcpy(at, &frame, sizeof(frame));
	put_body(at + sizeof(frame), record);
	if (record->kind == RECORD_SEGMENT)
		put_tail(at + sizeof(frame) + body_size(RECORD_SEGMENT), record);
	frame.checksum =
		htole32(crc32c(at + sizeof(frame.checksum), length - sizeof(frame.checksum)));
	memcpy(at, &frame.checksum, sizeof(frame.checksum));
	journal->used += length;
	return true;
}

/*
 * Release order: the compiler must not move this store before those of the records. The processor's
 * order does not matter, since the memory outlives a kill with all that was stored.
 */
void journal_commit(struct journal *journal)
{
	if (journal->fd >= 0)
		__atomic_store_n(
			&header_of(journal)->committed, htole64(journal->used), __ATOMIC_RELEASE);
}

size_t journal_committed(const struct journal *journal)
{
	return (size_t)le64toh(__atomic_load_n(&header_of(journal)->committed, __ATOMIC_ACQUIRE));
}

/* Mapped for this, since the other's mapping may be shorter than what has been appended since. */
bool journal_copy(struct journal *journal, const struct journal *other, size_t from, size_t end)
{
	void *bytes;

	if (!journal_reserve(journal, end - from))
		return false;
	bytes = mmap(NULL, end, PROT_READ, MAP_SHARED, other->fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	madvise(bytes, end, MADV_DONTFORK);
	memcpy(journal->bytes + journal->used, (const uint8_t *)bytes + from, end - from);
	journal->used += end - from;
	munmap(bytes, end);
	return true;
}

static bool get_body(const uint8_t *at, size_t length, struct record *record)
{
	if (length < body_size(record->kind))
		return false;
	switch (record->kind) {
#define X(NAME, name, value, bytes, fields)                                                        \
	case RECORD_##NAME:                                                                        \
		get_##name(at, &record->name);                                                     \
		break;
		RECORDS(X)
#undef X
	default:
		return false;
	}
	if (length - body_size(record->kind) != tail_size(record))
		return false;
	if (record->kind == RECORD_SEGMENT) {
		record->entries = at + body_size(record->kind);
		record->name = (const char *)at + length - record->segment.name_length;
	}
	return true;
}

int journal_read(const struct journal *journal, size_t *offset, struct record *record)
{
	const size_t start = *offset > 0 ? *offset : sizeof(struct header);
	const size_t left = journal->used - start;
	const uint8_t *at = journal->bytes + start;
	struct frame frame;
	size_t length;

	if (left == 0)
		return 0;
	if (left < sizeof(frame))
		return -EBADMSG;
	memcpy(&frame, at, sizeof(frame));
	length = le32toh(frame.length);
	if (length < sizeof(frame) || length > left ||
		crc32c(at + sizeof(frame.checksum), length - sizeof(frame.checksum)) !=
			le32toh(frame.checksum))
		return -EBADMSG;
	*record = (struct record){.kind = le32toh(frame.kind)};
	if (!get_body(at + sizeof(frame), length - sizeof(frame), record))
		return -EBADMSG;
	*offset = start + length;
	return 1;
}
