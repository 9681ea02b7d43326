/* SPDX-License-Identifier: MIT */
/*
 * Tells the service manager that the broker is ready, that it is alive, and how many segments and
 * clients it has. Without a service manager nothing is sent. Also ends a broker that has had
 * neither segment nor client for some time, if an option says so.
 */
#ifndef PRSHM_DAEMON_SERVICE_H
#define PRSHM_DAEMON_SERVICE_H

#include <event2/event_struct.h>

#include "daemon/server.h"
#include "daemon/settings.h"

struct service {
	struct server *server;           /* borrowed */
	const struct settings *settings; /* borrowed */
	struct event status;             /* pending while the last STATUS= is out of date */
	struct event watchdog;           /* only if the manager wants WATCHDOG=1 */
	struct event idle;               /* pending while there is neither segment nor client */
	unsigned int idle_seconds;       /* how long without both until the broker ends; 0: never */
};

/* Takes server->on_change. */
void service_init(struct service *service, struct server *server, const struct settings *settings);
void service_ready(struct service *service);
void service_reloading(void); /* until the next service_ready: sd_notify(3) */
void service_deinit(struct service *service);

#endif
