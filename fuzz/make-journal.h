/* SPDX-License-Identifier: MIT */
/*
 * Makes a journal out of an input.
 *
 *	byte 0: what follows: enum form
 *	RECORDS_...: records, each a byte for its kind, a byte for whether it is mended, then its
 *		fields, most of them in a byte each; lengths and checksums are right
 *
 * Mended is what one cannot hope for in random bytes: the number of a segment that is there, say.
 * The mended segments are four, numbered from 1: their size is 1000 times the number, and their
 * inode the number.
 */
#ifndef PRSHM_FUZZ_MAKE_JOURNAL_H
#define PRSHM_FUZZ_MAKE_JOURNAL_H

#include "daemon/core/journal.h"
#include "fuzz/make-request.h"

/* Uses up the input. False: it is no journal, and that was seen. */
bool make_journal(struct input *input, struct journal *out);

#endif
