/* SPDX-License-Identifier: MIT */
/* What a journal was replayed into. */
#include "tests/core/journal-replayed.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/broker-peer.h"
#include "tests/core/invariants.h"

static uint64_t tell_time(void)
{
	return 1000;
}

void replayed_init(struct broker *broker)
{
	struct policy policy;

	policy_init(&policy);
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		policy.host[i] = LIMIT_UNSET - 1;
	policy.segment_bytes = 1 << 20;
	broker_init(broker, &policy);
	broker->registry.clock = tell_time;
}

/* As the broker makes it; of the right size, and nobody's. */
static bool give_memory(struct segment *segment)
{
	segment->fd = memfd_create("replayed", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	return segment->fd >= 0 && fchmod(segment->fd, 0600) == 0 &&
	       ftruncate(segment->fd, (off_t)segment->size) == 0 &&
	       fcntl(segment->fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0;
}

const char *replayed_broken(struct broker *broker)
{
	for (struct segment *at = registry_next(&broker->registry, 0); at;
		at = registry_next(&broker->registry, at->number)) {
		if (at->fd < 0 && !give_memory(at))
			return "there is no memory of a segment's size";
	}
	return invariants_broken(broker);
}

void replayed_discard(struct broker *broker)
{
	struct peer *peer;

	while ((peer = peers_next(&broker->peers, 0))) {
		ring_deinit(&peer->ring); /* a broker that was killed has frozen nothing */
		broker_remove_peer(broker, peer);
	}
	broker_deinit(broker);
}
