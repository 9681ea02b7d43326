/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the broker against a hostile keeper: an input is what a keeper says while a broker
 * takes over.
 *
 *	byte 0: the op; 0x80: of another version; 0x40: shorter than a message
 *	byte 1: the id; byte 2: the count of END; byte 3: the number of descriptors
 *
 * Whatever comes, ids go up, each descriptor is the broker's once or closed, and it comes to an
 * end.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/keeper-link.h"
#include "fuzz/demand.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/fake-socket.h"
#include "fuzz/make-request.h"
#include "wire/keeper.h"

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static struct input input;
static uint64_t last_id;
static unsigned int taken;

static int say_next(struct wire_message *out)
{
	const uint8_t op = take_byte(&input);
	const uint8_t id = take_byte(&input);
	const uint8_t count = take_byte(&input);
	const uint8_t fds = take_byte(&input);
	const size_t usual = op % 8 == KEEPER_HELD || op % 8 == KEEPER_HELLO ? 1 : 0;
	const struct fake_file memory = {.mode = S_IFREG | 0600, .size = 4096};

	if (input.left == 0)
		return -ECONNRESET;
	if (op == 0x20)
		return -EAGAIN;
	memset(out->bytes, 0, 16);
	out->bytes[0] = (uint8_t)(KEEPER_VERSION + (op >> 7));
	out->bytes[2] = op % 8;
	out->bytes[4] = count;
	out->bytes[8] = id < 0xf0 ? (uint8_t)(last_id + id % 4) : id;
	out->length = op & 0x40 ? fds % 16 : 16;
	out->fd_count = fds < 0xc0 ? usual : fds % 4;
	for (size_t i = 0; i < out->fd_count; i++)
		out->fds[i] = fake_open(&memory, O_RDWR);
	return 0;
}

static void take(void *data, uint64_t id, int fd)
{
	demand(data == &taken, "take gets another's data");
	demand(id > last_id, "ids do not go up");
	demand(fcntl(fd, F_GETFD) >= 0, "what is taken is closed");
	last_id = id;
	taken++;
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct keeper_link link = {.pidfd = -1, .path = "/k"};
	int error;

	input = (struct input){bytes, length};
	last_id = taken = 0;
	fake_reset();
	fake_sockets_begin(say_next, NULL);
	link.fd = fake_socket(0);
	error = keeper_link_take_over(&link, take, &taken);
	demand(error <= 0, "it ends in neither good nor bad");
	if (error == 0)
		keeper_link_put(&link, 2, link.fd);
	keeper_link_close(&link);
	demand(fake_count_fds() == 0, "a descriptor has leaked");
	return 0;
}
