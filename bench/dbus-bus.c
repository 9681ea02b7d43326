/* SPDX-License-Identifier: MIT */
/*
 * dbus-daemon is told by a file where to listen and what to allow, and prints its address when it
 * does. dbus-broker itself reads and opens nothing: whoever starts it, its controller, hands it the
 * listening socket and the policy over a connection of its own. That is usually
 * dbus-broker-launch(1), which insists on systemd's journal; here it is us.
 */
#include "bench/dbus-bus.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/contenders.h"
#include "bench/foreign.h"

#define CONFIGURATION                                                                              \
	"<!DOCTYPE busconfig PUBLIC \"-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN\"\n"     \
	"\"http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd\">\n"                       \
	"<busconfig>\n<listen>unix:path=%s</listen>\n<auth>EXTERNAL</auth>\n"                      \
	"<policy context=\"default\">\n<allow send_destination=\"*\" eavesdrop=\"true\"/>\n"       \
	"<allow eavesdrop=\"true\"/>\n<allow own=\"*\"/>\n</policy>\n</busconfig>\n"

static bool write_configuration(const struct dbus_bus *bus, const char *path)
{
	FILE *file = fopen(path, "we");
	bool ok = file && fprintf(file, CONFIGURATION, bus->socket) > 0;

	return file && fclose(file) == 0 && ok;
}

static bool run_daemon(struct dbus_bus *bus, struct competitor *self, const char *configuration)
{
	char option[96];
	const char *const arguments[] = {
		"dbus-daemon", option, "--nofork", "--nopidfile", "--print-address=1", NULL};
	struct foreign_program program = {.arguments = arguments, .fd_as = STDOUT_FILENO};
	char first;
	int fds[2];
	bool ok;

	snprintf(option, sizeof(option), "--config-file=%s", configuration);
	if (pipe2(fds, O_CLOEXEC) < 0)
		return competitor_missing(self, "%s", strerror(errno));
	program.fd = fds[1];
	ok = foreign_start(self, &bus->warden, &program);
	close(fds[1]);
	if (ok && read(fds[0], &first, 1) != 1)
		ok = competitor_missing(self, "dbus-daemon does not run");
	close(fds[0]);
	return ok;
}

static bool start_daemon(struct dbus_bus *bus, struct competitor *self)
{
	char configuration[72];
	bool ok;

	snprintf(configuration, sizeof(configuration), "%s.conf", bus->socket);
	if (write_configuration(bus, configuration))
		ok = run_daemon(bus, self, configuration);
	else
		ok = competitor_missing(self, "%s: %s", configuration, strerror(errno));
	unlink(configuration);
	return ok;
}

/*
 * A policy is: what concerns each uid, what concerns ranges of uids and gids, SELinux's labels,
 * whether AppArmor is asked, the type of the bus. Of each user: whether he may connect, what he may
 * own, send and receive. Each with its priority, here 1. Its shape is that since dbus-broker 33,
 * which does not promise to keep it: another would refuse it.
 */
#define RIGHTS      "(bta(btbs)a(btssssuutt)a(btssssuutt))"
#define POLICY      "(a(u" RIGHTS ")a(buu" RIGHTS ")a(ss)bs)"
#define ALLOW       1, UINT64_C(1)
#define ANY_NAME    1, ALLOW, 1, ""
#define ANY_MESSAGE 1, ALLOW, "", "", "", "", 0, 0, UINT64_C(0), UINT64_MAX

static bool add_listener(struct dbus_bus *bus, struct competitor *self)
{
	sd_bus_error error = SD_BUS_ERROR_NULL;
	int fd = foreign_listen(bus->socket);
	int r;

	if (fd < 0)
		return competitor_missing(self, "%s: %s", bus->socket, strerror(errno));
	r = sd_bus_call_method(bus->controller, NULL, "/org/bus1/DBus/Broker",
		"org.bus1.DBus.Broker", "AddListener", &error, NULL, "ohv",
		"/org/bus1/DBus/Listener/0", fd, POLICY,                  /* who may: */
		1, UINT32_MAX, ALLOW, ANY_NAME, ANY_MESSAGE, ANY_MESSAGE, /* all users, all */
		0, 0, 0, "session");
	close(fd);
	if (r < 0)
		competitor_missing(self, "dbus-broker does not serve: %s",
			error.message ? error.message : strerror(-r));
	sd_bus_error_free(&error);
	return r >= 0;
}

/* The socket is sd-bus's from here on. */
static bool control(struct dbus_bus *bus, struct competitor *self, int fd)
{
	int r = sd_bus_new(&bus->controller);

	if (r >= 0)
		r = sd_bus_set_fd(bus->controller, fd, fd);
	if (r < 0)
		close(fd);
	else
		r = sd_bus_start(bus->controller);
	if (r < 0)
		return competitor_missing(self, "dbus-broker: %s", strerror(-r));
	return add_listener(bus, self);
}

static bool start_broker(struct dbus_bus *bus, struct competitor *self)
{
	static const char *const arguments[] = {"dbus-broker", "--controller=3",
		"--machine-id=00000000000000000000000000000001", NULL};
	struct foreign_program program = {.arguments = arguments, .fd_as = 3};
	int fds[2];
	bool ok;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds) < 0)
		return competitor_missing(self, "%s", strerror(errno));
	program.fd = fds[1];
	ok = foreign_start(self, &bus->warden, &program);
	close(fds[1]);
	if (ok)
		return control(bus, self, fds[0]);
	close(fds[0]);
	return false;
}

bool dbus_bus_start(struct dbus_bus *bus, struct competitor *self, const struct place *place)
{
	const bool is_daemon = self->variant == DBUS_DAEMON;

	snprintf(bus->socket, sizeof(bus->socket), "%s/dbus-%u.sock", place->directory,
		self->variant);
	if (is_daemon ? start_daemon(bus, self) : start_broker(bus, self))
		return true;
	dbus_bus_stop(bus);
	return false;
}

void dbus_bus_stop(struct dbus_bus *bus)
{
	bus->controller = sd_bus_close_unref(bus->controller);
	warden_end(&bus->warden);
	unlink(bus->socket);
}

int dbus_bus_connect(const struct dbus_bus *bus, sd_bus **out)
{
	char address[80];
	sd_bus *connection;
	int r = sd_bus_new(&connection);

	if (r < 0)
		return r;
	snprintf(address, sizeof(address), "unix:path=%s", bus->socket);
	r = sd_bus_set_address(connection, address);
	if (r >= 0)
		r = sd_bus_set_bus_client(connection, 1);
	if (r >= 0)
		r = sd_bus_start(connection);
	if (r < 0)
		sd_bus_close_unref(connection);
	else
		*out = connection;
	return r;
}
