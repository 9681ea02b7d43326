/* SPDX-License-Identifier: MIT */
/*
 * What comes in by rings: handles that were closed without a message. They are looked for
 * before anything that could tell the difference: a request of the same peer, an answer that counts
 * holders, and from the moment on when a segment's name goes.
 */
#include "daemon/core/drain.h"

#include "daemon/core/journal-write.h"

bool close_handle(struct broker *broker, struct peer *peer, uint32_t handle)
{
	if (!peer_close(peer, handle))
		return false;
	journal_write_close(broker, peer, handle);
	return true;
}

/* Who writes more than that at once writes nothing but nonsense, and has it all skipped. */
#define NONSENSE_MAX 32

/*
 * What a client adds while we look has to wait, or one that never stops would hold us up for ever. The
 * journal's slack is not for so many records; without memory it has to be.
 */
void broker_drain(struct broker *broker, struct peer *peer)
{
	const struct record largest = {.kind = RECORD_CLOSE};
	uint32_t waiting = ring_waiting(&peer->ring);
	unsigned int wrong = 0;
	bool told = true;

	if (waiting == 0)
		return;
	journal_reserve(&broker->journal, (waiting + 1) * journal_record_size(&largest));
	for (; waiting > 0 && wrong < NONSENSE_MAX; waiting--) {
		told = close_handle(broker, peer, ring_take(&peer->ring));
		wrong += !told;
	}
	ring_skip(&peer->ring, waiting);
	if (!told) /* the last was no handle */
		journal_write_ring(broker, peer);
}

void broker_drain_all(struct broker *broker)
{
	struct peer *peer = peers_next(&broker->peers, 0);

	for (; peer; peer = peers_next(&broker->peers, peer->number)) {
		ring_set_quiet(&peer->ring, peer_is_quiet(peer));
		broker_drain(broker, peer);
	}
}

/* By number: the holders that are found may go. */
void broker_drain_holders(struct broker *broker, struct segment *segment)
{
	const struct holder *holder = peer_next_holder(segment, 0, UINT32_MAX);

	while (holder) {
		struct peer *peer = holder->peer;

		ring_set_quiet(&peer->ring, peer_is_quiet(peer));
		broker_drain(broker, peer);
		holder = peer_next_holder(segment, peer->number, UINT32_MAX);
	}
}
