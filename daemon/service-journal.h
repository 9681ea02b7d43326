/* SPDX-License-Identifier: MIT */
/*
 * The journal in the service manager's descriptor store (sd_notify(3), FDSTORE=1). When broker and
 * keeper have died together, this journal tells what was lost. The broker cannot restore anything
 * from it: the descriptors of the segments and connections have gone.
 */
#ifndef PRSHM_DAEMON_SERVICE_JOURNAL_H
#define PRSHM_DAEMON_SERVICE_JOURNAL_H

/* Replaces the journal stored before. Does nothing without a service manager. */
void service_journal_store(int fd);
/* Logs all segments of the journal as lost. Takes the descriptor. */
void service_journal_tell_lost(int fd);

#endif
