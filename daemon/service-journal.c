/* SPDX-License-Identifier: MIT */
/*
 * The service manager's copy of the journal: stored at each new journal, read when all else is
 * lost.
 */
#include "daemon/service-journal.h"

#include "base/listen.h"
#include "base/log.h"
#include "base/service-manager.h"
#include "daemon/core/broker.h"
#include "daemon/core/replay.h"

/* This many segments are logged by name; the others are only counted. */
#define LINES_MAX 100

void service_journal_store(int fd)
{
	sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" PASSED_JOURNAL);
	sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" PASSED_JOURNAL, &fd, 1);
}

static void tell_segments(struct registry *registry)
{
	const struct segment *segment = registry_next(registry, 0);

	for (int lines = 0; segment && lines < LINES_MAX; lines++) {
		log_write(LOG_ERR, "lost: \"%.*s\" of uid %u, %ju bytes, %u holders",
			(int)segment->name_length, segment->name, (unsigned int)segment->rights.uid,
			(uintmax_t)segment->size, segment->holder_count);
		segment = registry_next(registry, segment->number);
	}
}

void service_journal_tell_lost(int fd)
{
	struct broker broker;
	struct journal journal;
	struct policy policy;
	struct replay replay;

	if (journal_open(&journal, fd) < 0)
		return;
	policy_init(&policy);
	broker_init(&broker, &policy);
	replay_journal(&broker, &journal, &replay);
	journal_deinit(&journal);
	if (broker.registry.count > 0 || broker.accounts.used[RESOURCE_CONNECTIONS] > 0)
		log_write(LOG_CRIT,
			"prshmd and its keeper have ended together: %zu segments and %ju "
			"connections are lost; memory that is mapped stays as it is",
			broker.registry.count,
			(uintmax_t)broker.accounts.used[RESOURCE_CONNECTIONS]);
	tell_segments(&broker.registry);
	broker_deinit(&broker);
}
