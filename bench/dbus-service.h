/* SPDX-License-Identifier: MIT */
/* A service on a message bus that keeps memory under names, and gives descriptors of it. */
#ifndef PRSHM_BENCH_DBUS_SERVICE_H
#define PRSHM_BENCH_DBUS_SERVICE_H

#include <stdbool.h>

#include "bench/warden.h"

struct dbus_bus;

#define DBUS_SERVICE_NAME      "org.prshm.Bench"
#define DBUS_SERVICE_PATH      "/org/prshm/Bench"
#define DBUS_SERVICE_INTERFACE "org.prshm.Bench"

/* Its methods, each with a segment's name: */
#define DBUS_SERVICE_OPEN   "Open"   /* "s" to "h" */
#define DBUS_SERVICE_CREATE "Create" /* "s" to "h", and it is kept */
#define DBUS_SERVICE_REMOVE "Remove" /* "s" to nothing */

/* Returns once it has its name on the bus; false: it never will. warden_end() ends it. */
bool dbus_service_start(struct warden *warden, const struct dbus_bus *bus);

#endif
