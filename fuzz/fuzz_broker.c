/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the core: an input is a sequence of records, and each of them a message of one of
 * eight peers, or the end of its connection, or some seconds that pass, or another policy.
 *
 *	byte 0: the peer
 *	byte 1: what it does, an op or one of enum deed; make-request.c has what follows
 *
 * A message goes the way it goes in the daemon: wire_decode_request, broker_handle,
 * wire_encode_reply. After each the invariants of tests/core hold, the reply decodes, and nobody
 * has got a descriptor that the rights do not give.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/broker.h"
#include "daemon/core/handle.h"
#include "fuzz/check-body.h"
#include "fuzz/demand.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/make-request.h"
#include "fuzz/tell-watchers.h"
#include "fuzz/write-ring.h"
#include "tests/core/invariants.h"

/* What is not an op; ops are numbers from 1. */
/*
 * An op's number, or one of these. Ops that came later are behind them: the corpus means what it
 * meant.
 */
enum deed {
	RAW = 0,
	MENDED = WIRE_OP_EXPLAIN + 1,
	LEAVES,
	PASSES,
	LATER_OPS,
	RINGS = LATER_OPS + WIRE_OP_LAST - WIRE_OP_EXPLAIN,
	DEEDS
};

static const struct {
	uid_t uid;
	gid_t gid;
	gid_t group; /* 0: none */
	bool unmapped;
} people[] = {
	{0, 0, 0, false}, {1000, 1000, 0, false}, {1000, 1000, 0, false}, /* another connection */
	{1001, 1001, 2000, false}, {1002, 2000, 0, false}, {65534, (gid_t)-1, 0, true},
	{100001, 100001, 0, false}, /* in a range of 1000's */
	{61200, 61200, 0, false},   /* a dynamic user */
};

#define PEERS (sizeof(people) / sizeof(*people))

struct world {
	struct broker broker;
	struct peer *peers[PEERS]; /* NULL: refused, at the limit of connections */
	uint32_t serials[PEERS];   /* the newest of each one's */
	uint64_t token[2];         /* of the anonymous segment that was made last */
};

static uint64_t seconds;

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static uint64_t tell_time(void)
{
	return seconds * 1000000000;
}

static void check_expired(void *data, const struct segment *segment, enum expiry why)
{
	(void)data;
	demand(segment->named, "a segment expires that has no name");
	if (why == EXPIRY_LEFT) {
		demand(segment->rights.uid == people[PEERS - 1].uid, "nobody has left that");
		return;
	}
	demand(segment->holder_count == 0, "a segment expires that is held");
	demand(segment->deadline <= tell_time(), "a segment expires before its time");
}

static struct name_rule *add_rule(struct policy *policy, const char *prefix)
{
	struct name_rule *rule = policy_add_rule(policy);

	demand(rule, "out of memory");
	rule->prefix = strdup(prefix);
	rule->file = strdup("f");
	demand(rule->prefix && rule->file, "out of memory");
	return rule;
}

static void *copy(const void *from, size_t size)
{
	void *to = malloc(size);

	demand(to, "out of memory");
	return memcpy(to, from, size);
}

static void make_rules(struct policy *policy)
{
	static const uint32_t few[] = {1000};
	static const struct wire_entry entries[] = {
		{.id = 1001, .kind = WIRE_ENTRY_USER, .rights = 3},
		{.id = 2000, .kind = WIRE_ENTRY_GROUP, .rights = 9},
	};
	struct name_rule *rule = add_rule(policy, "/few");

	rule->restricted = true;
	rule->users = (struct id_list){copy(few, sizeof(few)), 1};
	rule->max_mode = 0640;
	rule = add_rule(policy, "/brief");
	rule->lifetime = WIRE_LIFETIME_UNTIL_UNUSED;
	rule->linger = 2;
	rule = add_rule(policy, "/given");
	rule->owner = 1002;
	rule->group = 2000;
	rule->entries = copy(entries, sizeof(entries));
	rule->entry_count = 2;
	add_rule(policy, "/own")->linger = 1;
	add_rule(policy, "/u/%u");
	policy_sort(policy);
}

