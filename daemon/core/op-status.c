/* SPDX-License-Identifier: MIT */
/* HOLDERS, ACCOUNTS and STATUS: who holds a segment, what each user has, and how the broker is. */
#include <string.h>

#include "daemon/core/ops.h"
#include "daemon/core/park.h"
#include "daemon/core/unsealed.h"

#define X(name, key, one, many)                                                                    \
	static_assert(RESOURCE_##name + 1 == (int)WIRE_RESOURCE_##name, "resources as they "       \
									"travel");
RESOURCES(X)
#undef X

/* The tail of a reply that has one page of a list. */
struct page {
	uint8_t *tail;
	size_t room;
	size_t used;
};

static struct page begin_page(const struct context *c, size_t body)
{
	return (struct page){c->reply->tail, WIRE_MESSAGE_MAX - WIRE_SIZE_header - body, 0};
}

static void end_page(const struct context *c, const struct page *page)
{
	c->reply->wire.tail = page->tail;
	c->reply->wire.tail_length = page->used;
}

/* Numbers are easy to guess, so a segment that the client may not see is NOT_FOUND. */
enum status op_holders(const struct context *c)
{
	const struct wire_holders *wanted = &c->request->holders;
	struct segment *segment = registry_find_number(&c->broker->registry, wanted->segment);
	struct wire_held held = {.connection = wanted->connection, .handle = wanted->handle};
	struct page page = begin_page(c, WIRE_SIZE_held);
	struct holder *holder;

	if (!segment || !is_visible(c, segment))
		return STATUS_NOT_FOUND;
	while ((holder = peer_next_holder(segment, held.connection, held.handle))) {
		const struct wire_holder part = {
			.since = holder->since,
			.connection = holder->peer->number,
			.handle = holder->handle,
			.access = holder->access & (WIRE_READ | WIRE_WRITE),
			.pid = (uint32_t)holder->peer->credentials.pid,
			.uid = holder->peer->credentials.uid,
		};
		const bool told = !park_holds(holder);

		if (told && !wire_put_holder(page.tail, page.room, &page.used, &part))
			break;
		held.connection = part.connection;
		held.handle = part.handle;
		held.count += told;
	}
	if (!holder)
		held.connection = held.handle = 0;
	c->reply->wire.held = held;
	end_page(c, &page);
	return STATUS_OK;
}

static uint32_t kind_of_limit(enum refusal_kind kind)
{
	switch (kind) {
	case REFUSED_USER:
		return WIRE_LIMIT_NUMBER;
	case REFUSED_SHARE:
		return WIRE_LIMIT_SHARE;
	default:
		return WIRE_LIMIT_NONE;
	}
}

/* A whole user, or nothing. A principal has used what all its uids have. */
static bool put_account(struct page *page, const struct account *account)
{
	const struct wire_account part = {
		.uid = account->uid,
		.usage_count = account->principal ? RESOURCE_COUNT + 1 : RESOURCE_COUNT,
	};

	if (page->room - page->used <
		WIRE_SIZE_account + part.usage_count * (size_t)WIRE_SIZE_usage)
		return false;
	wire_put_account(page->tail, page->room, &page->used, &part);
	for (uint32_t i = 0; i < RESOURCE_COUNT; i++) {
		enum refusal_kind kind;
		struct wire_usage usage = {.resource = i + 1};

		usage.used = account->principal ? account->used[i] : account->total[i];

		usage.limit = account_limit(account, (enum resource)i, &kind);
		usage.kind = kind_of_limit(kind);
		wire_put_usage(page->tail, page->room, &page->used, &usage);
	}
	if (account->principal) {
		const struct wire_usage payer = {
			.used = account->principal->id, .resource = WIRE_RESOURCE_PRINCIPAL};

		wire_put_usage(page->tail, page->room, &page->used, &payer);
	}
	return true;
}

/* The first account from that uid on: of all accounts, or of the client's own only. */
static struct account *next_account(const struct context *c, uint32_t uid, bool all)
{
	struct account *account = c->peer->account;

	if (!all)
		return account->uid >= uid ? account : NULL;
	account = accounts_next(&c->broker->accounts, uid);
	while (account && account_is_only_noted(account))
		account = accounts_next(&c->broker->accounts, account->uid + 1);
	return account;
}

enum status op_accounts(const struct context *c)
{
	const struct wire_accounts *wanted = &c->request->accounts;
	const bool all = is_observer(c);
	struct wire_accounted accounted = {.next = wanted->uid};
	struct page page = begin_page(c, WIRE_SIZE_accounted);
	struct account *account;

	if (wanted->only && !all && wanted->uid != c->peer->account->uid)
		return STATUS_DENIED;
	unsealed_look_around(c->broker);
	while ((account = next_account(c, accounted.next, all))) {
		if (wanted->only && account->uid != wanted->uid)
			break;
		accounted.next = account->uid;
		if (!put_account(&page, account))
			break;
		accounted.count++;
		accounted.next++; /* there is no uid of 0xffffffff */
	}
	if (!account || wanted->only)
		accounted.next = UINT32_MAX;
	c->reply->wire.accounted = accounted;
	end_page(c, &page);
	return STATUS_OK;
}

struct telling {
	struct page page;
	uint32_t count;
};

static void put_counter(
	struct telling *telling, enum wire_counter counter, uint32_t of, uint64_t value)
{
	const struct wire_count part = {.value = value, .counter = counter, .of = of};

	telling->count +=
		wire_put_count(telling->page.tail, telling->page.room, &telling->page.used, &part);
}

