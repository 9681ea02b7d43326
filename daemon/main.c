/* SPDX-License-Identifier: MIT */
/* prshmd: puts the parts together, and runs until a signal, or the service manager, ends it. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "config.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/reaper.h"
#include "base/units.h"
#include "daemon/bus-error.h"
#include "daemon/configuration.h"
#include "daemon/core/broker.h"
#include "daemon/core/memory.h"
#include "daemon/core/succession.h"
#include "daemon/handover.h"
#include "daemon/keeper-link.h"
#include "daemon/limits.h"
#include "daemon/options.h"
#include "daemon/patience.h"
#include "daemon/refusal.h"
#include "daemon/server.h"
#include "daemon/service.h"
#include "daemon/settings.h"
#include "daemon/socket-watch.h"
#include "daemon/socket-credentials.h"
#include "daemon/takeover.h"

/*
 * systemd shall not start the broker again (RestartPreventExitStatus=), which would fail again,
 * after this and after EX_CONFIG.
 */
#define EXIT_NEWER_JOURNAL 3

/* of systemd/prshmd.service: --check-config asks what that user can read */
#define SERVICE_USER "prshm"

struct daemon {
	struct options options;
	struct settings settings;
	char **arguments;
	struct keeper_link keeper;
	struct listener listener;
	struct handover handover;
	struct event_base *base;
	struct broker broker;
	struct server server;
	struct service service;
	struct socket_watch socket_watch;
	struct event signals[3];
	bool misconfigured; /* no configuration can be had */
	bool from_keeper;   /* takeover::from_keeper */
	bool served;        /* the broker has served, and ended since it was told to */
};

static const char *files_text(const struct daemon *daemon, char out[LOG_LINE_MAX])
{
	return config_files_text(
		&daemon->settings.files, daemon->options.config, out, LOG_LINE_MAX);
}

/* Tells STATUS which files were read, and what is wrong with those of now. */
static void tell_files(struct daemon *daemon)
{
	struct health *health = &daemon->broker.health;

	health->configured = daemon->options.config;
	health->files = daemon->settings.files.paths;
	health->file_count = daemon->settings.files.count;
	health->trouble = daemon->settings.trouble.text;
	health->trouble_since = daemon->settings.trouble_since;
}

static void reload(int signal_number, short what, void *data)
{
	struct daemon *daemon = data;
	char text[LOG_LINE_MAX];
	struct policy policy;

	(void)signal_number;
	(void)what;
	service_reloading();
	if (settings_load(&daemon->settings, &policy)) {
		if (!broker_set_policy(&daemon->broker, &policy))
			log_write(LOG_WARNING,
				"out of memory: some uids are charged as before; reload again");
		connections_apply_limits(&daemon->server.connections);
		if (!daemon->options.no_keeper)
			handover_configuration(&daemon->handover);
		log_write(LOG_NOTICE, "configuration reloaded: %s", files_text(daemon, text));
	} else {
		log_write(LOG_ERR, "the configuration stays as it was");
	}
	tell_files(daemon);
	service_ready(&daemon->service);
}

static void terminate(int signal_number, short what, void *data)
{
	struct daemon *daemon = data;

	(void)what;
	log_write(LOG_INFO, "%s: leaving", strsignal(signal_number));
	event_base_loopbreak(daemon->base);
}

static int add_signals(struct daemon *daemon)
{
	static const struct {
		int number;
		event_callback_fn handle;
	} table[] = {{SIGTERM, terminate}, {SIGINT, terminate}, {SIGHUP, reload}};

	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		evsignal_assign(&daemon->signals[i], daemon->base, table[i].number, table[i].handle,
			daemon);
		if (event_add(&daemon->signals[i], NULL) < 0)
			return -ENOMEM;
	}
	return 0;
}

static bool has_keeper(void *data)
{
	const struct daemon *daemon = data;

	return daemon->keeper.fd >= 0;
}

