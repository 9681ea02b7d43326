/* SPDX-License-Identifier: MIT */
/* A message bus of our own, of either implementation; all may do all on it. */
#ifndef PRSHM_BENCH_DBUS_BUS_H
#define PRSHM_BENCH_DBUS_BUS_H

#include <stdbool.h>
#include <systemd/sd-bus.h>

#include "bench/warden.h"

struct competitor;
struct place;

struct dbus_bus {
	struct warden warden;
	char socket[64];
	sd_bus *controller; /* dbus-broker's, which ends with it; NULL: it is not dbus-broker */
};

/* self->variant: DBUS_DAEMON or DBUS_BROKER. False: it does not run, and self says why. */
bool dbus_bus_start(struct dbus_bus *bus, struct competitor *self, const struct place *place);
void dbus_bus_stop(struct dbus_bus *bus);

/* A new connection; 0 or a negative errno. */
int dbus_bus_connect(const struct dbus_bus *bus, sd_bus **out);

#endif
