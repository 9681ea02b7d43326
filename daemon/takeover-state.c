/* SPDX-License-Identifier: MIT */
/*
 * Restores the last broker's state: from the journal, and from the keeper's descriptors. A
 * descriptor is taken only if it is what the journal says. Its inode must be the same; for memory,
 * size and seals, too; for a connection, the client's uid.
 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "base/log.h"
#include "base/units.h"
#include "daemon/core/broker-peer.h"
#include "daemon/core/replay.h"
#include "daemon/core/succession.h"
#include "daemon/socket-credentials.h"
#include "daemon/takeover.h"

/*
 * Gives the peer its socket, if fd is that socket. The uid may differ all the same: in another user
 * namespace the kernel reports another uid.
 */
static int adopt_socket(struct peer *peer, int fd, bool *taken)
{
	struct credentials who;
	struct stat st;
	int error;

	if (peer->fd >= 0 || fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) ||
		st.st_ino != peer->inode)
		return 0;
	error = socket_credentials(fd, &who);
	if (error < 0)
		return error;
	if (who.uid != peer->credentials.uid || who.unmapped != peer->credentials.unmapped) {
		credentials_deinit(&who);
		return 0;
	}
	credentials_sort_groups(&who);
	credentials_deinit(&peer->credentials);
	peer->credentials = who;
	peer->fd = fd;
	peer->after_takeover = true;
	peer->skipped_serial = peer->last.serial;
	*taken = true;
	return 0;
}

/* Gives each descriptor to its segment, peer or ring. If none fits, it stays unclaimed. */
static int adopt(struct takeover *takeover, struct broker *broker)
{
	int error = 0;

	for (size_t i = 0; i < takeover->count && error == 0; i++) {
		struct takeover_descriptor *descriptor = &takeover->descriptors[i];
		struct segment *segment = succession_find_segment(broker, descriptor->id);
		struct peer *peer = succession_find_peer(broker, descriptor->id);
		struct peer *of_ring = succession_find_ring(broker, descriptor->id);
		bool taken = false;

		if (segment && descriptor->fd >= 0)
			taken = segment_adopt(segment, descriptor->fd);
		else if (peer && descriptor->fd >= 0)
			error = adopt_socket(peer, descriptor->fd, &taken);
		else if (of_ring && descriptor->fd >= 0)
			taken = ring_adopt(&of_ring->ring, descriptor->fd);
		if (taken)
			descriptor->fd = -1;
	}
	return error;
}

/* Closes the handles of segments that have no memory: these are lost. */
static void close_lost(struct peer *peer)
{
	for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
		const struct holder *holder = peer_find(peer, handle);

		if (!holder || holder->segment->fd >= 0)
			continue;
		ring_freeze(&peer->ring, handle); /* the name may be another's soon */
		peer_close(peer, handle);
	}
}

static void drop_peers(struct broker *broker)
{
	struct peer *peer = NULL;
	uint64_t after = 0;

	while ((peer = peers_next(&broker->peers, after))) {
		after = peer->number;
		close_lost(peer);
		if (peer->fd >= 0 && (peer->ring.inode == 0 || peer->ring.page))
			continue;
		log_write(LOG_ERR,
			"a connection of uid %u, pid %d, is lost: the keeper has no such "
			"%s",
			(unsigned int)peer->credentials.uid, (int)peer->credentials.pid,
			peer->fd < 0 ? "socket" : "ring");
		broker_remove_peer(broker, peer);
	}
}

static void drop_segments(struct broker *broker)
{
	struct segment *segment;
	uint64_t after = 0;

	while ((segment = registry_next(&broker->registry, after))) {
		after = segment->number;
		if (segment->fd >= 0)
			continue;
		log_write(LOG_ERR, "\"%.*s\" of uid %u is lost: the keeper has no such memory",
			(int)segment->name_length, segment->name,
			(unsigned int)segment->rights.uid);
		if (segment->named)
			registry_remove_name(&broker->registry, segment);
	}
	registry_settle(&broker->registry);
}

static void log_result(const struct replay *replay, const struct broker *broker)
{
	char segments[UNITS_COUNT_MAX];
	char clients[UNITS_COUNT_MAX];

	if (replay->problem)
		log_write(LOG_CRIT,
			"the journal is damaged at byte %zu, after %ju records: %s; what comes "
			"after that is lost",
			replay->offset, (uintmax_t)replay->records, replay->problem);
	log_write(LOG_NOTICE, "taken over from the last broker: %s, %s",
		units_count(broker->registry.count, "segment", segments),
		units_count(broker->accounts.used[RESOURCE_CONNECTIONS], "client", clients));
}

/* For an error that is not the journal's fault: the next attempt may succeed. */
static int leave_all(int error)
{
	log_write(LOG_ERR, "taking over from the last broker: %s; all stays with the keeper",
		strerror(-error));
	return error;
}

int takeover_state(struct takeover *takeover, struct broker *broker)
{
	const int fd = takeover_claim(takeover, KEEPER_ID_JOURNAL);
	struct journal journal;
	struct replay replay;
	int error;

	if (fd < 0)
		return 0; /* the first broker of this keeper */
	error = journal_open(&journal, fd);
	if (error == -EPROTONOSUPPORT) {
		log_write(LOG_ERR,
			"the last broker was newer, and its journal cannot be read; all stays "
			"with the keeper: start a prshmd that is as new");
		return error;
	}
	if (error < 0 && error != -EBADMSG)
		return leave_all(error);
	if (error < 0) {
		log_write(LOG_CRIT, "the journal is damaged from its first byte on: all is lost");
		return 0;
	}
	replay_journal(broker, &journal, &replay);
	journal_deinit(&journal);
	error = replay.starved ? -ENOMEM : adopt(takeover, broker);
	if (error < 0)
		return leave_all(error);
	drop_peers(broker);
	drop_segments(broker);
	broker->restarts++;
	log_result(&replay, broker);
	return 0;
}