/*
 * A client asks for the end. The same as SIGTERM, but after this turn of the loop: the reply is
 * sent.
 */
static void stop(void *data)
{
	struct daemon *daemon = data;

	log_write(LOG_INFO, "a client asks for the end: leaving");
	event_base_loopexit(daemon->base, NULL);
}

/* Whether there may be a service manager, which would start another broker or miss this one. */
static bool has_manager(const struct daemon *daemon)
{
	return daemon->options.keeper || getenv("NOTIFY_SOCKET");
}

/* From here on STATUS counts what this broker does. */
static void start(struct daemon *daemon)
{
	struct health *health = &daemon->broker.health;

	health->stop = has_manager(daemon) ? NULL : stop;
	health->uid = (uint32_t)geteuid();
	health->pid = (uint32_t)getpid();
	tell_files(daemon);
	health->version = PACKAGE_VERSION;
	health->started = daemon->broker.registry.now;
	health->has_keeper = daemon->options.no_keeper ? NULL : has_keeper;
	health->data = daemon;
	broker_start(&daemon->broker);
}

/*
 * Takes the last broker's state over, begins to hand over, then serves the last broker's clients.
 */
static int go_on(struct daemon *daemon, struct takeover *takeover)
{
	int error = takeover_state(takeover, &daemon->broker);

	if (error == 0)
		error = handover_begin(&daemon->handover, daemon->base);
	return error < 0 ? error : server_take_over(&daemon->server);
}

/* The service manager then does not start the broker again: it would fail again. */
static int refuse_clients(struct daemon *daemon, struct takeover *takeover)
{
	const int socket = takeover->socket;

	daemon->misconfigured = true;
	takeover->socket = -1;
	if (socket >= 0 && listener_from_passed(socket, &daemon->listener) == 0)
		refusal_serve(daemon->listener.fd);
	return -EINVAL;
}

/* After takeover_begin: what the last broker left may be needed. */
static int configure(struct daemon *daemon, struct takeover *takeover)
{
	const int last_good = takeover_claim(takeover, KEEPER_ID_CONFIGURATION);
	struct policy policy;

	if (settings_load(&daemon->settings, &policy)) {
		if (last_good >= 0)
			close(last_good);
	} else if (!settings_restore(&daemon->settings, last_good, &policy)) {
		return refuse_clients(daemon, takeover);
	}
	broker_init(&daemon->broker, &policy);
	return 0;
}

static int run_up(struct daemon *daemon, struct takeover *takeover)
{
	const struct options *options = &daemon->options;
	int error = takeover_begin(takeover, options, daemon->arguments, &daemon->keeper);

	daemon->from_keeper = takeover->from_keeper;
	if (error == 0)
		error = configure(daemon, takeover);
	if (error == 0)
		error = takeover_listener(takeover, options->socket, &daemon->listener);
	if (error == 0)
		error = server_init(&daemon->server, daemon->base, &daemon->broker,
			daemon->listener.fd, options->login_seconds);
	if (error < 0)
		return error;
	service_init(&daemon->service, &daemon->server, &daemon->settings);
	return options->no_keeper ? 0 : go_on(daemon, takeover);
}

static void socket_made(void *data)
{
	struct daemon *daemon = data;

	if (!daemon->options.no_keeper)
		handover_listener(&daemon->handover);
}

/* The size of what is known to be small need not be asked for. */
static void close_memory(int fd, uint64_t bytes)
{
	if (bytes < REAPER_BYTES)
		close(fd);
	else
		reaper_close(fd);
}

