/* SPDX-License-Identifier: MIT */
/*
 * Closing descriptors of big memory. The kernel frees a segment's memory inside the last close(2),
 * which takes some 0.05 s a gigabyte, and clients choose how big segments are. So a thread closes
 * the big ones, and the event loop goes on.
 */
#ifndef PRSHM_BASE_REAPER_H
#define PRSHM_BASE_REAPER_H

/* a file of that size is big: it takes as long to free as 5 requests */
#define REAPER_BYTES (1 << 20)

#define REAPER_SHARE 16 /* the queue may have this part of RLIMIT_NOFILE: one sixteenth */

/*
 * Of that size it is queued even if the queue is full: the host's memory has room for few of them.
 */
#define REAPER_HUGE (16 << 20)

/*
 * Takes the descriptor. Closes it before returning, unless it is a big file's: then a thread, which
 * is started for the first one, closes it soon. Where there is no thread to be had, a big one is
 * closed before returning, too; so is one that is not huge where the queue is full.
 */
void reaper_close(int fd);

#endif
