/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the core: an input is a sequence of records, and each of them a message of one of four
 * peers, or the end of its connection.
 *
 *	byte 0: bits 0-1 the peer, bits 2-4 what it does, bit 5 for RAW: mend version and length
 *	then what that needs, see the makers below; an input that ends early goes on as zeros
 *
 * A message goes the way it goes in the daemon: wire_decode_request, broker_handle,
 * wire_encode_reply. After each the invariants of tests/core hold, the reply decodes, and nobody
 *has got a descriptor that the rights do not give.
 */
#include <endian.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/broker.h"
#include "tests/core/invariants.h"

#define PEERS   4
#define FDS_MAX 64 /* more than this world can have open */

static const struct limits limits = {
	.segment_bytes = 1 << 16,
	.segments = 8,
	.handles_a_connection = 10, /* a handle table grows at 8 */
};

struct input {
	const uint8_t *at;
	size_t left;
};

struct world {
	struct broker broker;
	struct peer peers[PEERS];
};

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static void demand(bool holds, const char *sentence)
{
	if (holds)
		return;
	fprintf(stderr, "fuzz_broker: %s\n", sentence);
	abort();
}

static uint8_t take_byte(struct input *input)
{
	if (input->left == 0)
		return 0;
	input->left--;
	return *input->at++;
}

/* Short names, so that they meet; or bytes of the input. */
static void take_name(struct input *input, struct wire_request *request)
{
	static const char *const names[] = {"/a", "/b", "/c", "/a/b", "/a/c", "/ab", "/d", "/e",
		"/f", "/g", "/h", "", "/", "/a//b", "/..", "/\xff"};
	uint8_t choice = take_byte(input);

	if (choice < 0xf0) {
		request->name = names[choice % 16];
		request->name_length = strlen(request->name);
		return;
	}
	request->name_length = take_byte(input) * ((choice & 7U) + 1);
	if (request->name_length > input->left)
		request->name_length = input->left;
	request->name = (const char *)input->at;
	input->at += request->name_length;
	input->left -= request->name_length;
}

static void take_open(struct input *input, struct wire_request *request)
{
	static const uint64_t sizes[] = {1, 0, 4095, 4096, 4097, 1 << 16, (1 << 16) + 1,
		UINT64_C(1) << 62, UINT64_C(1) << 63, UINT64_MAX};
	static const uint32_t modes[] = {0666, 0600, 0644, 0660, 0640, 0604, 0400, 0, 0622, 0777};
	uint8_t choice = take_byte(input);

	take_name(input, request);
	request->open.size = sizes[take_byte(input) % 10];
	request->open.flags = choice & 3;
	request->open.mode = modes[(choice >> 2) % 10];
}

/* A request of this op, whose fields the input chooses, in bytes. */
static size_t make_request(struct input *input, uint16_t op, uint8_t *out)
{
	struct wire_request request = {.header = {.op = op, .serial = op}};
	struct wire_message message;

	switch (op) {
	case WIRE_OP_OPEN:
		take_open(input, &request);
		break;
	case WIRE_OP_CLOSE:
		request.close.handle = take_byte(input);
		break;
	case WIRE_OP_LIST:
		request.list.after = take_byte(input);
		take_name(input, &request);
		break;
	case WIRE_OP_REOPEN:
		request.reopen.segment = take_byte(input);
		break;
	default:
		take_name(input, &request);
	}
	demand(wire_encode_request(&request, &message), "a request does not encode");
	memcpy(out, message.bytes, message.length);
	return message.length;
}

/* Any bytes at all; with a header mended enough for the rest of them to be looked at. */
static size_t make_raw(struct input *input, bool mend, uint8_t *out)
{
	const uint16_t version = htole16(WIRE_VERSION);
	size_t length = take_byte(input);
	uint32_t told;

	for (size_t i = 0; i < length; i++)
		out[i] = take_byte(input);
	told = htole32((uint32_t)length);
	if (mend && length >= WIRE_SIZE_header) {
		memcpy(out + offsetof(struct wire_header, version), &version, sizeof(version));
		memcpy(out + offsetof(struct wire_header, length), &told, sizeof(told));
	}
	return length;
}

static void check_list(const struct wire_reply *reply)
{
	uint32_t count = 0;
	size_t at = 0;
	struct wire_stated entry;
	const char *name;

	while (wire_get_entry(reply->tail, reply->tail_length, &at, &entry, &name)) {
		demand(wire_check_name(name, entry.name_length) == STATUS_OK,
			"a listed name is none");
		count++;
	}
	demand(at == reply->tail_length, "a list has bytes after its entries");
	demand(count == reply->listed.count, "a list has not the entries it counts");
}

