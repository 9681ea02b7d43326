/* SPDX-License-Identifier: MIT */
/*
 * The journal in the service manager's descriptor store (sd_notify(3), FDSTORE=1): not to go on with,
 * for it is nothing without the descriptors, but to tell what was lost when broker and keeper died
 * together.
 */
#ifndef PRSHM_DAEMON_SERVICE_JOURNAL_H
#define PRSHM_DAEMON_SERVICE_JOURNAL_H

/* In place of the one before. Does nothing where there is no manager. */
void service_journal_store(int fd);
/* Logs what the journal knows of, as lost. Takes the descriptor. */
void service_journal_tell_lost(int fd);

#endif