/* Small, so that every limit is met: of the host, of shares, of a principal, of one user's own. */
static void make_policy(struct policy *policy, bool has_ranges)
{
	struct limit_rule *limits;

	policy_init(policy);
	policy->host[RESOURCE_SEGMENTS] = 9;
	policy->host[RESOURCE_BYTES] = 24 * 4096;
	policy->host[RESOURCE_CONNECTIONS] = 12;
	policy->host[RESOURCE_HANDLES] = 30; /* a handle table grows at 8 */
	policy->host[RESOURCE_WATCHES] = 4;
	policy->segment_bytes = 1 << 16;
	policy->dynamic_linger = 2;
	make_rules(policy);
	limits = policy_add_limit_rule(policy);
	demand(limits, "out of memory");
	limits->id = 1001;
	limits->limit[RESOURCE_SEGMENTS] = 2;
	limits->limit[RESOURCE_HANDLES] = 12;
	if (has_ranges)
		demand(principals_add(&policy->principals, 100000, 10, 1000), "out of memory");
}

static void init_broker(struct broker *broker)
{
	struct policy policy;

	make_policy(&policy, true);
	broker_init(broker, &policy);
	seconds = 1;
	broker->registry.clock = tell_time;
	broker->registry.on_expired = check_expired;
}

/* 0 to 7 seconds, and then maybe another policy. */
static void pass_time(struct broker *broker, uint8_t how)
{
	const char *broken;
	struct policy policy;

	seconds += how & 7;
	broker_expire(broker);
	broken = tell_watchers(broker);
	demand(!broken, broken);
	if (how & 8) {
		make_policy(&policy, how & 16);
		demand(broker_set_policy(broker, &policy), "out of memory");
	}
}

static const struct segment *find_segment(
	struct registry *registry, const struct wire_request *request, const struct reply *reply)
{
	switch (request->header.op) {
	case WIRE_OP_OPEN:
		return registry_find(registry, request->name, request->name_length);
	case WIRE_OP_REOPEN:
		return registry_find_number(registry, request->reopen.segment);
	case WIRE_OP_ANONYMOUS:
		return registry_find_number(registry, reply->wire.made.segment);
	default:
		return registry_find_number(registry, reply->wire.opened.segment);
	}
}

/* Told once more, and in other words than the broker's. */
static unsigned int may(const struct peer *peer, const struct segment *segment)
{
	const struct rights *rights = &segment->rights;

	if (!segment->anonymous)
		return rights_of(&peer->credentials, rights, NULL);
	if (peer->credentials.uid != rights->uid)
		return 0;
	return rights->mode == 0400 ? WIRE_READ : WIRE_READ | WIRE_WRITE;
}

