/* SPDX-License-Identifier: MIT */
/* A client that takes the memory of its ring away ends nobody but itself. */
#ifndef PRSHM_DAEMON_BUS_ERROR_H
#define PRSHM_DAEMON_BUS_ERROR_H

/* From now on a SIGBUS in a ring is survived (ring_replace), and any other is what it always was. */
void bus_error_init(void);

#endif
