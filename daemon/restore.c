/* SPDX-License-Identifier: MIT */
/* Journal and descriptors, put together again. */
#include "daemon/restore.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/keeping.h"
#include "base/log.h"
#include "daemon/core/replay.h"
#include "daemon/socket-credentials.h"

static void keep(void *data, uint64_t id, int fd)
{
	struct restore *restore = data;

	if (restore->count == restore->room) {
		const size_t room = restore->room > 0 ? 2 * restore->room : 64;
		struct kept *kept = reallocarray(restore->kept, room, sizeof(*kept));

		if (!kept) {
			restore->error = -ENOMEM;
			close(fd);
			return;
		}
		restore->kept = kept;
		restore->room = room;
	}
	restore->kept[restore->count++] = (struct kept){.id = id, .fd = fd};
}

int restore_take(struct restore *restore, struct keeper_link *link)
{
	int error;

	*restore = (struct restore){0};
	error = keeper_link_take(link, keep, restore);
	if (error == 0)
		error = restore->error;
	if (error < 0)
		log_write(LOG_ERR, "taking back what the keeper has: %s", strerror(-error));
	return error;
}

static int compare(const void *a, const void *b)
{
	const uint64_t id = ((const struct kept *)a)->id;
	const uint64_t other = ((const struct kept *)b)->id;

	return (id > other) - (id < other);
}

int restore_claim(struct restore *restore, uint64_t id)
{
	const struct kept key = {.id = id};
	struct kept *kept = restore->count > 0 ? bsearch(&key, restore->kept, restore->count,
							 sizeof(key), compare)
					       : NULL;
	const int fd = kept ? kept->fd : -1;

	if (kept)
		kept->fd = -1;
	return fd;
}

/* The kept socket, if it is that peer's. A user namespace may have changed what uid it tells. */
static int adopt_socket(struct peer *peer, int fd, bool *taken)
{
	struct credentials who;
	struct stat st;
	int error;

	if (peer->fd >= 0 || fstat(fd, &st) < 0 || !S_ISSOCK(st.st_mode) || st.st_ino != peer->inode)
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
	peer->resumed = true;
	peer->ignored = peer->last.serial;
	*taken = true;
	return 0;
}

/* What does not fit stays where it is, to be dropped. */
static int adopt(struct restore *restore, struct broker *broker)
{
	int error = 0;

	for (size_t i = 0; i < restore->count && error == 0; i++) {
		struct kept *kept = &restore->kept[i];
		struct segment *segment = keeping_find_segment(broker, kept->id);
		struct peer *peer = keeping_find_peer(broker, kept->id);
		struct peer *of_ring = keeping_find_ring(broker, kept->id);
		bool taken = false;

		if (segment && kept->fd >= 0)
			taken = segment_adopt(segment, kept->fd);
		else if (peer && kept->fd >= 0)
			error = adopt_socket(peer, kept->fd, &taken);
		else if (of_ring && kept->fd >= 0)
			taken = ring_adopt(&of_ring->ring, kept->fd);
		if (taken)
			kept->fd = -1;
	}
	return error;
}

/* Whoever holds what has no memory holds nothing. */
static void close_lost(struct peer *peer)
{
	for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
		const struct holder *holder = peer_find(peer, handle);

		if (holder && holder->segment->fd < 0)
			peer_close(peer, handle);
	}
}

static void drop_peers(struct broker *broker)
{
	struct peer *peer = NULL;
	uint64_t after = 0;

	while ((peer = broker_next_peer(broker, after))) {
		after = peer->number;
		close_lost(peer);
		if (peer->fd >= 0 && (peer->ring.inode == 0 || peer->ring.page))
			continue;
		log_write(LOG_ERR, "a connection of uid %u, pid %d, is lost: the keeper has no such "
			"%s", (unsigned int)peer->credentials.uid, (int)peer->credentials.pid,
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
			(int)segment->name_length, segment->name, (unsigned int)segment->rights.uid);
		if (segment->named)
			registry_remove_name(&broker->registry, segment);
	}
	registry_settle(&broker->registry);
}

static void tell(const struct replay *replay, const struct broker *broker)
{
	if (replay->problem)
		log_write(LOG_CRIT, "the journal is damaged at byte %zu, after %ju records: %s; what comes "
			"after that is lost", replay->offset, (uintmax_t)replay->records, replay->problem);
	log_write(LOG_NOTICE, "taken over from the last broker: %zu segments, %ju clients",
		broker->registry.count, (uintmax_t)broker->accounts.used[RESOURCE_CONNECTIONS]);
}

/* Our own trouble, not the journal's: the next attempt may have more luck. */
static int leave_all(int error)
{
	log_write(LOG_ERR, "taking over from the last broker: %s; all stays with the keeper",
		strerror(-error));
	return error;
}

int restore_state(struct restore *restore, struct broker *broker)
{
	const int fd = restore_claim(restore, KEPT_JOURNAL);
	struct journal journal;
	struct replay replay;
	int error;

	if (fd < 0)
		return 0; /* the first broker of this keeper */
	error = journal_open(&journal, fd);
	if (error == -EPROTONOSUPPORT) {
		log_write(LOG_ERR, "the last broker was newer, and its journal cannot be read; all stays "
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
	error = replay.starved ? -ENOMEM : adopt(restore, broker);
	if (error < 0)
		return leave_all(error);
	drop_peers(broker);
	drop_segments(broker);
	broker->restarts++;
	tell(&replay, broker);
	return 0;
}

void restore_deinit(struct restore *restore, struct keeper_link *link)
{
	for (size_t i = 0; i < restore->count; i++) {
		if (restore->kept[i].fd < 0)
			continue;
		close(restore->kept[i].fd);
		if (link)
			keeper_link_drop(link, restore->kept[i].id);
	}
	free(restore->kept);
	*restore = (struct restore){0};
}
