/* SPDX-License-Identifier: MIT */
/*
 * The journal in the service manager's descriptor store (sd_notify(3), FDSTORE=1). When broker and keeper
 * have died together it tells what was lost. The broker cannot go on with it: the descriptors of the
 * segments and connections have gone.
 */
#ifndef PRSHM_DAEMON_SERVICE_JOURNAL_H
#define PRSHM_DAEMON_SERVICE_JOURNAL_H

/* Replaces the journal stored before. Does nothing without a service manager. */
void service_journal_store(int fd);
/* Logs as lost all that the journal tells of. Takes the descriptor. */
void service_journal_tell_lost(int fd);

#endif
