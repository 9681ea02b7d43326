/* SPDX-License-Identifier: MIT */
/* The messages of a parcel: from structs to bytes, and back. */
#include "wire/parcel.h"

#include <errno.h>
#include <sys/socket.h>

#include "wire/fields.h"

#define HEADER_FIELDS(F)                                                                           \
	F(32, version)                                                                             \
	F(32, count)

#define ID_FIELDS(F) F(64, id)

struct parcel_header {
	HEADER_FIELDS(FIELD_DECLARE)
};
struct parcel_id {
	ID_FIELDS(FIELD_DECLARE)
};

FIELDS_CODEC(parcel, header, HEADER_FIELDS)
FIELDS_CODEC(parcel, id, ID_FIELDS)

static size_t size_of(size_t count)
{
	return sizeof(struct parcel_header) + count * sizeof(struct parcel_id);
}

int parcel_send(int socket, const struct parcel_message *message)
{
	const struct parcel_header header = {
		.version = PARCEL_VERSION, .count = (uint32_t)message->count};
	struct wire_message wire; /* not zeroed: it is far bigger than what is sent */

	put_header(wire.bytes, &header);
	for (size_t i = 0; i < message->count; i++) {
		put_id(wire.bytes + size_of(i), &(struct parcel_id){message->ids[i]});
		wire.fds[i] = message->fds[i];
	}
	wire.length = size_of(message->count);
	wire.fd_count = message->count;
	return wire_send(socket, &wire, MSG_DONTWAIT);
}

int parcel_receive(int socket, struct parcel_message *message)
{
	struct parcel_header header = {0};
	struct wire_message wire;
	const int error = wire_receive(socket, &wire, WIRE_FDS_MAX, MSG_DONTWAIT);

	if (error < 0)
		return error;
	if (wire.length >= sizeof(header))
		get_header(wire.bytes, &header);
	if (header.version != PARCEL_VERSION || header.count != wire.fd_count ||
		wire.length != size_of(wire.fd_count)) {
		wire_message_deinit(&wire);
		return -EBADMSG;
	}
	message->count = wire.fd_count;
	for (size_t i = 0; i < message->count; i++) {
		struct parcel_id id;

		get_id(wire.bytes + size_of(i), &id);
		message->ids[i] = id.id;
		message->fds[i] = wire.fds[i];
	}
	return 0;
}
