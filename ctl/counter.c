/* SPDX-License-Identifier: MIT */
/* The tables of counter.h. */
#include "ctl/counter.h"

#include <ctype.h>
#include <string.h>

#define IN_STATUS(field) offsetof(struct prshm_broker_status, field)

const struct counter counter_table[] = {
	{"opens", "Handles given, those of new segments included", IN_STATUS(opens)},
	{"creations", "Segments made", IN_STATUS(creations)},
	{"deletions", "Names removed by a request", IN_STATUS(deletions)},
	{"expiries", "Names that went because nobody held the segment", IN_STATUS(expiries)},
	{"closes", "Handles given back, also by the end of their process", IN_STATUS(closes)},
	{"denials", "Requests that rights or the name policy did not allow", IN_STATUS(denials)},
	{"accepted", "Connections accepted", IN_STATUS(accepted)},
	{"ended", "Connections ended", IN_STATUS(ended)},
	{"handed", "Descriptors handed to a keeper", IN_STATUS(handed)},
	{"records", "Records written to the journal", IN_STATUS(records)},
	{"compactions", "Times the journal was written anew", IN_STATUS(compactions)},
	{NULL, NULL, 0},
};

const struct counter counter_gauges[] = {
	{"segments", "Segments there are", IN_STATUS(segments)},
	{"connections", "Connections there are", IN_STATUS(connections)},
	{"handles", "Handles that are open", IN_STATUS(handles)},
	{"users", "Users who have anything of the broker", IN_STATUS(users)},
	{NULL, NULL, 0},
};

uint64_t counter_value(const struct counter *counter, const struct prshm_broker_status *status)
{
	uint64_t value;

	memcpy(&value, (const char *)status + counter->offset, sizeof(value));
	return value;
}

const char *counter_keeper(enum prshm_keeper keeper)
{
	switch (keeper) {
	case PRSHM_KEEPER_UNWANTED:
		return "unwanted";
	case PRSHM_KEEPER_THERE:
		return "there";
	case PRSHM_KEEPER_MISSING:
		return "missing";
	}
	return "?";
}

const char *counter_op(unsigned int op, char out[32])
{
	const char *name = prshm_op_name(op);
	size_t i = 0;

	if (!name)
		return NULL;
	for (; name[i] && i < 31; i++)
		out[i] = (char)tolower((unsigned char)name[i]);
	out[i] = '\0';
	return out;
}