/* Who may only read, gets what can only read; who may not, nothing. */
static void check_descriptor(const struct peer *peer, const struct wire_request *request,
	const struct segment *segment, int fd)
{
	const bool writes = (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY;
	const bool readonly = request->header.op == WIRE_OP_REOPEN ||
			      (request->header.op == WIRE_OP_OPEN &&
				      (request->open.flags & WIRE_OPEN_READONLY)) ||
			      (request->header.op == WIRE_OP_OPEN_MANY &&
				      (request->open_many.flags & WIRE_OPEN_READONLY));

	demand(segment, "a descriptor of no segment");
	demand(may(peer, segment) & WIRE_READ, "a descriptor for somebody without rights");
	demand(!writes || (may(peer, segment) & WIRE_WRITE), "a writable descriptor for a reader");
	demand(!writes || !readonly, "a writable descriptor for who asked to read");
	demand(!segment->anonymous || request->header.op == WIRE_OP_ANONYMOUS ||
			request->header.op == WIRE_OP_REDEEM,
		"anonymous memory without its token");
}

/* The descriptors of OPEN_MANY; that there is one for each open, check_body sees. */
static void check_many(struct world *world, const struct peer *peer,
	const struct wire_request *request, const struct reply *reply)
{
	struct wire_outcome outcome;
	size_t at = 0;
	size_t opened = 0;

	demand(reply->fd_count <= reply->room, "more descriptors than there is room for");
	while (opened < reply->fd_count &&
		wire_get_outcome(reply->wire.tail, reply->wire.tail_length, &at, &outcome)) {
		if (outcome.status == STATUS_OK)
			check_descriptor(peer, request,
				registry_find_number(&world->broker.registry, outcome.segment),
				reply->fds[opened++].fd);
	}
}

static void check_reply(struct world *world, size_t index, const struct wire_request *request,
	const struct reply *reply)
{
	const struct wire_header *header = &reply->wire.header;
	const bool again = header->serial == world->serials[index];
	const char *wrong;
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
	demand(header->fds == (header->status == STATUS_OK ? reply->fd_count : 0),
		"the descriptors are miscounted");
	demand(header->status == STATUS_NO_RESOURCES || header->op == WIRE_OP_OPEN_MANY ||
			reply->refusal.kind == REFUSED_NOT,
		"a limit is told of that was not met");
	/* A repeated one is for what was opened the first time, by the rights of then. */
	if (header->fds > 0 && !again && header->op == WIRE_OP_OPEN_MANY)
		check_many(world, world->peers[index], request, reply);
	else if (header->fds > 0 && !again && header->op != WIRE_OP_RING)
		check_descriptor(world->peers[index], request,
			find_segment(&world->broker.registry, request, reply), reply->fds[0].fd);
	wrong = header->status == STATUS_OK ? check_body(&decoded) : NULL;
	demand(!wrong, wrong);
}

static void check_invariants(struct world *world)
{
	const char *broken = invariants_broken(&world->broker);

	demand(!broken, broken);
}

static void note_serial(struct world *world, size_t index, uint32_t serial)
{
	uint32_t *newest = &world->serials[index];

	if ((int32_t)(serial - *newest) > 0)
		*newest = serial;
}

/* From a block of just that length, so that AddressSanitizer sees a read beyond it. */
static void handle_message(struct world *world, size_t index, const uint8_t *bytes, size_t length)
{
	uint8_t *block = copy(bytes, length + (length == 0));
	struct wire_request request;
	struct reply reply;
	enum status decoded = wire_decode_request(block, length, &request);

	if (decoded != STATUS_MALFORMED) {
		reply_init(&reply);
		reply.room = 1 + length % WIRE_FDS_MAX;
		if (decoded == STATUS_OK)
			broker_handle(&world->broker, world->peers[index], &request, &reply);
		else
			reply_finish(&reply, &request.header, decoded);
		if (reply.expected)
			check_reply(world, index, &request, &reply);
		note_serial(world, index, request.header.serial);
		if (request.header.op == WIRE_OP_ANONYMOUS && reply.fd_count > 0) {
			world->token[0] = reply.wire.made.token_high;
			world->token[1] = reply.wire.made.token_low;
		}
		reply_deinit(&reply);
	}
	free(block);
}

static void disconnect_peer(struct world *world, size_t index)
{
	if (world->peers[index])
		broker_remove_peer(&world->broker, world->peers[index]);
}

static void connect_peer(struct world *world, size_t index)
{
	struct credentials credentials = {
		.uid = people[index].uid,
		.gid = people[index].gid,
		.unmapped = people[index].unmapped,
	};
	struct refusal why;

	if (people[index].group != 0) {
		credentials.groups = copy(&people[index].group, sizeof(gid_t));
		credentials.group_count = 1;
	}
	world->peers[index] = NULL;
	broker_add_peer(&world->broker, &credentials, -1, &world->peers[index], &why);
}

static void play_record(struct world *world, struct input *input)
{
	const size_t index = take_byte(input) % PEERS;
	const uint16_t what = take_byte(input) % DEEDS;
	const uint16_t op = what < LATER_OPS ? what : what - LATER_OPS + WIRE_OP_EXPLAIN + 1;
	const struct wire_header header = {.op = op, .serial = world->serials[index] + 1};
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length;

	if (what == PASSES) {
		pass_time(&world->broker, take_byte(input));
	} else if (what == RINGS) {
		write_ring(world->peers[index], input);
	} else if (what == LEAVES || !world->peers[index]) {
		disconnect_peer(world, index);
		connect_peer(world, index);
	} else {
		length = what == RAW || what == MENDED
				 ? make_raw(input, what == MENDED, bytes)
				 : make_request(input, header, world->token, bytes);
		handle_message(world, index, bytes, length);
	}
	check_invariants(world);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	struct input input = {bytes, length};
	struct world world = {.token = {0}};
	unsigned int fds_before;

	fake_reset();
	fds_before = fake_count_fds();
	init_broker(&world.broker);
	for (size_t i = 0; i < PEERS; i++)
		connect_peer(&world, i);
	while (input.left > 0)
		play_record(&world, &input);
	demand(fake_count_fds() ==
			fds_before + world.broker.registry.count + count_rings(&world.broker),
		"there are not as many descriptors as segments and rings");
	for (size_t i = 0; i < PEERS; i++)
		disconnect_peer(&world, i);
	broker_deinit(&world.broker);
	demand(fake_count_fds() == fds_before, "a descriptor has leaked");
	return 0;
}
