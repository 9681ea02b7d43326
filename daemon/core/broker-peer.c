/* SPDX-License-Identifier: MIT */
/* Adds peers to the broker, and removes them. */
#include "daemon/core/broker-peer.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "daemon/core/dynamic-users.h"
#include "daemon/core/succession.h"
#include "daemon/core/watched.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/unsealed.h"

static enum status init_peer(struct broker *broker, struct credentials *credentials,
	struct peer *peer, struct refusal *why)
{
	struct account *account = account_get(&broker->accounts, credentials->uid);
	enum status status;

	if (!account) {
		credentials_deinit(credentials);
		return STATUS_NO_MEMORY;
	}
	credentials_sort_groups(credentials);
	if (account->used[RESOURCE_CONNECTIONS] > 0)
		policy_raise_limits(&broker->policy, credentials, account);
	else
		policy_apply_limits(&broker->policy, credentials, account);
	status = peer_init(peer, &broker->registry, credentials, account, why);
	if (status != STATUS_OK)
		peer_deinit(peer);
	return status;
}

enum status broker_add_peer(struct broker *broker, const struct credentials *credentials, int fd,
	struct peer **out, struct refusal *why)
{
	struct credentials taken = *credentials;
	struct peer *peer = malloc(sizeof(*peer));
	struct stat st;
	enum status status;

	if (!peer || !succession_make_room(broker)) {
		credentials_deinit(&taken);
		free(peer);
		return STATUS_NO_MEMORY;
	}
	status = init_peer(broker, &taken, peer, why);
	if (status == STATUS_NO_RESOURCES)
		broker->counters.refusals[RESOURCE_CONNECTIONS]++;
	if (status != STATUS_OK) {
		free(peer);
		return status;
	}
	peer->fd = fd;
	peer->inode = fd >= 0 && fstat(fd, &st) == 0 ? st.st_ino : 0;
	peer->number = ++broker->last_peer;
	peers_add(&broker->peers, peer);
	succession_put_peer(broker, peer);
	journal_write_peer(broker, peer);
	succession_commit(broker);
	dynamic_user_came(broker, peer->account);
	broker->counters.accepted++;
	*out = peer;
	return STATUS_OK;
}

struct peer *broker_restore_peer(
	struct broker *broker, const struct credentials *credentials, uint64_t number)
{
	struct account *account = account_get(&broker->accounts, credentials->uid);
	struct peer *peer = malloc(sizeof(*peer));

	if (!account || !peer) {
		account_unref(account);
		free(peer);
		return NULL;
	}
	peer_restore(peer, &broker->registry, credentials, account);
	peer->number = number;
	if (broker->last_peer < number)
		broker->last_peer = number;
	peers_add(&broker->peers, peer);
	return peer;
}

/* The others learn by their next message that they need not send one for the watcher that goes. */
static void close_all(struct broker *broker, struct peer *peer)
{
	if (peer->watcher && (peer->watcher->kinds & WATCH_CLOSES))
		watched_end(broker, peer->watcher);
	peer_close_all(peer);
}

void broker_end_peer(struct broker *broker, struct peer *peer)
{
	const bool had_ring = peer->ring.inode != 0;

	unsealed_look_held(broker, peer);
	close_all(broker, peer);
	peer->ended = true;
	journal_write_ended(broker, peer);
	succession_commit(broker);
	if (had_ring)
		succession_drop_ring(broker, peer);
}

struct peer *broker_remove_peer(struct broker *broker, struct peer *peer)
{
	const bool had_ring = peer->ring.inode != 0;
	struct account *account = peer->account;

	unsealed_look_held(broker, peer);
	close_all(broker, peer);
	journal_write_gone(broker, peer);
	peers_remove(&broker->peers, peer);
	succession_commit(broker);
	succession_drop_peer(broker, peer);
	if (had_ring)
		succession_drop_ring(broker, peer);
	broker->counters.ended++;
	account->references++; /* it may be the last one */
	peer_deinit(peer);
	free(peer);
	dynamic_user_left(broker, account);
	account_unref(account);
	return NULL;
}
