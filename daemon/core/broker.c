/* SPDX-License-Identifier: MIT */
/* The broker: its state, and the one way through it. */
#include "daemon/core/broker.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "daemon/core/succession.h"
#include "daemon/core/request.h"

void broker_init(struct broker *broker, struct policy *policy)
{
	*broker = (struct broker){
		.policy = *policy,
		.last_peer = PEER_FIRST - 1,
		.journal = {.fd = -1},
	};
	RB_INIT(&broker->peers);
	registry_init(&broker->registry);
	accounts_init(&broker->accounts, policy->host);
	policy_init(policy);
}

void broker_deinit(struct broker *broker)
{
	struct peer *peer;

	keeping_end(broker); /* what is kept is the next broker's */
	while ((peer = broker_next_peer(broker, 0)))
		broker_remove_peer(broker, peer);
	registry_deinit(&broker->registry);
	accounts_deinit(&broker->accounts);
	policy_deinit(&broker->policy);
}

void broker_start(struct broker *broker)
{
	broker->counters = (struct counters){0};
	broker->registry.opens = broker->registry.closes = broker->registry.expiries = 0;
	broker->journal.records = 0;
}

void broker_set_policy(struct broker *broker, struct policy *policy)
{
	policy_deinit(&broker->policy);
	broker->policy = *policy;
	memcpy(broker->accounts.host, policy->host, sizeof(broker->accounts.host));
	policy_init(policy);
}

void broker_expire(struct broker *broker)
{
	registry_expire(&broker->registry);
	journal_append(&broker->journal, &(struct record){
		.kind = RECORD_EXPIRE,
		.expire = {.time = broker->registry.time},
	});
	keeping_commit(broker);
}

void reply_init(struct reply *reply)
{
	memset(reply, 0, offsetof(struct reply, tail));
	reply->expected = true;
	reply->room = 1;
}

void reply_add_fd(struct reply *reply, int fd, bool owned)
{
	assert(reply->fd_count < WIRE_FDS_MAX);
	reply->fds[reply->fd_count++] = (struct reply_fd){fd, owned};
}

void reply_deinit(struct reply *reply)
{
	for (size_t i = 0; i < reply->fd_count; i++) {
		if (reply->fds[i].owned)
			close(reply->fds[i].fd);
	}
	reply->fd_count = 0;
}

enum status find_named(const struct context *c, struct segment **out)
{
	enum status status = wire_check_name(c->request->name, c->request->name_length);
	struct segment *segment;

	if (status != STATUS_OK)
		return status;
	segment = registry_find(
		&c->broker->registry, c->request->name, c->request->name_length);
	if (!segment)
		return STATUS_NOT_FOUND;
	*out = segment;
	return STATUS_OK;
}

unsigned int rights_on(const struct context *c, const struct segment *segment)
{
	return rights_of(&c->peer->credentials, &segment->rights, NULL);
}

const struct name_rule *rule_of_name(const struct context *c, const struct name_rule **decider)
{
	return policy_find(
		&c->broker->policy, c->request->name, c->request->name_length, decider);
}

static enum status dispatch(const struct context *c)
{
	switch (c->request->header.op) {
#define X(name, value, request, reply, tail)                                                       \
	case value:                                                                                \
		return handle_##name(c);
		WIRE_OPS(X)
#undef X
	default:
		return STATUS_UNSUPPORTED;
	}
}

void reply_finish(struct reply *reply, const struct wire_header *request, enum status status)
{
	reply->wire.header = (struct wire_header){
		.op = request->op,
		.serial = request->serial,
		.status = (uint16_t)status,
		.fds = status == STATUS_OK ? (uint16_t)reply->fd_count : 0,
	};
}

/* Whether doing it twice is not the same as doing it once. */
static bool has_effect(uint16_t op)
{
	switch (op) {
	case WIRE_OP_STAT:
	case WIRE_OP_LIST:
	case WIRE_OP_EXPLAIN:
	case WIRE_OP_REOPEN:
	case WIRE_OP_HOLDERS:
	case WIRE_OP_ACCOUNTS:
	case WIRE_OP_STATUS:
	case WIRE_OP_RING:
	case WIRE_OP_WATCH: /* which a restart ends */
		return false;
	default:
		return true;
	}
}

/* The same outcome once more, for a client that did not see it. */
static enum status repeat(const struct context *c)
{
	const struct outcome *last = &c->peer->last;