/* Who may only read, gets what can only read; who may not, nothing. */
static void check_descriptor(
	struct world *world, const struct peer *peer, const struct wire_request *request, int fd)
{
	struct registry *registry = &world->broker.registry;
	struct segment *segment =
		request->header.op == WIRE_OP_OPEN
			? registry_find(registry, request->name, request->name_length)
			: registry_find_number(registry, request->reopen.segment);
	unsigned int rights = segment ? rights_of(&peer->credentials, &segment->rights) : 0;
	bool writes = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;

	demand(rights & RIGHT_READ, "a descriptor for somebody without rights");
	demand(!writes || (rights & RIGHT_WRITE), "a writable descriptor for a reader");
	demand(!writes || request->header.op == WIRE_OP_OPEN, "a writable descriptor by REOPEN");
}

static void check_reply(struct world *world, const struct peer *peer,
	const struct wire_request *request, const struct reply *reply)
{
	const struct wire_header *header = &reply->wire.header;
	struct wire_message message;
	struct wire_reply decoded;

	demand(header->op == request->header.op, "a reply to another op");
	demand(header->serial == request->header.serial, "a reply to another request");
	demand(header->status != STATUS_INTERNAL, "the broker is broken");
	demand(wire_encode_reply(&reply->wire, &message), "a reply does not encode");
	demand(wire_decode_reply(message.bytes, message.length, &decoded) == STATUS_OK,
		"a reply does not decode");
	demand(decoded.header.status == header->status && decoded.header.serial == header->serial,
		"a reply changes on the way");
	demand(header->fds == (header->status == STATUS_OK && reply->fd >= 0),
		"the descriptors are miscounted");
	if (header->fds > 0)
		check_descriptor(world, peer, request, reply->fd);
	if (header->op == WIRE_OP_LIST && header->status == STATUS_OK)
		check_list(&decoded);
}

static void check_invariants(struct world *world)
{
	const struct peer *peers[PEERS];
	const char *broken;

	for (size_t i = 0; i < PEERS; i++)
		peers[i] = &world->peers[i];
	broken = invariants_broken(&world->broker, peers, PEERS);
	demand(!broken, broken);
}

/* From a block of just that length, so that AddressSanitizer sees a read beyond it. */
static void handle_message(
	struct world *world, struct peer *peer, const uint8_t *bytes, size_t length)
{
	uint8_t *copy = malloc(length > 0 ? length : 1);
	struct wire_request request;
	struct reply reply;
	enum status decoded;

	demand(copy, "out of memory");
	memcpy(copy, bytes, length);
	decoded = wire_decode_request(copy, length, &request);
	if (decoded != STATUS_MALFORMED) {
		reply_init(&reply);
		if (decoded == STATUS_OK)
			broker_handle(&world->broker, peer, &request, &reply);
		else
			reply_finish(&reply, &request.header, decoded);
		check_reply(world, peer, &request, &reply);
		reply_deinit(&reply);
	}
	free(copy);
}

static void connect_peer(struct world *world, size_t index)
{
	static const struct credentials people[PEERS] = {
		{.uid = 0, .gid = 0},
		{.uid = 1000, .gid = 1000},
		{.uid = 1001, .gid = 1001}, /* in group 2000, too */
		{.uid = 1002, .gid = 2000},
	};
	struct credentials credentials = people[index];

	if (credentials.uid == 1001) {
		credentials.groups = malloc(sizeof(gid_t));
		demand(credentials.groups, "out of memory");
		credentials.groups[credentials.group_count++] = 2000;
	}
	peer_init(&world->peers[index], &world->broker.registry, &credentials,
		limits.handles_a_connection);
}

static void play_record(struct world *world, struct input *input)
{
	enum { RAW = 0, LEAVES = WIRE_OP_REOPEN + 1 };
	uint8_t selector = take_byte(input);
	uint16_t what = (selector >> 2) & 7;
	struct peer *peer = &world->peers[selector & 3];
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length;

	if (what == LEAVES) {
		peer_deinit(peer);
		connect_peer(world, selector & 3);
	} else {
		length = what == RAW ? make_raw(input, selector & 0x20, bytes)
				     : make_request(input, what, bytes);
		handle_message(world, peer, bytes, length);
	}
	check_invariants(world);
}

static unsigned int count_fds(void)
{
	unsigned int count = 0;

	for (int fd = 0; fd < FDS_MAX; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = {bytes, length};
	struct world world;
	unsigned int fds_before = count_fds();

	broker_init(&world.broker, &limits);
	for (size_t i = 0; i < PEERS; i++)
		connect_peer(&world, i);
	while (input.left > 0)
		play_record(&world, &input);
	demand(count_fds() == fds_before + world.broker.registry.count,
		"there are not as many descriptors as segments");
	for (size_t i = 0; i < PEERS; i++)
		peer_deinit(&world.peers[i]);
	broker_deinit(&world.broker);
	demand(count_fds() == fds_before, "a descriptor has leaked");
	return 0;
}
