/* SPDX-License-Identifier: MIT */
/*
 * A service that gives descriptors over D-Bus: each call goes to the bus, to the service, to the
 * bus and back.
 */
#include <stdlib.h>
#include <string.h>

#include "bench/contenders.h"
#include "bench/dbus-bus.h"
#include "bench/dbus-service.h"
#include "bench/foreign.h"

struct dbus {
	struct dbus_bus bus;
	struct warden service;
	sd_bus *client;
	const struct place *place;
};

static int call(
	const struct dbus *dbus, const char *method, const char *name, sd_bus_message **reply)
{
	return sd_bus_call_method(dbus->client, DBUS_SERVICE_NAME, DBUS_SERVICE_PATH,
		DBUS_SERVICE_INTERFACE, method, NULL, reply, "s", name);
}

/* The descriptor is the reply's, which closes it at its end. */
static bool get_and_use(const struct dbus *dbus, const char *method, const char *name)
{
	sd_bus_message *reply = NULL;
	int fd;
	bool ok = call(dbus, method, name, &reply) >= 0 &&
		  sd_bus_message_read(reply, "h", &fd) >= 0 && foreign_use_segment(fd);

	sd_bus_message_unref(reply);
	return ok;
}

static bool start(struct competitor *self, struct dbus *dbus)
{
	int r;

	if (!dbus_bus_start(&dbus->bus, self, dbus->place))
		return false;
	if (!dbus_service_start(&dbus->service, &dbus->bus))
		return competitor_missing(self, "our service does not get on the bus");
	r = dbus_bus_connect(&dbus->bus, &dbus->client);
	if (r < 0)
		return competitor_missing(self, "cannot connect to the bus: %s", strerror(-r));
	if (!get_and_use(dbus, DBUS_SERVICE_CREATE, dbus->place->existing))
		return competitor_missing(self, "our service gives no memory");
	return true;
}

static void stop(struct dbus *dbus)
{
	sd_bus_close_unref(dbus->client);
	warden_end(&dbus->service);
	dbus_bus_stop(&dbus->bus);
	free(dbus);
}

bool dbus_setup(struct competitor *self, const struct place *place)
{
	struct dbus *dbus = calloc(1, sizeof(*dbus));

	if (!dbus)
		return competitor_missing(self, "out of memory");
	dbus->place = place;
	self->state = dbus;
	if (start(self, dbus))
		return true;
	stop(dbus);
	return false;
}

bool dbus_open(struct competitor *self)
{
	const struct dbus *dbus = self->state;

	return get_and_use(dbus, DBUS_SERVICE_OPEN, dbus->place->existing);
}

bool dbus_create(struct competitor *self)
{
	const struct dbus *dbus = self->state;
	const char *name = dbus->place->created;

	return get_and_use(dbus, DBUS_SERVICE_CREATE, name) &&
	       call(dbus, DBUS_SERVICE_REMOVE, name, NULL) >= 0;
}

void dbus_teardown(struct competitor *self)
{
	stop(self->state);
}
