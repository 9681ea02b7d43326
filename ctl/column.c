/* SPDX-License-Identifier: MIT */
/* The table of columns, and the one way each kind of value is shown. */
#include "ctl/column.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/identity.h"

#define NANOSECONDS UINT64_C(1000000000)

static void get_name(const struct segment *segment, struct value *out)
{
	out->text = segment->name[0] ? segment->name : NULL;
}

static void get_owner(const struct segment *segment, struct value *out)
{
	out->text = identity_name(PRSHM_USER, segment->stat.uid);
}

static void get_group(const struct segment *segment, struct value *out)
{
	out->text = identity_name(PRSHM_GROUP, segment->stat.gid);
}

/* The plus as in ls(1): there are entries besides. */
static void get_rights(const struct segment *segment, struct value *out)
{
	const struct prshm_rights *rights = &segment->stat.rights;

	snprintf(out->buffer, sizeof(out->buffer), "%04o%s", (unsigned int)rights->mode,
		rights->entry_count > 0 ? "+" : "");
	out->text = out->buffer;
}

static void get_size(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.size;
}

static void get_used(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.used;
}

static void get_holders(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.holders;
}

static void get_lifetime(const struct segment *segment, struct value *out)
{
	out->text = segment->stat.lifetime == PRSHM_UNTIL_UNUSED ? "until-unused" : "kept";
}

static void get_linger(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.linger;
}

static void get_age(const struct segment *segment, struct value *out)
{
	out->number = segments_since(segment->stat.created);
}

static void get_idle(const struct segment *segment, struct value *out)
{
	out->number = segments_since(segment->stat.opened);
}

static void get_created(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.created / NANOSECONDS;
}

static void get_opened(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.opened / NANOSECONDS;
}

static void get_uid(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.uid;
}

static void get_gid(const struct segment *segment, struct value *out)
{
	out->number = segment->stat.gid;
}

const struct column column_table[] = {
	{"name", COLUMN_TEXT, true, "its name; - for anonymous memory", get_name},
	{"owner", COLUMN_TEXT, true, "the user whose it is, whose limits pay for it", get_owner},
	{"group", COLUMN_TEXT, false, "its group", get_group},
	{"rights", COLUMN_TEXT, true, "its mode, as in chmod(1); + if there are entries",
		get_rights},
	{"size", COLUMN_BYTES, true, "its size", get_size},
	{"used", COLUMN_BYTES, true, "the memory that it takes now", get_used},
	{"holders", COLUMN_COUNT, true, "how often it is open, in all processes", get_holders},
	{"lifetime", COLUMN_TEXT, true, "kept, or until-unused", get_lifetime},
	{"linger", COLUMN_DURATION, false, "how long it stays when nobody holds it", get_linger},
	{"age", COLUMN_DURATION, true, "since it was made", get_age},
	{"idle", COLUMN_DURATION, false, "since it was last opened", get_idle},
	{"created", COLUMN_TIME, false, "when it was made", get_created},
	{"opened", COLUMN_TIME, false, "when it was last opened", get_opened},
	{"uid", COLUMN_COUNT, false, "the owner's number", get_uid},
	{"gid", COLUMN_COUNT, false, "the group's number", get_gid},
};

const size_t column_count = sizeof(column_table) / sizeof(*column_table);

const struct column *column_find(const char *name, size_t length)
{
	for (size_t i = 0; i < column_count; i++) {
		if (strlen(column_table[i].name) == length &&
			strncmp(column_table[i].name, name, length) == 0)
			return &column_table[i];
	}
	return NULL;
}

char *column_text(const struct column *column, const struct segment *segment, bool exact)
{
	struct value value = {0};
	char number[TEXT_NUMBER_MAX];

	column->get(segment, &value);
	if (column->kind == COLUMN_TEXT && (exact || !value.text))
		return text_need(strdup(value.text ? value.text : "-"));
	if (column->kind == COLUMN_TEXT)
		return text_escape(value.text);
	/* Kept for ever: no time. */
	if (column->get == get_linger && !exact && value.number == 0 &&
		segment->stat.lifetime == PRSHM_KEPT)
		return text_need(strdup("-"));
	if (column->kind == COLUMN_BYTES && !exact)
		text_size(value.number, number);
	else if (column->kind == COLUMN_DURATION && !exact)
		text_duration(value.number, number);
	else if (column->kind == COLUMN_TIME && !exact)
		text_time(value.number, number);
	else
		snprintf(number, sizeof(number), "%" PRIu64, value.number);
	return text_need(strdup(number));
}

void column_print_json(const struct column *column, const struct segment *segment, FILE *to)
{
	struct value value = {0};

	column->get(segment, &value);
	fprintf(to, "\"%s\": ", column->name);
	if (column->kind != COLUMN_TEXT)
		fprintf(to, "%" PRIu64, value.number);
	else if (value.text)
		text_print_json(value.text, to);
	else
		fputs("null", to);
}

int column_compare(const struct column *column, const struct segment *a, const struct segment *b)
{
	struct value left = {0};
	struct value right = {0};

	column->get(a, &left);
	column->get(b, &right);
	if (column->kind == COLUMN_TEXT)
		return strcmp(left.text ? left.text : "", right.text ? right.text : "");
	return (left.number > right.number) - (left.number < right.number);
}
