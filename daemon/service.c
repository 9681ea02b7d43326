/* SPDX-License-Identifier: MIT */
/* Messages to the service manager, and the end of a broker that has nothing to serve. */
#include "daemon/service.h"

#include <event2/event.h>
#include <time.h>

#include "base/log.h"
#include "base/service-manager.h"
#include "base/units.h"

/* At most one status line a second is sent. While nothing changes, no timer runs. */
static const struct timeval status_delay = {.tv_sec = 1};

static void tell_status(const struct service *service, const char *first)
{
	const struct settings *settings = service->settings;
	const struct server *server = service->server;
	char segments[UNITS_COUNT_MAX];
	char clients[UNITS_COUNT_MAX];

	sd_notifyf(0, "%sSTATUS=%s, %s%s%s", first,
		units_count(server->broker->registry.count, "segment", segments),
		units_count(connections_count(&server->connections), "client", clients),
		settings->trouble.text[0]
			? "; the last good configuration counts, as that of now is wrong: "
			: "",
		settings->trouble.text);
}

static void status_due(int fd, short what, void *data)
{
	(void)fd;
	(void)what;
	tell_status(data, "");
}

static void watchdog_due(int fd, short what, void *data)
{
	(void)fd;
	(void)what;
	(void)data;
	sd_notify(0, "WATCHDOG=1");
}

static bool is_idle(const struct service *service)
{
	return connections_count(&service->server->connections) == 0 &&
	       service->server->broker->registry.count == 0;
}

static void idle_over(int fd, short what, void *data)
{
	struct service *service = data;

	(void)fd;
	(void)what;
	if (!is_idle(service))
		return;
	log_write(LOG_INFO, "no segment and no client for %u s: leaving", service->idle_seconds);
	event_base_loopexit(service->server->base, NULL);
}

static void changed(void *data)
{
	struct service *service = data;
	const struct timeval idle = {.tv_sec = (time_t)service->idle_seconds};

	if (!event_pending(&service->status, EV_TIMEOUT, NULL))
		event_add(&service->status, &status_delay);
	if (service->idle_seconds > 0 && is_idle(service))
		event_add(&service->idle, &idle); /* begins anew */
}

void service_init(struct service *service, struct server *server, const struct settings *settings)
{
	struct event_base *base = server->base;
	uint64_t watchdog_usec = 0;

	*service = (struct service){
		.server = server,
		.settings = settings,
		.idle_seconds = settings->options->exit_idle_seconds,
	};
	evtimer_assign(&service->status, base, status_due, service);
	evtimer_assign(&service->idle, base, idle_over, service);
	event_assign(&service->watchdog, base, -1, EV_PERSIST, watchdog_due, service);
	if (sd_watchdog_enabled(0, &watchdog_usec) > 0) {
		/* Half the time: sd_watchdog_enabled(3) */
		const struct timeval half = {
			.tv_sec = (time_t)(watchdog_usec / 2 / 1000000),
			.tv_usec = (suseconds_t)(watchdog_usec / 2 % 1000000),
		};
		event_add(&service->watchdog, &half);
	}
	server->on_change = changed;
	server->on_change_data = service;
}

void service_ready(struct service *service)
{
	tell_status(service, "READY=1\n");
	changed(service);
}

void service_reloading(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	sd_notifyf(0, "RELOADING=1\nMONOTONIC_USEC=%ju",
		(uintmax_t)now.tv_sec * 1000000U + (uintmax_t)now.tv_nsec / 1000U);
}

void service_deinit(struct service *service)
{
	sd_notify(0, "STOPPING=1");
	service->server->on_change = NULL;
	event_del(&service->status);
	event_del(&service->watchdog);
	event_del(&service->idle);
}
