/* SPDX-License-Identifier: MIT */
/* The service: what sd-bus makes of a table of methods, and the least behind each. */
#include "bench/dbus-service.h"

#include <bsd/sys/queue.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/dbus-bus.h"
#include "bench/foreign.h"

struct segment {
	char name[64];
	int fd;
	LIST_ENTRY(segment) in_segments; /* segments */
};

/* Two at most, so this is no slower than what finds one of many. */
static LIST_HEAD(, segment) segments = LIST_HEAD_INITIALIZER(segments);

static struct segment *find(const char *name)
{
	struct segment *segment;

	LIST_FOREACH(segment, &segments, in_segments) {
		if (strcmp(segment->name, name) == 0)
			return segment;
	}
	return NULL;
}

/* The one whose name the call has. 0 or more, or what the method is to return. */
static int find_named(sd_bus_message *call, struct segment **out, sd_bus_error *error)
{
	const char *name;
	const int r = sd_bus_message_read(call, "s", &name);

	if (r < 0)
		return r;
	*out = find(name);
	return *out ? 0 : sd_bus_error_set_errno(error, ENOENT);
}

static int open_segment(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct segment *segment;
	const int r = find_named(call, &segment, error);

	(void)data;
	if (r < 0)
		return r;
	return sd_bus_reply_method_return(call, "h", segment->fd);
}

static int create_segment(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct segment *segment;
	const char *name;
	int r = sd_bus_message_read(call, "s", &name);

	(void)data;
	if (r < 0)
		return r;
	if (find(name))
		return sd_bus_error_set_errno(error, EEXIST);
	segment = calloc(1, sizeof(*segment));
	if (!segment)
		return -ENOMEM;
	snprintf(segment->name, sizeof(segment->name), "%s", name);
	segment->fd = foreign_make_segment();
	LIST_INSERT_HEAD(&segments, segment, in_segments);
	return sd_bus_reply_method_return(call, "h", segment->fd);
}

static int remove_segment(sd_bus_message *call, void *data, sd_bus_error *error)
{
	struct segment *segment;
	const int r = find_named(call, &segment, error);

	(void)data;
	if (r < 0)
		return r;
	LIST_REMOVE(segment, in_segments);
	close(segment->fd);
	free(segment);
	return sd_bus_reply_method_return(call, NULL);
}

/* UNPRIVILEGED, or sd-bus asks for the caller's capabilities before each call. */
static const sd_bus_vtable methods[] = {
	SD_BUS_VTABLE_START(0),
	SD_BUS_METHOD(DBUS_SERVICE_OPEN, "s", "h", open_segment, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(DBUS_SERVICE_CREATE, "s", "h", create_segment, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_METHOD(DBUS_SERVICE_REMOVE, "s", "", remove_segment, SD_BUS_VTABLE_UNPRIVILEGED),
	SD_BUS_VTABLE_END,
};

struct service {
	const struct dbus_bus *bus;
	int ready_fd; /* gets a byte; closed without one, it will never be ready */
};

static void run(const void *data)
{
	const struct service *service = data;
	sd_bus *connection;

	if (dbus_bus_connect(service->bus, &connection) < 0 ||
		sd_bus_add_object_vtable(connection, NULL, DBUS_SERVICE_PATH,
			DBUS_SERVICE_INTERFACE, methods, NULL) < 0 ||
		sd_bus_request_name(connection, DBUS_SERVICE_NAME, 0) < 0 ||
		write(service->ready_fd, "", 1) != 1)
		_exit(1);
	for (;;) {
		int r = sd_bus_process(connection, NULL);

		if (r == 0)
			r = sd_bus_wait(connection, UINT64_MAX);
		if (r < 0 && r != -EINTR)
			_exit(1);
	}
}

bool dbus_service_start(struct warden *warden, const struct dbus_bus *bus)
{
	struct service service = {.bus = bus};
	char byte;
	int fds[2];
	bool ok;

	if (pipe2(fds, O_CLOEXEC) < 0)
		return false;
	service.ready_fd = fds[1];
	ok = warden_start(warden, run, &service);
	close(fds[1]);
	ok = ok && read(fds[0], &byte, 1) == 1;
	close(fds[0]);
	return ok;
}
