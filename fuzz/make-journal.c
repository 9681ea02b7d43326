/* SPDX-License-Identifier: MIT */
/* Journals out of an input; make-journal.h has the input. */
#include "fuzz/make-journal.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/crc32c.h"
#include "daemon/core/peers.h"
#include "daemon/core/succession.h"

/* A whole file; a journal of any bytes; one of records, alone or after some that are good. */
enum form { WHOLE, BYTES, RECORDS_ALONE, RECORDS_LATER, FORMS = 8 };

#define HANDLES_BOUND 4096 /* a journal may say more, and a fuzzer has not the memory for it */
#define USERS         48   /* the invariants do not count more */
#define SIZE_BOUND    (UINT64_C(1) << 56)
#define WHOLE_MAX     (1 << 16)

static uint64_t take_value(struct input *input)
{
	const uint8_t first = take_byte(input);
	uint64_t value = 0;

	if (first < 0xf0)
		return first;
	for (int i = 0; i < 8; i++)
		value = value << 8 | take_byte(input);
	return value;
}

#define TAKE_FIELD(bits, field) out->field = (uint##bits##_t)take_value(input);
#define X(NAME, name, value, bytes, fields)                                                        \
	static void take_##name(struct input *input, struct record_##name *out)                    \
	{                                                                                          \
		fields(TAKE_FIELD)                                                                 \
	}
RECORDS(X)
#undef X

static void take_fields(struct input *input, struct record *record)
{
	switch (record->kind) {
#define X(NAME, name, value, bytes, fields)                                                        \
	case RECORD_##NAME:                                                                        \
		take_##name(input, &record->name);                                                 \
		break;
		RECORDS(X)
#undef X
	}
}

/* Four segments that stay what they are: one of them anonymous, and one without its name. */
static uint64_t mend_number(uint64_t number)
{
	return number % 4 + 1;
}

static void mend_segment(struct record_segment *is)
{
	is->number = mend_number(is->number);
	is->size = is->number * 1000;
	is->inode = is->number;
	is->mode &= 0777;
	is->lifetime = is->lifetime % 2 ? WIRE_LIFETIME_KEPT : WIRE_LIFETIME_UNTIL_UNUSED;
	is->linger %= 4;
	is->anonymous = is->number == 4;
	is->named = is->number < 3;
	if (!is->named || is->linger == 0)
		is->deadline = 0;
}

static uint64_t mend_peer(uint64_t number)
{
	return number % 2 + PEER_FIRST;
}

static void mend(struct record *record)
{
	switch (record->kind) {
	case RECORD_SEGMENT:
		mend_segment(&record->segment);
		break;
	case RECORD_UNNAME:
		record->unname.number = mend_number(record->unname.number);
		break;
	case RECORD_PEER:
		record->peer.number = mend_peer(record->peer.number);
		record->peer.handles %= 16;
		break;
	case RECORD_HOLD:
		record->hold.segment = mend_number(record->hold.segment);
		record->hold.handle %= 4;
		record->hold.access &= WIRE_READ | WIRE_WRITE | WIRE_FILL;
		record->hold.peer = mend_peer(record->hold.peer);
		break;
	case RECORD_CLOSE:
		record->close.handle %= 4;
		record->close.peer = mend_peer(record->close.peer);
		break;
	case RECORD_RING: /* its descriptor, from a keeper: any of inodes 0 to 255 */
		record->ring.peer = mend_peer(record->ring.peer);
		break;
	case RECORD_RELEASED:
		record->released.peer = mend_peer(record->released.peer);
		record->released.handle %= 4;
		break;
	case RECORD_SIZE:
		record->size.number = mend_number(record->size.number);
		record->size.sealing %= 4;
		record->size.opened_early %= 2;
		break;
	case RECORD_ENDED:
	case RECORD_GONE:
	case RECORD_DONE: /* begins as the others do */
		record->gone.peer = mend_peer(record->gone.peer);
		break;
	default:
		break;
	}
}

/* What would only cost memory, or what a test cannot look at. */
static void bound(struct record *record)
{
	if (record->kind == RECORD_PEER) {
		record->peer.handles %= HANDLES_BOUND;
		record->peer.uid %= USERS;
	} else if (record->kind == RECORD_HOLD) {
		record->hold.handle %= HANDLES_BOUND;
	} else if (record->kind == RECORD_SEGMENT) {
		record->segment.payer %= USERS;
		record->segment.size %= SIZE_BOUND;
	} else if (record->kind == RECORD_SIZE) {
		record->size.size %= SIZE_BOUND;
	}
}

static void name_segment(struct record *record, const char *name)
{
	record->name = record->segment.anonymous ? "" : name;
	record->segment.name_length = (uint32_t)strlen(record->name);
}

