/* SPDX-License-Identifier: MIT */
/* A thread writes a snapshot, while the event loop goes on. */
#include "daemon/core/rewrite.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "daemon/core/replay.h"
#include "daemon/core/snapshot.h"
#include "daemon/core/succession.h"

enum state {
	WORKING,   /* the thread has it */
	WRITTEN,   /* the event loop has it */
	ABANDONED, /* the thread has it, and frees it at the end of its work */
};

struct rewrite {
	_Atomic(enum state) state;
	struct journal old; /* the broker's journal, opened once more, as it was at the beginning */
	struct journal new; /* fd -1: it could not be made */
	size_t copied;      /* the new one stands for that many bytes of the old one */
};

static void free_rewrite(void *data)
{
	struct rewrite *rewrite = data;

	journal_deinit(&rewrite->old);
	journal_deinit(&rewrite->new);
	free(rewrite);
}

static void give_back(struct rewrite *rewrite)
{
	if (atomic_exchange(&rewrite->state, WRITTEN) == ABANDONED)
		free_rewrite(rewrite);
}

/* In the thread, as is all up to write_new. */
static void catch_up(struct rewrite *rewrite)
{
	const size_t committed = journal_committed(&rewrite->old);

	if (rewrite->new.fd < 0)
		return;
	if (journal_copy(&rewrite->new, &rewrite->old, rewrite->copied, committed))
		rewrite->copied = committed;
	else
		journal_deinit(&rewrite->new);
}

static void go_on(void *data)
{
	catch_up(data);
	give_back(data);
}

/*
 * The state that the journal tells of, without memory and connections: what a next broker begins
 * with.
 */
static void write_snapshot(struct rewrite *rewrite)
{
	struct policy policy;
	struct broker broker;
	struct replay replay;

	policy_init(&policy);
	broker_init(&broker, &policy);
	replay_journal(&broker, &rewrite->old, &replay);
	if (!replay.problem && journal_new(&broker.journal, snapshot_size(&broker)) == 0) {
		snapshot_write(&broker);
		rewrite->new = broker.journal;
		broker.journal = (struct journal){.fd = -1};
	}
	broker_deinit(&broker);
	if (rewrite->new.overrun)
		journal_deinit(&rewrite->new);
}

static void write_new(void *data)
{
	struct rewrite *rewrite = data;

	write_snapshot(rewrite);
	catch_up(rewrite);
	give_back(rewrite);
}

/* To unmap a large journal takes a while, too. */
static void abandon(struct broker *broker)
{
	struct rewrite *rewrite = broker->rewrite;

	broker->rewrite = NULL;
	if (atomic_exchange(&rewrite->state, ABANDONED) == WORKING)
		return;
	if (!broker->succession.run || !broker->succession.run(free_rewrite, rewrite))
		free_rewrite(rewrite);
}

static void begin(struct broker *broker)
{
	struct rewrite *rewrite = calloc(1, sizeof(*rewrite));
	int fd = rewrite ? fcntl(broker->journal.fd, F_DUPFD_CLOEXEC, 0) : -1;

	if (fd < 0 || journal_open(&rewrite->old, fd) < 0) {
		free(rewrite);
		succession_pause(broker);
		return;
	}
	rewrite->new.fd = -1;
	rewrite->copied = rewrite->old.used;
	if (broker->succession.run(write_new, rewrite)) {
		broker->rewrite = rewrite;
	} else {
		free_rewrite(rewrite);
		succession_compact(broker); /* it takes its time, but the journal does not grow */
	}
}

/* What the thread has written counts from now on, if what it lacks is short. */
static void take(struct broker *broker)
{
	struct rewrite *rewrite = broker->rewrite;
	const size_t used = broker->journal.used;

	if (rewrite->new.fd >= 0 && used - rewrite->copied > REWRITE_REST) {
		atomic_store(&rewrite->state, WORKING);
		if (broker->succession.run(go_on, rewrite))
			return;
		atomic_store(&rewrite->state, WRITTEN);
	}
	if (rewrite->new.fd >= 0 &&
		journal_copy(&rewrite->new, &broker->journal, rewrite->copied, used))
		succession_replace(broker, &rewrite->new);
	else
		succession_pause(broker);
	abandon(broker);
}

void rewrite_tend(struct broker *broker)
{
	struct rewrite *rewrite = broker->rewrite;

	if (!rewrite) {
		if (succession_is_due(broker) && broker->succession.run && !broker->journal.overrun)
			begin(broker);
	} else if (broker->journal.overrun || broker->journal.inode != rewrite->old.inode) {
		/* the event loop had to write a snapshot itself, or will have to */
		abandon(broker);
	} else if (atomic_load(&rewrite->state) == WRITTEN) {
		take(broker);
	}
}

void rewrite_end(struct broker *broker)
{
	if (broker->rewrite)
		abandon(broker);
}
