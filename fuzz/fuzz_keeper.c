/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the keeper: an input is what a broker sends over one link.
 *
 *	byte 0: the op; 0x80: of another version; 0x40: shorter than a message
 *	byte 1: the id, low bits; 0xf0 and above: large ids
 *	byte 2: how many descriptors come with it, mostly what the op needs
 *
 * Whatever comes, the store is in order, each of its descriptors is open, and none has leaked. The
 * answer to TAKE has the ids of the store, in their order.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz/demand.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/fake-socket.h"
#include "fuzz/make-request.h"
#include "keeper/keeper.h"
#include "wire/keeper.h"

#define STORE_MAX 200 /* an input meets the limit */

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct input input;
static uint64_t last_held;

static void put16(uint8_t *at, uint16_t value)
{
	at[0] = (uint8_t)value;
	at[1] = (uint8_t)(value >> 8);
}

static int send_next(struct wire_message *out)
{
	const uint8_t op = take_byte(&input);
	const uint8_t id = take_byte(&input);
	const uint8_t fds = take_byte(&input);
	const size_t usual = op % 8 == KEEPER_PUT ? 1 : 0;
	const struct fake_file memory = {.mode = S_IFREG | 0600, .size = 4096};

	if (input.left == 0)
		return -ECONNRESET;
	if (op == 0x20)
		return -EAGAIN;
	memset(out->bytes, 0, 16);
	put16(out->bytes, KEEPER_VERSION + (op >> 7));
	put16(out->bytes + 2, op % 8);
	out->bytes[8] = id;
	memset(out->bytes + 12, id >= 0xf0 ? 0xff : 0, 4);
	out->length = op & 0x40 ? fds % 16 : 16;
	out->fd_count = fds < 0xc0 ? usual : fds % 4;
	for (size_t i = 0; i < out->fd_count; i++)
		out->fds[i] = fake_open(&memory, O_RDWR);
	return 0;
}

static int get_answer(const struct wire_message *message)
{
	const uint16_t op = message->bytes[2];
	uint64_t id = 0;

	for (int i = 15; i >= 8; i--)
		id = id << 8 | message->bytes[i];
	if (op == KEEPER_HELD) {
		demand(message->fd_count == 1, "what is held comes without a descriptor");
		demand(id > last_held, "what is held comes in no order");
		last_held = id;
	} else {
		last_held = 0;
	}
	return 0;
}

static void check_store(struct store *store)
{
	const struct entry *entry = store_next(store, 0);
	size_t count = 0;

	for (; entry; entry = store_next(store, entry->id)) {
		demand(fcntl(entry->fd, F_GETFD) >= 0, "what is stored is closed");
		count++;
	}
	/* An id of 0 is before all others, and no TAKE gets it. */
	demand(count == store->count || count + 1 == store->count, "the store is miscounted");
	demand(store->count <= store->max, "the store has more than it may");
	demand(fake_count_fds() == store->count, "a descriptor has leaked");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct keeper keeper = {
		.store = {.max = STORE_MAX}, .signals = -1, .watchdog = -1, .notify_at = INT64_MAX};
	const struct fake_file process = {.mode = 0, .seals = -1};
	int end;

	input = (struct input){bytes, length};
	last_held = 0;
	fake_reset();
	fake_sockets_begin(send_next, get_answer);
	keeper.inherited = take_byte(&input) & 1;
	if (keeper.inherited)
		store_put(&keeper.store, 7, fake_open(&process, O_RDWR));
	keeper.pidfd = fake_open(&process, O_RDWR);
	end = link_serve(&keeper, fake_socket(0));
	demand(end < 0 && end != -ECANCELED, "a link ends without a reason");
	close(keeper.pidfd);
	check_store(&keeper.store);
	store_drop(&keeper.store, 0, true);
	store_clear(&keeper.store);
	demand(keeper.store.count == 0 && fake_count_fds() == 0, "a cleared store has something");
	return 0;
}
