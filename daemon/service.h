/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told: that we are ready, what we have, that we are alive. Outside of a
 * manager all of it does nothing.
 */
#ifndef PRSHM_DAEMON_SERVICE_H
#define PRSHM_DAEMON_SERVICE_H

#include <event2/event_struct.h>

#include "daemon/server.h"

struct service {
	struct server *server;      /* borrowed */
	struct event status;        /* pending while what STATUS= says is out of date */
	struct event watchdog;      /* only where the manager asked for it */
	struct event idle;          /* pending while nothing is held */
	unsigned int idle_seconds;  /* 0: never end for want of work */
};

/* Hooks into server->on_change. */
void service_init(struct service *service, struct server *server, unsigned int idle_seconds);
void service_ready(struct service *service);
void service_reloading(void); /* until the next service_ready: sd_notify(3) */
void service_deinit(struct service *service);

#endif