/* Entries and name; they are the input's, and so is how many there are. */
static void take_tail(struct input *input, struct record *record, uint8_t *entries)
{
	static const char *const names[] = {"/a", "/b", "/c", "/a/b", "/d", "/e", "/", "a", ""};
	struct record_segment *is = &record->segment;
	const uint32_t count = take_byte(input) & 7;

	is->entry_count = count < 7 ? count : WIRE_ENTRIES_MAX + 1;
	for (uint32_t i = 0; i < is->entry_count; i++) {
		const struct wire_entry entry = {
			.id = count < 7 ? take_byte(input) : i,
			.kind = count < 7 ? take_byte(input) & 3 : WIRE_ENTRY_USER,
			.rights = count < 7 ? take_byte(input) & 31 : WIRE_READ,
		};

		wire_put_right(entries, i, &entry);
	}
	record->entries = entries;
	name_segment(record, names[take_byte(input) % 9]);
}

/* Of any kind and length, with a checksum that is right. */
static void append_frame(struct journal *journal, struct input *input)
{
	uint8_t frame[12 + 255] = {0};
	const uint32_t length = 12 + (uint32_t)take_byte(input);
	const uint32_t told = htole32(length);
	uint32_t checksum;

	for (uint32_t i = 8; i < length; i++)
		frame[i] = i > 8 && i < 12 ? 0 : take_byte(input);
	memcpy(frame + 4, &told, sizeof(told));
	checksum = htole32(crc32c(frame + 4, length - 4));
	memcpy(frame, &checksum, sizeof(checksum));
	if (length <= journal->room - journal->used) {
		memcpy(journal->bytes + journal->used, frame, length);
		journal->used += length;
	}
}

/* Kinds that came later have the numbers of few: the corpus means what it meant. */
static enum record_kind make_kind(uint8_t number)
{
	return number < 0xd0 ? number % (RECORD_EXPIRE + 1) : RECORD_RING + number % 3;
}

static void append_record(struct journal *journal, struct input *input)
{
	uint8_t entries[(WIRE_ENTRIES_MAX + 1) * WIRE_SIZE_entry];
	struct record record = {.kind = make_kind(take_byte(input))};
	bool mended;

	if (record.kind == 0) {
		append_frame(journal, input);
		return;
	}
	mended = take_byte(input) < 0xc0;
	take_fields(input, &record);
	if (mended)
		mend(&record);
	bound(&record);
	if (record.kind == RECORD_SEGMENT)
		take_tail(input, &record, entries);
	journal_append(journal, &record);
}

/* Two peers, and three segments that the first of them holds: as handles 1 to 3, with 0 free. */
static void append_good(struct journal *journal)
{
	for (uint64_t number = 0; number < 3; number++) {
		static const char *const names[] = {"/a", "/b", "/c"};
		struct record record = {.kind = RECORD_SEGMENT, .segment = {.number = number}};

		mend_segment(&record.segment);
		record.segment.linger = number == 0;
		name_segment(&record, names[number]);
		journal_append(journal, &record);
	}
	for (uint64_t number = PEER_FIRST; number < PEER_FIRST + 2; number++)
		journal_append(
			journal, &(struct record){.kind = RECORD_PEER, .peer = {.number = number}});
	for (uint32_t handle = 1; handle <= 3; handle++)
		journal_append(journal,
			&(struct record){
				.kind = RECORD_HOLD,
				.hold = {.peer = PEER_FIRST, .segment = handle, .handle = handle},
			});
}

static void make_records(struct journal *journal, struct input *input, bool later)
{
	journal_append(journal, &(struct record){.kind = RECORD_BEGIN});
	if (later)
		append_good(journal);
	while (input->left > 0 && !journal->overrun)
		append_record(journal, input);
}

static void make_bytes(struct journal *journal, const struct input *input)
{
	const size_t room = journal->room - journal->used;
	const size_t length = input->left < room ? input->left : room;

	memcpy(journal->bytes + journal->used, input->at, length);
	journal->used += length;
}

bool make_journal(struct input *input, struct journal *out)
{
	const unsigned int form = take_byte(input) % FORMS;

	if (journal_new(out, 0) < 0)
		abort();
	if (form == WHOLE) {
		const size_t length = input->left < WHOLE_MAX ? input->left : WHOLE_MAX;
		const int fd = fcntl(out->fd, F_DUPFD_CLOEXEC, 0);

		memcpy(out->bytes, input->at, length);
		journal_deinit(out);
		return journal_open(out, fd) == 0;
	}
	if (form == BYTES)
		make_bytes(out, input);
	else
		make_records(out, input, form >= RECORDS_LATER);
	journal_commit(out);
	return true;
}
