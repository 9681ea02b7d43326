/* SPDX-License-Identifier: MIT */
/*
 * What is known of a segment, a column each. The tables, the JSON and the order of `list`, and the
 * lines of `show`, all come from this table.
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
	bool is_default; /* in a table without --columns */
	const char *about;
	void (*get)(const struct segment *segment, struct value *out);
};

extern const struct column column_table[];
extern const size_t column_count;

/* length: bytes of the name. NULL: there is no column of that name. */
const struct column *column_find(const char *name, size_t length);

/*
 * exact: whole numbers, and text as it is; otherwise for people, and escaped. The caller frees it.
 */
char *column_text(const struct column *column, const struct segment *segment, bool exact);

/* "name": value, with numbers in full. */
void column_print_json(const struct column *column, const struct segment *segment, FILE *to);

/* As qsort(3) wants it: by text or by number. */
int column_compare(const struct column *column, const struct segment *a, const struct segment *b);

#endif
