/* SPDX-License-Identifier: MIT */
/* The CLOSEs that may have to be sent again; closes.h tells the idea. */
#include "client-lib/closes.h"

#include <assert.h>
#include <stdlib.h>

#define ROOM_AT_FIRST 16

bool closes_reserve(struct closes *closes)
{
	const size_t room = closes->room > 0 ? closes->room * 2 : ROOM_AT_FIRST;
	struct sent_close *sent;

	if (closes->count + closes->open < closes->room)
		return true;
	sent = reallocarray(closes->sent, room, sizeof(*sent));
	if (!sent)
		return false;
	closes->sent = sent;
	closes->room = room;
	return true;
}

void closes_expect(struct closes *closes)
{
	assert(closes->count + closes->open < closes->room);
	closes->open++;
}

void closes_add(struct closes *closes, uint32_t serial, uint32_t handle)
{
	assert(closes->open > 0);
	closes->open--;
	closes->sent[closes->count++] = (struct sent_close){serial, handle};
}

void closes_acknowledge(struct closes *closes)
{
	closes->count = 0;
}

void closes_forget(struct closes *closes)
{
	closes->count = 0;
	closes->open = 0;
}
