/* SPDX-License-Identifier: MIT */
/*
 * The journal: a memfd to which records are appended. The keeper has it, too, so the journal
 * outlives the broker.
 *
 *	header  magic, version, committed: how many bytes are valid, with the header
 *	record  CRC-32C of the rest, length of the whole record, kind, body (records.h)
 *
 * Room is made before a request changes anything. Its records are appended while it makes its
 * changes. Then one store to "committed" makes all of them valid at once. If the broker is killed
 * at any instruction, the journal ends with a whole request. A checksum finds bytes that should
 * never be there.
 */
#ifndef PRSHM_DAEMON_CORE_JOURNAL_H
#define PRSHM_DAEMON_CORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/records.h"

#ifndef JOURNAL_VERSION   /* a test builds a broker of a newer version */
#define JOURNAL_VERSION 4 /* 2 has no record of the kind SIZE; in 3 no segment changes its name */
#endif

struct journal {
	int fd;         /* owned; -1: there is no journal, and appending does nothing */
	uint64_t inode; /* of the memfd */
	uint8_t *bytes; /* the mapped file */
	size_t room;    /* bytes that are mapped, and have memory */
	size_t used;    /* bytes appended, the header included */
	bool overrun;   /* there was no room for a record, so this journal is incomplete */
};

/* Makes an empty journal with room for at least that many bytes. 0 or a negative errno. */
int journal_new(struct journal *journal, size_t room);
/*
 * Makes an old journal an empty one, if it has that much room: its pages are there and mapped,
 * which is most of what a journal costs. Nobody may read it any more.
 */
bool journal_recycle(struct journal *journal, size_t room);
/*
 * Opens a journal for reading. Takes the descriptor, also when it fails. 0 or a negative errno;
 * -EBADMSG: the file is no journal; -EPROTONOSUPPORT: the journal is of a newer version.
 */
int journal_open(struct journal *journal, int fd);
void journal_deinit(struct journal *journal); /* fd may be -1 */

/*
 * Makes sure that this many bytes can be appended, and some more: the slack, for records that
 * nobody has reserved. A CLOSE or the end of a connection cannot be refused. False: no memory.
 */
bool journal_reserve(struct journal *journal, size_t bytes);
/* False: there is no journal, or it has no room. */
bool journal_append(struct journal *journal, const struct record *record);
void journal_commit(struct journal *journal); /* makes all that was appended valid */
size_t journal_record_size(const struct record *record);

/* How many bytes are valid, also of a journal to which somebody else appends. */
size_t journal_committed(const struct journal *journal);
/* Appends the other journal's bytes from an offset to an end. False: no memory. */
bool journal_copy(struct journal *journal, const struct journal *other, size_t from, size_t end);

/*
 * Reads the record at *offset (0: the first one), and moves *offset behind that record.
 * record->entries and record->name are borrowed from the journal. Returns 1; 0 at the end; or
 * -EBADMSG: there is no valid record.
 */
int journal_read(const struct journal *journal, size_t *offset, struct record *record);

#endif