static void put_counters(struct telling *telling, const struct broker *broker)
{
	const struct counters *counters = &broker->counters;

#define X(name, value, request, reply, tail)                                                       \
	put_counter(telling, WIRE_COUNTER_REQUESTS, value, counters->requests[value]);
	WIRE_OPS(X)
#undef X
	for (uint32_t i = 0; i < RESOURCE_COUNT; i++)
		put_counter(telling, WIRE_COUNTER_REFUSALS, i + 1, counters->refusals[i]);
	put_counter(telling, WIRE_COUNTER_OPENS, 0, counters->opens);
	put_counter(telling, WIRE_COUNTER_CREATIONS, 0, counters->creations);
	put_counter(telling, WIRE_COUNTER_DELETIONS, 0, counters->deletions);
	put_counter(telling, WIRE_COUNTER_CLOSES, 0, counters->closes);
	put_counter(telling, WIRE_COUNTER_DENIALS, 0, counters->denials);
	put_counter(telling, WIRE_COUNTER_EXPIRIES, 0, counters->expiries);
	put_counter(telling, WIRE_COUNTER_ACCEPTED, 0, counters->accepted);
	put_counter(telling, WIRE_COUNTER_ENDED, 0, counters->ended);
	put_counter(telling, WIRE_COUNTER_RECORDS, 0, counters->records);
	put_counter(telling, WIRE_COUNTER_COMPACTIONS, 0, counters->compactions);
}

/* What is no count: how much there is of what all may have, and which process this is. */
static void put_facts(struct telling *telling, const struct broker *broker)
{
	for (uint32_t i = 0; i < RESOURCE_COUNT; i++) {
		put_counter(telling, WIRE_COUNTER_USED, i + 1, broker->accounts.used[i]);
		put_counter(telling, WIRE_COUNTER_LIMIT, i + 1, broker->accounts.host[i]);
	}
	if (broker->health.trouble_since > 0)
		put_counter(telling, WIRE_COUNTER_MISCONFIGURED, 0, broker->health.trouble_since);
	if (broker->health.pid == 0)
		return;
	put_counter(telling, WIRE_COUNTER_UID, 0, broker->health.uid);
	put_counter(telling, WIRE_COUNTER_PID, 0, broker->health.pid);
}

static void put_version(struct page *page, const char *version)
{
	const size_t length = version ? strlen(version) : 0;

	if (length == 0 || length > page->room - page->used)
		return;
	memcpy(page->tail + page->used, version, length);
	page->used += length;
}

/* A NUL, and a text: to a client that knows the version alone, the version ends there. */
static void put_text(struct page *page, const char *text)
{
	const size_t length = strlen(text);

	if (length + 1 > page->room - page->used)
		return;
	page->tail[page->used] = '\0';
	memcpy(page->tail + page->used + 1, text, length);
	page->used += length + 1;
}

static void put_configuration(struct page *page, const struct health *health)
{
	if (!health->configured)
		return;
	put_text(page, health->configured);
	for (size_t i = 0; i < health->file_count; i++)
		put_text(page, health->files[i]);
}

/* Not for everybody: it may quote a file that not everybody may read. */
static void put_trouble(struct page *page, const struct context *c)
{
	const struct health *health = &c->broker->health;
	const bool is_own = health->pid != 0 && c->peer->credentials.uid == health->uid;

	if (!health->configured || health->trouble_since == 0 || (!is_own && !is_observer(c)))
		return;
	put_text(page, ""); /* ends the files */
	put_text(page, health->trouble);
}

static uint32_t state_of_keeper(const struct health *health)
{
	if (!health->has_keeper)
		return WIRE_KEEPER_UNWANTED;
	return health->has_keeper(health->data) ? WIRE_KEEPER_THERE : WIRE_KEEPER_MISSING;
}

/* Any client may ask this: the reply tells of no segment and of no user. */
enum status op_status(const struct context *c)
{
	struct broker *broker = c->broker;
	struct telling telling = {.page = begin_page(c, WIRE_SIZE_condition)};

	put_counters(&telling, broker);
	put_facts(&telling, broker);
	put_version(&telling.page, broker->health.version);
	put_configuration(&telling.page, &broker->health);
	put_trouble(&telling.page, c);
	c->reply->wire.condition = (struct wire_condition){
		.started = broker->health.started,
		.handed = broker->health.handed,
		.segments = broker->registry.count,
		.bytes = broker->accounts.used[RESOURCE_BYTES],
		.connections = broker->accounts.used[RESOURCE_CONNECTIONS],
		.handles = broker->registry.handles - park_count_all(broker),
		.users = accounts_count(&broker->accounts),
		.restarts = broker->restarts,
		.keeper = state_of_keeper(&broker->health),
		.count = telling.count,
	};
	end_page(c, &telling.page);
	return STATUS_OK;
}

enum status op_origin(const struct context *c)
{
	const struct segment *segment =
		registry_find_number(&c->broker->registry, c->request->reopen.segment);

	if (!segment || !is_visible(c, segment))
		return STATUS_NOT_FOUND;
	c->reply->wire.origin = (struct wire_origin){
		.creator_uid = segment->creator.known ? segment->creator.uid : UINT32_MAX,
		.creator_pid = segment->creator.pid,
		.opener_uid = segment->opener.known ? segment->opener.uid : UINT32_MAX,
		.opener_pid = segment->opener.pid,
	};
	return STATUS_OK;
}

/*
 * Allowed to root, and to the user that runs the broker. The broker ends after the reply is sent.
 */
enum status op_stop(const struct context *c)
{
	const struct health *health = &c->broker->health;
	const struct credentials *who = &c->peer->credentials;

	if (who->unmapped || (who->uid != 0 && (health->pid == 0 || who->uid != health->uid)))
		return STATUS_NOT_OWNER;
	if (!health->stop)
		return STATUS_REFUSED;
	health->stop(health->data);
	return STATUS_OK;
}