static int daemon_init(struct daemon *daemon)
{
	struct takeover takeover;
	int error;

	signal(SIGPIPE, SIG_IGN);
	/*
	 * SIGIO: a process opens memory while the broker has a lease of it for an instant; the
	 * default action would end the broker.
	 */
	signal(SIGIO, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* RLIMIT_FSIZE counts for a memfd too: be told, not killed */
	bus_error_init();
	patience_init();
	socket_credentials_init();
	memory_close = close_memory;
	limits_raise_descriptors(); /* the last broker's come first of all */
	daemon->base = event_base_new();
	if (!daemon->base)
		return -ENOMEM;
	error = add_signals(daemon); /* early: a signal during the start must not be lost */
	if (error < 0)
		return error;
	error = run_up(daemon, &takeover);
	if (error == 0) {
		start(daemon);
		daemon->socket_watch.on_made = socket_made;
		daemon->socket_watch.on_made_data = daemon;
		socket_watch_begin(&daemon->socket_watch, &daemon->server, &daemon->listener,
			has_manager(daemon));
	}
	takeover_end(&takeover, error == 0 ? &daemon->keeper : NULL);
	return error;
}

static void daemon_deinit(struct daemon *daemon)
{
	if (!daemon->options.no_keeper)
		handover_end(&daemon->handover, daemon->served || !daemon->from_keeper);
	for (size_t i = 0; i < 3; i++) {
		if (event_initialized(&daemon->signals[i]))
			event_del(&daemon->signals[i]);
	}
	socket_watch_end(&daemon->socket_watch);
	if (daemon->server.base) {
		if (daemon->service.server)
			service_deinit(&daemon->service);
		server_deinit(&daemon->server);
	}
	broker_deinit(&daemon->broker);
	patience_end();
	if (daemon->base)
		event_base_free(daemon->base);
	listener_deinit(&daemon->listener);
	settings_deinit(&daemon->settings);
}

static int check_config(struct daemon *daemon)
{
	const char *path = daemon->options.config;
	struct policy policy;
	bool good;

	if (!settings_load(&daemon->settings, &policy))
		return 1;
	config_print(&policy, &daemon->settings.files, path, stdout);
	good = fflush(stdout) == 0;
	if (geteuid() == 0)
		good = config_check_readable(path, &daemon->settings.files, SERVICE_USER) && good;
	policy_deinit(&policy);
	settings_deinit(&daemon->settings);
	return good ? 0 : 1;
}

static void tell_ready(const struct daemon *daemon)
{
	const uint64_t *host = daemon->broker.policy.host;
	char text[LOG_LINE_MAX];
	char segments[UNITS_COUNT_MAX];
	char clients[UNITS_COUNT_MAX];

	log_write(LOG_INFO, "prshmd %s: ready, at most %s and %s; configuration: %s",
		PACKAGE_VERSION, units_count(host[RESOURCE_SEGMENTS], "segment", segments),
		units_count(host[RESOURCE_CONNECTIONS], "client", clients),
		files_text(daemon, text));
	limits_tell_hard();
}

int main(int argc, char **argv)
{
	struct daemon daemon = {
		.listener = {.fd = -1, .lock_fd = -1},
		.arguments = argv,
		.keeper = {.fd = -1, .pidfd = -1},
		.handover = {.link = &daemon.keeper,
			.broker = &daemon.broker,
			.listener = &daemon.listener,
			.settings = &daemon.settings},
		.settings = {.options = &daemon.options, .kept = -1},
	};
	int status = options_parse(&daemon.options, argc, argv);
	int error;

	log_init();
	if (status >= 0)
		return status;
	if (daemon.options.check_config)
		return check_config(&daemon);
	error = daemon_init(&daemon);
	if (error == 0) {
		tell_ready(&daemon);
		service_ready(&daemon.service);
		if (event_base_dispatch(daemon.base) < 0) {
			log_write(LOG_ERR, "the event loop failed");
			error = -EIO;
		}
		daemon.served = error == 0;
	} else if (error == -ENOMEM) {
		log_write(LOG_ERR, "cannot start: out of memory");
	}
	daemon_deinit(&daemon);
	if (daemon.misconfigured)
		return EX_CONFIG;
	if (error == -EPROTONOSUPPORT)
		return EXIT_NEWER_JOURNAL;
	return error == 0 ? 0 : 1;
}
