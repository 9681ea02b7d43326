/* SPDX-License-Identifier: MIT */
/* Writes all of the state into a journal. */
#include "daemon/core/snapshot.h"

#include "daemon/core/journal-write.h"

void snapshot_write(struct broker *broker)
{
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;

	journal_write_begin(broker);
	while ((segment = registry_next(&broker->registry, segment ? segment->number : 0))) {
		journal_write_segment(broker, segment);
		if (segment->sealing != SEALED)
			journal_write_size(broker, segment);
	}
	while ((peer = peers_next(&broker->peers, peer ? peer->number : 0))) {
		journal_write_peer(broker, peer);
		if (peer->ring.inode != 0)
			journal_write_ring(broker, peer);
		for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
			if (peer->holders[handle]->segment)
				journal_write_hold(broker, peer->holders[handle]);
			else if (!peer->holders[handle]->charge.account)
				journal_write_released(broker, peer->holders[handle]);
		}
	}
	journal_commit(&broker->journal);
}

/* Each record counts as the largest kind does. */
size_t snapshot_size(struct broker *broker)
{
	const struct record largest = {.kind = RECORD_SEGMENT};
	const size_t record = journal_record_size(&largest);
	const struct segment *segment = NULL;
	const struct peer *peer = NULL;
	size_t size = record;

	while ((peer = peers_next(&broker->peers, peer ? peer->number : 0)))
		size += peer->released * record;
	while ((segment = registry_next(&broker->registry, segment ? segment->number : 0)))
		size += record + segment->name_length +
			segment->rights.entry_count * (size_t)WIRE_SIZE_entry +
			(segment->holder_count + (segment->sealing != SEALED)) * record;
	return size + 2 * broker->accounts.used[RESOURCE_CONNECTIONS] * record;
}
