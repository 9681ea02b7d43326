/* SPDX-License-Identifier: MIT */
/*
 * What there is to tell of a segment, one column each: the list's tables and JSON, the order of a
 * list and the lines of `show` all come from this table.
 */
#ifndef PRSHM_CTL_COLUMN_H
#define PRSHM_CTL_COLUMN_H

#include <stdio.h>

#include "ctl/segments.h"
#include "ctl/text.h"

enum column_kind { COLUMN_TEXT, COLUMN_COUNT, COLUMN_BYTES, COLUMN_DURATION, COLUMN_TIME };

struct value {
	const char *text;             /* of COLUMN_TEXT; NULL: there is none */
	uint64_t number;              /* of the others: bytes, seconds, seconds since 1970 */
	char buffer[TEXT_NUMBER_MAX]; /* where text may be */
};

struct column {
	const char *name;
	enum column_kind kind;
	bool is_default; /* in a table, if nobody says which are to be there */
	const char *about;
	void (*get)(const struct segment *segment, struct value *out);
};

extern const struct column column_table[];
extern const size_t column_count;

/* NULL: there is none of that name, which has so many bytes. */
const struct column *column_find(const char *name, size_t length);

/* exact: numbers in full, and text as it is; else for people, and escaped. The caller's to free. */
char *column_text(const struct column *column, const struct segment *segment, bool exact);

/* "name": value, with numbers in full. */
void column_print_json(const struct column *column, const struct segment *segment, FILE *to);

/* As qsort(3) wants it: by text or by number. */
int column_compare(const struct column *column, const struct segment *a, const struct segment *b);

#endif
