/* SPDX-License-Identifier: MIT */
/* Tables on standard output, by libsmartcols: the one place that knows it. */
#ifndef PRSHM_CTL_TABLE_H
#define PRSHM_CTL_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct table;

/* raw: words with single spaces between them, not cut and not aligned. */
struct table *table_new(bool raw, bool headings);
void table_free(struct table *table);

/* All columns before the first row. right: aligned to the right; wrap: may take several lines. */
void table_add_column(struct table *table, const char *heading, bool right, bool wrap);
/* highlight: in colour, where there are colours. */
void table_add_row(struct table *table, bool highlight);
/* Into the last row. Aligned tables take text that is escaped already, raw ones escape it. */
void table_set(struct table *table, size_t column, const char *text);
/* False: out of memory or the like, said on standard error. */
bool table_print(struct table *table);

#endif
