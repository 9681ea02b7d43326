/* SPDX-License-Identifier: MIT */
/* The broker called like a function, with a clock and a configuration of the test's own. */
#include "tests/policy/core-case.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/handle.h"

#define PEERS_MAX 1024

struct core core;

static struct peer *peers[PEERS_MAX];
static size_t peer_count;

static uint64_t fake_clock(void)
{
	return core.clock;
}

static void note_expired(void *data, const struct segment *segment)
{
	size_t length = strlen(core.expired);

	(void)data;
	snprintf(core.expired + length, sizeof(core.expired) - length, "%.*s ",
		(int)segment->name_length, segment->name);
}

void core_begin(void)
{
	struct policy policy;

	core = (struct core){.clock = 1000};
	peer_count = 0;
	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = 1000;
	policy.host[RESOURCE_BYTES] = 1 << 30;
	policy.segment_bytes = 1 << 30;
	broker_init(&core.broker, &policy);
	core.broker.registry.clock = fake_clock;
	core.broker.registry.on_expired = note_expired;
}

void core_end(void)
{
	struct segment *segment;

	for (size_t i = 0; i < peer_count; i++) {
		if (peers[i])
			core_disconnect(peers[i]);
	}
	while ((segment = registry_next(&core.broker.registry, 0)))
		registry_remove_name(&core.broker.registry, segment);
	registry_settle(&core.broker.registry);
	for (size_t i = 0; i < RESOURCE_COUNT; i++) {
		ck_assert_uint_eq(core.broker.accounts.used[i], 0);
		ck_assert_uint_eq(core.broker.accounts.users[i], 0);
	}
	broker_deinit(&core.broker);
}

static struct peer *connect_as(const struct credentials *who)
{
	struct peer *peer;

	ck_assert_uint_lt(peer_count, PEERS_MAX);
	if (broker_add_peer(&core.broker, who, -1, &peer, &core.refusal) != STATUS_OK)
		return NULL;
	peers[peer_count++] = peer;
	return peer;
}

struct peer *core_connect(uid_t uid)
{
	return connect_as(&(struct credentials){.uid = uid, .gid = uid});
}

struct peer *core_connect_unmapped(void)
{
	return connect_as(&(struct credentials){.uid = 65534, .gid = (gid_t)-1, .unmapped = true});
}

struct peer *core_connect_member(uid_t uid, gid_t group)
{
	gid_t *groups = malloc(sizeof(*groups));

	ck_assert_ptr_nonnull(groups);
	*groups = group;
	return connect_as(
		&(struct credentials){.uid = uid, .gid = uid, .groups = groups, .group_count = 1});
}

void core_disconnect(struct peer *peer)
{
	for (size_t i = 0; i < peer_count; i++) {
		if (peers[i] == peer)
			peers[i] = NULL;
	}
	broker_remove_peer(&core.broker, peer);
}

struct name_rule *core_add_rule(const char *prefix)
{
	struct name_rule *rule = policy_add_rule(&core.broker.policy);

	ck_assert_ptr_nonnull(rule);
	rule->prefix = strdup(prefix);
	rule->file = strdup("test.conf");
	rule->line = 7;
	ck_assert(rule->prefix && rule->file);
	return rule;
}

enum status core_ask(
	struct peer *peer, struct wire_request *request, const char *name, struct reply *reply)
{
	static uint32_t serial; /* of all peers, so that each one's increase */
	struct reply own;
	enum status status;

	if (!reply)
		reply = &own;
	request->header.serial = ++serial;
	request->name = name;
	request->name_length = strlen(name);
	reply_init(reply);
	broker_handle(&core.broker, peer, request, reply);
	status = reply->wire.header.status;
	core.refusal = reply->refusal;
	if (reply->wire.tail_length < sizeof(reply->tail))
		reply->tail[reply->wire.tail_length] = '\0';
	reply_deinit(reply);
	return status;
}

static enum status ask_open(
	struct peer *peer, const char *name, const struct wire_open *open, uint32_t *handle)
{
	struct wire_request request = {.header = {.op = WIRE_OP_OPEN}, .open = *open};
	struct reply reply;
	enum status status = core_ask(peer, &request, name, &reply);

	if (status == STATUS_OK && handle)
		*handle = reply.wire.opened.handle;
	return status;
}

enum status core_create(
	struct peer *peer, const char *name, uint64_t size, uint32_t mode, uint32_t *handle)
{
	const struct wire_open open = {
		.size = size, .flags = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, .mode = mode};

	return ask_open(peer, name, &open, handle);
}

uint32_t core_create_living(struct peer *peer, const char *name, uint32_t lifetime, uint32_t linger)
{
	const struct wire_open open = {.size = 1,
		.flags = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL,
		.mode = 0666,
		.lifetime = lifetime,
		.linger = linger};
	uint32_t handle;

	ck_assert_int_eq(ask_open(peer, name, &open, &handle), STATUS_OK);
	return handle;
}

enum status core_open(struct peer *peer, const char *name, uint32_t *handle)
{
	return ask_open(peer, name, &(struct wire_open){0}, handle);
}

void core_close(struct peer *peer, uint32_t handle)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_CLOSE}, .close = {.handle = handle}};

	core_ask(peer, &request, "", NULL);
}

enum status core_delete(struct peer *peer, const char *name)
{
	struct wire_request request = {.header = {.op = WIRE_OP_DELETE}};

	return core_ask(peer, &request, name, NULL);
}

enum status core_set_owner(struct peer *peer, const char *name, uint32_t uid, uint32_t gid)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_SET_OWNER}, .set_owner = {.uid = uid, .gid = gid}};

	return core_ask(peer, &request, name, NULL);
}

bool core_explain(struct peer *peer, const char *name, uint32_t right, char text[256])
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_EXPLAIN}, .explain = {.right = right}};
	struct reply reply;

	ck_assert_int_eq(core_ask(peer, &request, name, &reply), STATUS_OK);
	snprintf(text, 256, "%.255s", (const char *)reply.tail);
	return reply.wire.explained.allowed != 0;
}

bool core_exists(const char *name)
{
	return registry_find(&core.broker.registry, name, strlen(name)) != NULL;
}

void core_pass(double seconds)
{
	core.clock += (uint64_t)(seconds * 1e9);
	broker_expire(&core.broker);
}
