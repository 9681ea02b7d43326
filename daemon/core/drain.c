/* SPDX-License-Identifier: MIT */
/*
 * Drains rings: closes the handles that clients have closed there without a message. This is done
 * before anything that could show whether they are closed:
 * (1) a request of the same peer,
 * (2) a reply that tells of holders,
 * (3) the removal of a segment's name: from then on the last close frees the memory,
 * (4) an OPEN with POSIX of a segment whose size is not fixed: whether there are other holders
 *     decides whether that open fixes the size.
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

/*
 * A client with this many wrong handles at once writes nonsense: skip all that it has in the ring.
 */
#define NONSENSE_MAX 32

/*
 * Handles that the client adds meanwhile are for the next time: a client that never stops must not
 * stall the broker. All closes at once may be too many for the journal's slack, so room is
 * reserved; if there is no memory for that, the slack is used.
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
	if (!told) /* the last one was wrong: no CLOSE record tells what was seen of the ring */
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

/* Goes on by the peer's number, not from the holder: draining may free that holder. */
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
