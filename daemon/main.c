/* SPDX-License-Identifier: MIT */
/* prshmd: puts the parts together and runs until it is told to end. */
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "daemon/broker.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/server.h"
#include "daemon/service.h"

/* For ourselves: standard streams, epoll, signals, sockets, a read-only open or two. */
#define OWN_DESCRIPTORS 64

#define HANDLES_A_CONNECTION 65536

struct daemon {
	struct options options;
	struct listener listener;
	struct event_base *base;
	struct broker broker;
	struct server server;
	struct service service;
	struct event terminate[2];
};

/* Every segment and every connection is a descriptor: take what we may, and share it out. */
static rlim_t raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) < 0)
		return 1024;
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	getrlimit(RLIMIT_NOFILE, &limit);
	return limit.rlim_cur < 1 << 20 ? limit.rlim_cur : 1 << 20;
}

static uint64_t memory_bytes(void)
{
	return (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void derive_limits(struct limits *limits, struct server_options *server_options)
{
	unsigned int descriptors = (unsigned int)raise_descriptor_limit();
	unsigned int shared = descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS
								: OWN_DESCRIPTORS;

	/*
	 * A connection may need two: itself, and one in a reply that waits to be sent. And what
	 * clients leave unread is bounded by RLIMIT_NOFILE as well: server.h.
	 */
	server_options->connections = shared / (CONN_UNREAD_MAX + 2);
	limits->segments = shared - 2 * server_options->connections;
	limits->segment_bytes = memory_bytes();
	limits->handles_a_connection = HANDLES_A_CONNECTION;
}

static int open_listener(struct daemon *daemon)
{
	int error = listener_from_manager(&daemon->listener);

	if (error != -ENOENT) {
		if (error == 0 && daemon->options.socket)
			log_write(LOG_NOTICE, "--socket is not used: a socket was passed");
		return error;
	}
	if (!daemon->options.socket) {
		log_write(LOG_ERR, "no socket was passed: start prshmd.socket, or give --socket=PATH");
		return -EINVAL;
	}
	return listener_at_path(daemon->options.socket, &daemon->listener);
}

static void terminate(int signal_number, short what, void *data)
{
	struct daemon *daemon = data;

	(void)what;
	log_write(LOG_INFO, "%s: leaving", strsignal(signal_number));
	event_base_loopexit(daemon->base, NULL);
}

static int daemon_init(struct daemon *daemon)
{
	struct limits limits;
	struct server_options server_options = {.login_seconds = daemon->options.login_seconds};
	int error;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* RLIMIT_FSIZE counts for a memfd too: be told, not killed */
	derive_limits(&limits, &server_options);
	error = open_listener(daemon);
	if (error < 0)
		return error;
	daemon->base = event_base_new();
	if (!daemon->base)
		return -ENOMEM;
	broker_init(&daemon->broker, &limits);
	error = server_init(&daemon->server, daemon->base, &daemon->broker, daemon->listener.fd,
		&server_options);
	service_init(&daemon->service, &daemon->server, daemon->options.exit_idle_seconds);
	evsignal_assign(&daemon->terminate[0], daemon->base, SIGTERM, terminate, daemon);
	evsignal_assign(&daemon->terminate[1], daemon->base, SIGINT, terminate, daemon);
	if (error == 0 && (event_add(&daemon->terminate[0], NULL) < 0 ||
				  event_add(&daemon->terminate[1], NULL) < 0))
		error = -ENOMEM;
	return error;
}

static void daemon_deinit(struct daemon *daemon)
{
	if (daemon->base) {
		event_del(&daemon->terminate[0]);
		event_del(&daemon->terminate[1]);
		service_deinit(&daemon->service);
		server_deinit(&daemon->server);
		broker_deinit(&daemon->broker);
		event_base_free(daemon->base);
	}
	listener_deinit(&daemon->listener);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.listener = {.fd = -1, .lock_fd = -1}};
	int status = options_parse(&daemon.options, argc, argv);
	int error;

	if (status >= 0)
		return status;
	log_init();
	error = daemon_init(&daemon);
	if (error == 0) {
		log_write(LOG_INFO, "prshmd %s: ready, at most %u segments and %u clients",
			PACKAGE_VERSION, daemon.broker.limits.segments,
			daemon.server.options.connections);
		service_ready(&daemon.service);
		event_base_dispatch(daemon.base);
	} else if (error == -ENOMEM) {
		log_write(LOG_ERR, "cannot start: out of memory");
	}
	daemon_deinit(&daemon);
	return error == 0 ? 0 : 1;
}
