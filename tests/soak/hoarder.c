/* SPDX-License-Identifier: MIT */
/* One of a crowd that hoards. */
#include "tests/soak/hoarder.h"

#include <stdio.h>
#include <unistd.h>

#include "bench/bare-client.h"

#define PAGE            4096U
#define PIECE           ((uint64_t)1024 * 1024) /* bytes of a segment that is hoarded */
#define REFUSALS_ENOUGH 3

static struct {
	const struct villain *self;
	int fd;
	char own[64];                   /* a segment of ours */
	int things[HOARDER_THINGS_MAX]; /* handles or connections; -1: it is not had now */
	unsigned int count;
} state;

static bool take_handle(int *thing)
{
	struct bare_segment segment;
	const bool ok = bare_open(state.fd, state.own, 0, 0, &segment) == STATUS_OK;

	if (ok)
		*thing = (int)segment.handle;
	if (segment.fd >= 0)
		close(segment.fd);
	return ok;
}

static void name_piece(unsigned int i, char name[64])
{
	snprintf(name, 64, "/hoard/%u/%u", state.self->number, i);
}

static bool take_bytes(unsigned int i, int *thing)
{
	struct bare_segment segment;
	char name[64];

	name_piece(i, name);
	if (bare_open(state.fd, name, PIECE, WIRE_OPEN_CREATE | WIRE_OPEN_NO_PREALLOCATE,
		    &segment) != STATUS_OK)
		return false;
	*thing = 0;
	return bare_close(state.fd, &segment);
}

static bool take_connection(int *thing, bool watches)
{
	const int fd = bare_connect(state.self->socket);

	if (fd >= 0 && (watches ? bare_watch(fd, "/") : bare_ask(fd))) {
		*thing = fd;
		return true;
	}
	if (fd >= 0)
		close(fd);
	return false;
}

static bool take(unsigned int i)
{
	int *thing = &state.things[i];

	switch (state.self->abuse) {
	case HOARD_HANDLES:
		return take_handle(thing);
	case HOARD_BYTES:
		return take_bytes(i, thing);
	default:
		return take_connection(thing, state.self->abuse == HOARD_WATCHES);
	}
}

static void give_back(unsigned int i)
{
	char name[64];

	if (state.things[i] < 0)
		return;
	if (state.self->abuse == HOARD_HANDLES) {
		bare_send_close(state.fd, (uint32_t)state.things[i], 0);
	} else if (state.self->abuse == HOARD_BYTES) {
		name_piece(i, name);
		bare_delete(state.fd, name);
	} else {
		close(state.things[i]);
	}
	state.things[i] = -1;
}

bool hoarder_take_all(const struct villain *villain)
{
	unsigned int refusals = 0;
	struct bare_segment segment;

	state.self = villain;
	state.fd = bare_connect(villain->socket);
	snprintf(state.own, sizeof(state.own), "/hoard/%u/own", villain->number);
	if (state.fd < 0 ||
		bare_open(state.fd, state.own, PAGE, WIRE_OPEN_CREATE, &segment) != STATUS_OK ||
		!bare_close(state.fd, &segment))
		return false;
	while (state.count < HOARDER_THINGS_MAX && state.count < villain->hold_at_most &&
		refusals < REFUSALS_ENOUGH) {
		state.things[state.count] = -1;
		if (take(state.count))
			state.count++;
		else
			refusals++;
	}
	if (state.count == 0) /* the others have all: try again and again */
		state.count = 1;
	return true;
}

_Noreturn void hoarder_go_on(void)
{
	for (unsigned int i = 0;; i = (i + 1) % state.count) {
		give_back(i);
		take(i);
	}
}
