/* SPDX-License-Identifier: MIT */
/*
 * What the service manager is told: that the broker is ready, that it is alive, how many segments and
 * clients it has. Without a service manager nothing is sent. Also ends a broker that has had nothing to
 * serve for a while, if that was asked for.
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
	unsigned int idle_seconds;  /* without segment and client, then the broker ends; 0: never */
};

/* Takes server->on_change. */
void service_init(struct service *service, struct server *server, unsigned int idle_seconds);
void service_ready(struct service *service);
void service_reloading(void); /* until the next service_ready: sd_notify(3) */
void service_deinit(struct service *service);

#endif
