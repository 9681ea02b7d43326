/* SPDX-License-Identifier: MIT */
/* What dynamic users leave behind, and when it goes. */
#include "daemon/core/dynamic-users.h"

#include "daemon/core/drain.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/park.h"
#include "daemon/core/succession.h"

#define SECOND UINT64_C(1000000000)

static bool is_dynamic(const struct account *account)
{
	return account->id >= DYNAMIC_UID_FIRST && account->id <= DYNAMIC_UID_LAST;
}

static bool is_lingering(const struct account *account)
{
	return account->gone_at > 0;
}

static void forget(struct broker *broker, struct account *account)
{
	TAILQ_REMOVE(&broker->accounts.lingering, account, in_lingering);
	account->gone_at = 0;
	account_unref(account);
}

void dynamic_user_came(struct broker *broker, struct account *account)
{
	if (is_lingering(account))
		forget(broker, account);
}

void dynamic_user_left(struct broker *broker, struct account *account)
{
	const uint32_t linger = broker->policy.dynamic_linger;

	if (!is_dynamic(account) || is_lingering(account) || linger == POLICY_UNSET ||
		account->used[RESOURCE_CONNECTIONS] > 0 || account->used[RESOURCE_SEGMENTS] == 0)
		return;
	account->gone_at = broker->registry.clock() + linger * SECOND;
	account->references++;
	TAILQ_INSERT_TAIL(&broker->accounts.lingering, account, in_lingering);
}

void dynamic_users_begin(struct broker *broker)
{
	struct account *account = accounts_next(&broker->accounts, DYNAMIC_UID_FIRST);

	dynamic_users_end(broker);
	while (account && account->uid <= DYNAMIC_UID_LAST) {
		dynamic_user_left(broker, account);
		account = accounts_next(&broker->accounts, account->uid + 1);
	}
}

void dynamic_users_end(struct broker *broker)
{
	struct account *account;

	while ((account = TAILQ_FIRST(&broker->accounts.lingering)))
		forget(broker, account);
}

uint64_t dynamic_users_deadline(const struct broker *broker)
{
	const struct account *first = TAILQ_FIRST(&broker->accounts.lingering);

	return first ? first->gone_at : 0;
}

/*
 * Whether the user's linger is over, and the segment is the user's own, and kept by nobody's rule.
 */
static bool is_left(struct broker *broker, const struct segment *segment, uint64_t now)
{
	const struct account *payer = segment->charges[0].account;
	const struct name_rule *rule;

	if (!segment->named || !is_lingering(payer) || payer->gone_at > now ||
		segment->rights.uid != payer->uid)
		return false;
	rule = policy_find(&broker->policy, segment->name, segment->name_length, NULL);
	return !rule || rule->lifetime != WIRE_LIFETIME_KEPT;
}

/*
 * As remove_name: others may hold the segment, and go on with it. But the event is EXPIRED and not
 * DELETED, as no client acts.
 */
static void remove_left(struct broker *broker, struct segment *segment)
{
	park_sweep(broker, segment);
	journal_write_unname(broker, segment);
	registry_expire_left(&broker->registry, segment);
	peer_pin_unnamed(segment);
	broker_drain_holders(broker, segment);
}

/* False: there is no memory for the journal's records. */
static bool remove_all(struct broker *broker, uint64_t now)
{
	struct segment *segment;
	uint64_t after = 0;

	while ((segment = registry_next(&broker->registry, after))) {
		after = segment->number;
		if (!is_left(broker, segment, now))
			continue;
		if (!succession_make_room(broker))
			return false;
		remove_left(broker, segment);
		succession_commit(broker);
	}
	return true;
}

void dynamic_users_expire(struct broker *broker)
{
	const uint64_t now = broker->registry.clock();
	struct account *account = TAILQ_FIRST(&broker->accounts.lingering);

	if (!account || account->gone_at > now)
		return;
	if (!remove_all(broker, now)) {
		dynamic_users_begin(broker);
		return;
	}
	while ((account = TAILQ_FIRST(&broker->accounts.lingering)) && account->gone_at <= now)
		forget(broker, account);
}
