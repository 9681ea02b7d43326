/* SPDX-License-Identifier: MIT */
/* Tables, by libsmartcols. */
#include "ctl/table.h"

#include <ctype.h>
#include <libsmartcols.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/text.h"

struct table {
	struct libscols_table *scols;
	struct libscols_line *last;
	bool colours;
};

/* https://no-color.org: set, and not empty. */
static bool wants_colours(void)
{
	const char *no_color = getenv("NO_COLOR");
	const char *terminal = getenv("TERM");

	return isatty(STDOUT_FILENO) && !(no_color && no_color[0]) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

/* libsmartcols refuses only for want of memory: the numbers of columns are correct. */
static void check(int error)
{
	text_need(error == 0 ? &error : NULL);
}

struct table *table_new(bool raw, bool headings)
{
	struct table *table = text_need(calloc(1, sizeof(*table)));

	table->scols = text_need(scols_new_table());
	table->colours = !raw && wants_colours();
	check(scols_table_enable_raw(table->scols, raw));
	check(scols_table_enable_noheadings(table->scols, !headings));
	/* Otherwise libsmartcols would escape the backslashes of text that is escaped already. */
	check(scols_table_enable_noencoding(table->scols, !raw));
	check(scols_table_enable_colors(table->scols, table->colours));
	return table;
}

void table_free(struct table *table)
{
	if (!table)
		return;
	scols_unref_table(table->scols);
	free(table);
}

void table_add_column(struct table *table, const char *heading, bool right, bool wrap)
{
	const int flags = (right ? SCOLS_FL_RIGHT : 0) | (wrap ? SCOLS_FL_WRAP : 0);
	char upper[TEXT_NUMBER_MAX] = "";
	struct libscols_column *column;

	for (size_t i = 0; heading[i] && i < sizeof(upper) - 1; i++)
		upper[i] = (char)toupper((unsigned char)heading[i]);
	column = text_need(scols_table_new_column(table->scols, upper, 0, flags));
	if (table->colours)
		check(scols_cell_set_color(scols_column_get_header(column), "bold"));
}

void table_add_row(struct table *table, bool highlight)
{
	table->last = text_need(scols_table_new_line(table->scols, NULL));
	if (table->colours && highlight)
		check(scols_line_set_color(table->last, "brown"));
}

void table_set(struct table *table, size_t column, const char *text)
{
	check(scols_line_set_data(table->last, column, text));
}

bool table_print(struct table *table)
{
	/*
	 * libsmartcols prints nothing for a table without rows, with headings or without: that is
	 * right.
	 */
	if (scols_print_table(table->scols) == 0)
		return true;
	fputs("prshmctl: the table could not be printed\n", stderr);
	return false;
}
