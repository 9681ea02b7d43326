/* SPDX-License-Identifier: MIT */
/* Opening a segment that is not there yet: waiting until somebody makes it. */
#ifndef PRSHM_CLIENT_WAIT_H
#define PRSHM_CLIENT_WAIT_H

#include "client-lib/handle.h"

/*
 * For an open without CREATE that has just found nothing: watches the name, tries again when it is
 * made, and once more when the time is over. The last outcome, as handle_open's. A cancellation
 * point.
 */
int wait_open(const struct name *name, const struct wire_open *open, uint32_t milliseconds,
	PRSharedMemory **out);

/* PRSHM_OPEN_WAIT_MS; 0 where there is none, or none that is a number. */
uint32_t wait_from_environment(void);

#endif
