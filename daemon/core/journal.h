/* SPDX-License-Identifier: MIT */
/*
 * The journal: a memfd that records are appended to, and that outlives the broker in its keeper.
 *
 *	header  magic, version, committed: the bytes, header included, that count
 *	record  CRC-32C of what follows, length of all of it, kind, body (records.h)
 *
 * Room is made before a request changes anything; its records are appended while it does; then one
 * store, of "committed", makes them count, all or none. A kill at any instruction leaves a journal
 * that ends with some whole request. The checksums are for what should never happen.
 */
#ifndef PRSHM_DAEMON_CORE_JOURNAL_H
#define PRSHM_DAEMON_CORE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/records.h"

#ifndef JOURNAL_VERSION /* a test builds the broker of tomorrow */
#define JOURNAL_VERSION 1
#endif

struct journal {
	int fd;         /* owned; -1: no journal is kept, and appending does nothing */
	uint64_t inode; /* of it */
	uint8_t *bytes; /* mapped */
	size_t room;    /* bytes mapped, with memory behind them */
	size_t used;    /* bytes appended, the header included */
	bool overrun;   /* a record found no room: this journal is not to be relied on */
};

/* Makes an empty one, with room for so many bytes at least. 0 or a negative errno. */
int journal_new(struct journal *journal, size_t room);
/*
 * Takes the descriptor, also when it fails. For reading only. -EBADMSG: it is none; -EPROTONOSUPPORT: of
 * a newer version.
 */
int journal_open(struct journal *journal, int fd);
void journal_deinit(struct journal *journal); /* takes one without a journal */

/*
 * Sees to it that so many bytes can be appended, and some more that nobody has to ask for: an end
 * or a CLOSE cannot be refused. False: no memory.
 */
bool journal_reserve(struct journal *journal, size_t bytes);
/* False: there is no journal, or it has no room. */
bool journal_append(struct journal *journal, const struct record *record);
void journal_commit(struct journal *journal); /* all that was appended */
size_t journal_record_size(const struct record *record);

/*
 * The record at *offset (0: the first), which then is moved behind it. entries and name are borrowed from
 * the journal. 1, or 0 at the end, or -EBADMSG: what stands there is no record.
 */
int journal_read(const struct journal *journal, size_t *offset, struct record *record);

#endif
