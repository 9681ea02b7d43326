/* SPDX-License-Identifier: MIT */
/* The messages between broker and keeper: from structs to bytes, and back. */
#include "wire/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "wire/fields.h"
#include "wire/wire.h"

#define HEADER_FIELDS(F)                                                                           \
	F(16, version)                                                                             \
	F(16, op)                                                                                  \
	F(32, count)                                                                               \
	F(64, id)

struct keeper_header {
	HEADER_FIELDS(FIELD_DECLARE)
};
static_assert(sizeof(struct keeper_header) == 16, "16 bytes on the wire");

FIELDS_CODEC(keeper, header, HEADER_FIELDS)

static bool brings_descriptor(uint16_t op)
{
	return op == KEEPER_HELLO || op == KEEPER_PUT || op == KEEPER_HELD;
}

int keeper_send(int link, const struct keeper_message *message, int flags)
{
	const struct keeper_header header = {
		.version = KEEPER_VERSION,
		.op = (uint16_t)message->op,
		.count = message->count,
		.id = message->id,
	};
	struct wire_message wire; /* not zeroed: it is far bigger than what is sent */

	assert(brings_descriptor(header.op) == (message->fd >= 0));
	put_header(wire.bytes, &header);
	wire.length = sizeof(header);
	wire.fd_count = message->fd >= 0 ? 1 : 0;
	wire.fds[0] = message->fd;
	return wire_send(link, &wire, flags);
}

/*
 * Why a descriptor is missing. Either the peer sent none: -EBADMSG. Or the descriptor table of this
 * process is full: then a new descriptor cannot be had either, and that error is returned.
 */
static int why_missing(int link)
{
	int fd = fcntl(link, F_DUPFD_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	close(fd);
	return -EBADMSG;
}

static int check(const struct wire_message *wire, int link, struct keeper_header *header)
{
	if (wire->length != sizeof(*header))
		return -EBADMSG;
	get_header(wire->bytes, header);
	if (header->version != KEEPER_VERSION || header->op < KEEPER_HELLO ||
		header->op > KEEPER_LEAVE)
		return -EBADMSG;
	if (brings_descriptor(header->op) && wire->fd_count == 0)
		return why_missing(link);
	return !brings_descriptor(header->op) && wire->fd_count > 0 ? -EBADMSG : 0;
}

int keeper_receive(int link, struct keeper_message *message, int flags)
{
	struct keeper_header header;
	struct wire_message wire;
	int error = wire_receive(link, &wire, 1, flags);

	if (error < 0)
		return error;
	error = check(&wire, link, &header);
	if (error < 0) {
		wire_message_deinit(&wire);
		return error;
	}
	*message = (struct keeper_message){
		.op = header.op,
		.count = header.count,
		.id = header.id,
		.fd = wire.fd_count > 0 ? wire.fds[0] : -1,
	};
	return 0;
}
