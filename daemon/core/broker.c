/* SPDX-License-Identifier: MIT */
/* The broker's state, from its beginning to its end. */
#include "daemon/core/broker.h"

#include <string.h>

#include "daemon/core/broker-peer.h"
#include "daemon/core/drain.h"
#include "daemon/core/dynamic-users.h"
#include "daemon/core/park.h"
#include "daemon/core/succession.h"
#include "daemon/core/watched.h"
#include "daemon/core/journal-write.h"

void broker_init(struct broker *broker, struct policy *policy)
{
	*broker = (struct broker){
		.policy = *policy,
		.last_peer = PEER_FIRST - 1,
		.journal = {.fd = -1},
		.spare = {.fd = -1},
	};
	peers_init(&broker->peers);
	registry_init(&broker->registry, &broker->counters);
	accounts_init(&broker->accounts, policy->host);
	accounts_set_principals(&broker->accounts, &broker->policy.principals);
	policy_init(policy);
}

void broker_deinit(struct broker *broker)
{
	struct peer *peer;

	succession_end(broker); /* what is kept is the next broker's */
	while ((peer = peers_next(&broker->peers, 0)))
		broker_remove_peer(broker, peer);
	registry_deinit(&broker->registry);
	dynamic_users_end(broker);
	accounts_deinit(&broker->accounts);
	policy_deinit(&broker->policy);
}

void broker_start(struct broker *broker)
{
	broker->counters = (struct counters){0};
	dynamic_users_begin(broker);
}

/* Other users may be observers now. */
static void sweep_all_watched(struct broker *broker)
{
	const struct watcher *watcher;

	broker->registry.watches.version++;
	TAILQ_FOREACH(watcher, &broker->registry.watches.all, in_all)
		park_sweep_watched(broker, watcher);
	watched_look_at_all(broker);
	broker_drain_all(broker);
	succession_commit(broker); /* else what was closed stays until the next request */
}

bool broker_set_policy(struct broker *broker, struct policy *policy)
{
	policy_deinit(&broker->policy);
	broker->policy = *policy;
	memcpy(broker->accounts.host, policy->host, sizeof(broker->accounts.host));
	policy_init(policy);
	sweep_all_watched(broker);
	dynamic_users_begin(broker);
	return accounts_set_principals(&broker->accounts, &broker->policy.principals);
}

uint64_t broker_deadline(struct broker *broker)
{
	const uint64_t first = registry_deadline(&broker->registry);
	const uint64_t left = dynamic_users_deadline(broker);

	return first == 0 || (left > 0 && left < first) ? left : first;
}

void broker_expire(struct broker *broker)
{
	registry_expire(&broker->registry);
	journal_write_expire(broker);
	succession_commit(broker);
	dynamic_users_expire(broker);
}
