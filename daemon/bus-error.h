/* SPDX-License-Identifier: MIT */
/* A client that takes the memory of its ring away must not end the broker. */
#ifndef PRSHM_DAEMON_BUS_ERROR_H
#define PRSHM_DAEMON_BUS_ERROR_H

/* From now on the broker survives a SIGBUS in a ring (ring_replace). Any other SIGBUS ends it. */
void bus_error_init(void);

#endif