	if (!has_effect(last->op))
		return dispatch(c);
	if (last->status != STATUS_OK)
		return last->status;
	switch (last->op) {
	case WIRE_OP_OPEN:
	case WIRE_OP_REDEEM:
	case WIRE_OP_ANONYMOUS:
		return repeat_hold(c);
	case WIRE_OP_OPEN_MANY:
		return repeat_many(c);
	case WIRE_OP_CLOSE:
		c->reply->expected = false;
		return STATUS_OK;
	default:
		return STATUS_OK;
	}
}

void count_refused(const struct context *c, enum status status)
{
	struct counters *counters = &c->broker->counters;

	if (status == STATUS_DENIED || status == STATUS_NOT_OWNER || status == STATUS_REFUSED)
		counters->denials++;
	if (status == STATUS_NO_RESOURCES && c->reply->refusal.kind != REFUSED_NOT)
		counters->refusals[c->reply->refusal.resource]++;
}

static void count(const struct context *c, enum status status)
{
	struct counters *counters = &c->broker->counters;
	const uint16_t op = c->request->header.op;

	if (op <= WIRE_OP_LAST)
		counters->requests[op]++;
	count_refused(c, status);
	if (status == STATUS_OK && op == WIRE_OP_DELETE)
		counters->deletions++;
}

/*
 * Each request is written down, also one that failed or changed nothing: a copy that comes in later must
 * fail, too, and the next broker has to see whether one is missing.
 */
static enum status act(const struct context *c)
{
	struct broker *broker = c->broker;
	const struct wire_header *header = &c->request->header;
	struct outcome *last = &c->peer->last;
	const bool room = keeping_make_room(broker) || header->op == WIRE_OP_CLOSE ||
			  header->op == WIRE_OP_TAKE_BACK;

	*last = (struct outcome){
		.serial = header->serial,
		.op = header->op,
		.known = true,
		.answered = true,
	};
	c->peer->resumed = false;
	last->status = room || !has_effect(header->op) ? (uint16_t)dispatch(c) : STATUS_NO_MEMORY;
	count(c, last->status);
	if (!room) /* what is left is for those who end */
		return last->status;
	journal_append(&broker->journal, &(struct record){
		.kind = RECORD_DONE,
		.done = {
			.peer = c->peer->number,
			.serial = last->serial,
			.handle = last->handle,
			.op = last->op,
			.status = last->status,
		},
	});
	return last->status;
}

/*
 * A client sends again what it has no answer to when the broker was restarted; the first copy may have
 * come in as well. Serials go up by one, so what is not newer than the last is such a copy. And one that is
 * too new comes after a CLOSE that the last broker had read and not written down: both will come again. If
 * it comes again alone, there was no such CLOSE, but a request that found no room in the journal. Who has a
 * ring does not send the CLOSE again: it was closed there.
 */
static bool is_ignored(struct peer *peer, const struct wire_header *header)
{
	const int32_t ahead = (int32_t)(header->serial - peer->last.serial);
	const bool both_come = peer->resumed && peer->ring.inode == 0;

	if (!peer->last.known || ahead == 0 || (ahead > 0 && !both_come) || ahead == 1)
		return false;
	if (ahead > 0 && peer->ignored == header->serial)
		return false;
	peer->ignored = header->serial;
	return true;
}

static bool is_repeated(const struct peer *peer, const struct wire_header *header)
{
	return peer->last.known && header->serial == peer->last.serial;
}

void broker_handle(struct broker *broker, struct peer *peer, const struct wire_request *request,
	struct reply *reply)
{
	const struct context context = {broker, peer, request, reply, 0};
	const struct wire_header *header = &request->header;
	enum status status;

	errno = 0;
	broker_drain(broker, peer);
	if (!SLIST_EMPTY(&broker->registry.gone)) /* what it frees this request may use */
		keeping_commit(broker);
	if (is_ignored(peer, header)) {
		reply->expected = false;
		status = STATUS_OK;
	} else if (is_repeated(peer, header)) {
		status = header->op == peer->last.op ? repeat(&context) : STATUS_MALFORMED;
	} else if (peer->watcher) {
		status = STATUS_MALFORMED; /* who watches has nothing else to say */
	} else {
		status = act(&context);
	}
	if (status == STATUS_INTERNAL)
		reply->error = errno;
	ring_set_quiet(&peer->ring, peer_is_quiet(peer));
	keeping_commit(broker);
	ring_give_room(&peer->ring);
	reply_finish(reply, &request->header, status);
}
