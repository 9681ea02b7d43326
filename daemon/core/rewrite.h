/* SPDX-License-Identifier: MIT */
/*
 * Replaces a large journal by a snapshot without a pause for clients. To write down 50,000 segments
 * takes the event loop a sixth of a second, so a thread does it:
 *
 * (1) The thread replays the journal, as far as it was valid at the beginning, into a broker's
 *     state of the thread's own, and writes a snapshot of that state into a new journal.
 * (2) Meanwhile the event loop appends to the old journal, which alone counts.
 * (3) The thread copies what was appended since to the new journal. The event loop copies the last
 *     bytes, and from then on the new journal counts. If that are many bytes, it is the thread's
 *     turn again.
 *
 * The thread shares nothing with the event loop but the file of the old journal and struct rewrite,
 * which is the thread's until its state says otherwise.
 */
#ifndef PRSHM_DAEMON_CORE_REWRITE_H
#define PRSHM_DAEMON_CORE_REWRITE_H

#include "daemon/core/broker.h"

#define REWRITE_REST ((size_t)64 * 1024) /* bytes that the event loop copies at most */

/* To be called after each change: begins, goes on, or does nothing. */
void rewrite_tend(struct broker *broker);
void rewrite_end(struct broker *broker); /* the thread ends by itself, when it has done its work */

#endif
