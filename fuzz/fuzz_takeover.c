/* SPDX-License-Identifier: MIT */
/*
 * Fuzzing of the take-over: an input is what a keeper has.
 *
 *	byte 0: how many descriptors, each of four bytes: id, what it is, inode, size
 *	the rest: the journal (make-journal.h)
 *
 * Whatever there is, the state afterwards is valid, each segment has memory of its size and seals,
 * each connection its socket, a descriptor that nothing claims is closed, and none is closed twice.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/succession.h"
#include "daemon/takeover.h"
#include "fuzz/demand.h"
#include "fuzz/fake-kernel.h"
#include "fuzz/fake-socket.h"
#include "fuzz/make-journal.h"
#include "tests/core/invariants.h"
#include "tests/core/journal-replayed.h"

#define SEALS           (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)
#define DESCRIPTORS_MAX 32

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

/*
 * Segments are 2n, connections 2n + 1, rings with the highest bit. 0x80 to 0xbf are of 1 to 4 and
 * fit.
 */
static void take_descriptor(struct input *input, struct takeover_descriptor *out)
{
	const uint8_t id = take_byte(input);
	const uint8_t what = take_byte(input);
	const uint8_t inode = take_byte(input);
	const uint8_t size = take_byte(input);
	struct fake_file is = {
		.mode = S_IFREG | 0600, .seals = SEALS, .inode = inode, .size = size};

	out->id = id % 64;
	if (id >= 0xc0)
		out->id |= KEEPER_ID_RING;
	if (id >= 0x80 && id < 0xc0) {
		out->id = id % 4U * 2 + 2;
		is.inode = out->id / 2;
		is.size = is.inode * 1000;
	}
	if (what == 1)
		is.seals = size % 16;
	else if (what == 2)
		is.mode = S_IFSOCK | 0777;
	else if (what == 3)
		is.size = 4096; /* a ring's */
	is.uid = size % 4;
	out->fd = fake_open(&is, what == 4 ? O_RDONLY : O_RDWR);
}

static int by_id(const void *a, const void *b)
{
	const uint64_t id = ((const struct takeover_descriptor *)a)->id;
	const uint64_t other = ((const struct takeover_descriptor *)b)->id;

	return (id > other) - (id < other);
}

/* Ids go up, as keeper_link_take_over makes sure. */
static void drop_copies(struct takeover *takeover)
{
	size_t count = 0;

	qsort(takeover->descriptors, takeover->count, sizeof(*takeover->descriptors), by_id);
	for (size_t i = 0; i < takeover->count; i++) {
		if (count > 0 && takeover->descriptors[count - 1].id == takeover->descriptors[i].id)
			close(takeover->descriptors[i].fd);
		else
			takeover->descriptors[count++] = takeover->descriptors[i];
	}
	takeover->count = count;
}

static void make_takeover(struct input *input, struct takeover *out)
{
	struct journal journal;

	*out = (struct takeover){.socket = -1, .count = take_byte(input) % DESCRIPTORS_MAX};
	out->descriptors = calloc(out->count + 1, sizeof(*out->descriptors));
	demand(out->descriptors, "out of memory");
	for (size_t i = 0; i < out->count; i++)
		take_descriptor(input, &out->descriptors[i]);
	if (make_journal(input, &journal)) {
		out->descriptors[out->count].id = KEEPER_ID_JOURNAL;
		out->descriptors[out->count++].fd = fcntl(journal.fd, F_DUPFD_CLOEXEC, 0);
		journal_deinit(&journal);
	}
	drop_copies(out);
}

static void check_taken(struct broker *broker)
{
	const struct segment *segment = registry_next(&broker->registry, 0);
	const struct peer *peer = peers_next(&broker->peers, 0);
	const char *broken;

	for (; segment; segment = registry_next(&broker->registry, segment->number))
		demand(segment->fd >= 0, "a segment has no memory");
	for (; peer; peer = peers_next(&broker->peers, peer->number)) {
		demand(peer->fd >= 0, "a connection has no socket");
		demand(peer->ring.inode == 0 || peer->ring.page, "a connection's ring has no page");
	}
	broken = invariants_broken(broker);
	demand(!broken, broken);
}

static void end(struct broker *broker)
{
	struct peer *peer;

	for (peer = peers_next(&broker->peers, 0); peer;
		peer = peers_next(&broker->peers, peer->number))
		close(peer->fd); /* which is conn.c's to do */
	replayed_discard(broker);
	demand(fake_count_fds() == 0, "a descriptor has leaked");
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length)
{
	const struct succession nobody = {0};
	struct input input = {bytes, length};
	struct takeover takeover;
	struct broker broker;
	int error;

	fake_reset();
	fake_sockets_begin(NULL, NULL);
	make_takeover(&input, &takeover);
	replayed_init(&broker);
	error = takeover_state(&takeover, &broker);
	if (error == 0) {
		check_taken(&broker);
		demand(succession_begin(&broker, &nobody) == 0, "no snapshot can be made");
		check_taken(&broker);
	}
	takeover_end(&takeover, NULL);
	end(&broker);
	return 0;
}
