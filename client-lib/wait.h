/* SPDX-License-Identifier: MIT */
/* Opens a segment that does not exist yet: waits until it is created. */
#ifndef PRSHM_CLIENT_WAIT_H
#define PRSHM_CLIENT_WAIT_H

#include "client-lib/handle.h"

/*
 * For an open without CREATE that has just found nothing: watches the name, tries again when the
 * segment is created, and once more when the time is over. The last outcome of handle_open. A
 * cancellation point.
 */
int wait_open(const struct name *name, const struct wire_open *open, uint32_t milliseconds,
	PRSharedMemory **out);

/* $PRSHM_OPEN_WAIT_MS; 0 if it is not set, or is not a number. */
uint32_t wait_from_environment(void);

#endif
