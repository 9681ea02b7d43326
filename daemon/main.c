/* SPDX-License-Identifier: MIT */
/* prshmd: puts the parts together and runs until it is told to end. */
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "config.h"
#include "daemon/broker.h"
#include "daemon/configuration.h"
#include "daemon/listen.h"
#include "daemon/log.h"
#include "daemon/options.h"
#include "daemon/server.h"
#include "daemon/service.h"
#include "daemon/socket-credentials.h"

/* For ourselves: standard streams, epoll, signals, sockets, a read-only open or two. */
#define OWN_DESCRIPTORS 64

/* Handles and watches are but memory here: this bounds it, at some 60 bytes each. */
#define HOST_HANDLES 262144
#define HOST_WATCHES 16384

struct daemon {
	struct options options;
	struct listener listener;
	struct event_base *base;
	struct broker broker;
	struct server server;
	struct service service;
	struct event signals[3];
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

static void set_unless_given(uint64_t *limit, uint64_t derived)
{
	if (*limit == LIMIT_UNSET)
		*limit = derived;
}

/*
 * What clients leave unread is bounded by RLIMIT_NOFILE as well (server.h): more connections than
 * that makes safe would let those who do not read stop the replies to all.
 */
static void bound_connections(struct policy *policy, uint64_t descriptors)
{
	const uint64_t safe = descriptors / CONN_UNREAD_MAX;

	if (policy->host[RESOURCE_CONNECTIONS] <= safe)
		return;
	log_write(LOG_WARNING, "host-connections is %ju, and RLIMIT_NOFILE lets it be %ju: taken as that",
		(uintmax_t)policy->host[RESOURCE_CONNECTIONS], (uintmax_t)safe);
	policy->host[RESOURCE_CONNECTIONS] = safe;
}

/* The host's limits, where the configuration does not set them. */
static void derive_limits(struct policy *policy)
{
	uint64_t descriptors = raise_descriptor_limit();
	uint64_t shared = descriptors > 2 * OWN_DESCRIPTORS ? descriptors - OWN_DESCRIPTORS
							    : OWN_DESCRIPTORS;

	/* A connection may need two: itself, and one in a reply that waits to be sent. */
	set_unless_given(&policy->host[RESOURCE_CONNECTIONS], shared / (CONN_UNREAD_MAX + 2));
	set_unless_given(
		&policy->host[RESOURCE_SEGMENTS], shared - 2 * (shared / (CONN_UNREAD_MAX + 2)));
	set_unless_given(&policy->host[RESOURCE_BYTES], memory_bytes());
	set_unless_given(&policy->host[RESOURCE_HANDLES], HOST_HANDLES);
	set_unless_given(&policy->host[RESOURCE_WATCHES], HOST_WATCHES);
	set_unless_given(&policy->segment_bytes, policy->host[RESOURCE_BYTES]);
	bound_connections(policy, descriptors);
}

static struct {
	uid_t uid;
	char name[256]; /* "": nobody's */
} last_user;

/* Kept until another user asks or the configuration is read: the account database may be slow. */
static const char *user_name(uid_t uid)
{
	const struct passwd *user;

	if (last_user.name[0] && last_user.uid == uid)
		return last_user.name;
	user = getpwuid(uid);
	if (!user || strlen(user->pw_name) >= sizeof(last_user.name))
		return NULL;
	last_user.uid = uid;
	strcpy(last_user.name, user->pw_name);
	return last_user.name;
}

static void forget_user_name(void)
{
	last_user.name[0] = '\0';
}

static bool load_policy(const struct daemon *daemon, struct policy *policy)
{
	forget_user_name();
	if (!config_load(daemon->options.config, daemon->options.config_given, policy))
		return false;
	policy->user_name = user_name;
	derive_limits(policy);
	return true;
}

static void reload(int signal_number, short what, void *data)
{
	struct daemon *daemon = data;
	struct policy policy;

	(void)signal_number;
	(void)what;
	service_reloading();
	if (load_policy(daemon, &policy)) {
		broker_set_policy(&daemon->broker, &policy);
		server_apply_limits(&daemon->server);
		log_write(LOG_NOTICE, "configuration reloaded");
	} else {
		log_write(LOG_ERR, "the configuration stays as it was");
	}
	service_ready(&daemon->service);
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

static int daemon_init(struct daemon *daemon)
{
	struct server_options server_options = {.login_seconds = daemon->options.login_seconds};
	struct policy policy;
	int error;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* RLIMIT_FSIZE counts for a memfd too: be told, not killed */
	socket_credentials_init();
	if (!load_policy(daemon, &policy))
		return -EINVAL;
	server_options.connections = server_connection_limit(&policy);
	broker_init(&daemon->broker, &policy);
	error = open_listener(daemon);
	if (error < 0)
		return error;
	daemon->base = event_base_new();
	if (!daemon->base)
		return -ENOMEM;
	error = server_init(&daemon->server, daemon->base, &daemon->broker, daemon->listener.fd,
		&server_options);
	service_init(&daemon->service, &daemon->server, daemon->options.exit_idle_seconds);
	return error < 0 ? error : add_signals(daemon);
}

static void daemon_deinit(struct daemon *daemon)
{
	if (daemon->base) {
		for (size_t i = 0; i < 3; i++) {
			if (event_initialized(&daemon->signals[i]))
				event_del(&daemon->signals[i]);
		}
		service_deinit(&daemon->service);
		server_deinit(&daemon->server);
	}
	broker_deinit(&daemon->broker);
	if (daemon->base)
		event_base_free(daemon->base);
	listener_deinit(&daemon->listener);
}

static int check_config(const struct daemon *daemon)
{
	struct policy policy;

	if (!load_policy(daemon, &policy))
		return 1;
	config_print(&policy, stdout);
	policy_deinit(&policy);
	return fflush(stdout) == 0 ? 0 : 1;
}

/* Started without standard streams, our sockets would become these, and get the log's lines. */
static void open_standard_streams(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	struct daemon daemon = {.listener = {.fd = -1, .lock_fd = -1}};
	int status = options_parse(&daemon.options, argc, argv);
	int error;

	open_standard_streams();
	if (status >= 0)
		return status;
	log_init();
	if (daemon.options.check_config)
		return check_config(&daemon);
	error = daemon_init(&daemon);
	if (error == 0) {
		log_write(LOG_INFO, "prshmd %s: ready, at most %ju segments and %u clients",
			PACKAGE_VERSION, (uintmax_t)daemon.broker.policy.host[RESOURCE_SEGMENTS],
			daemon.server.options.connections);
		service_ready(&daemon.service);
		if (event_base_dispatch(daemon.base) < 0) {
			log_write(LOG_ERR, "the event loop failed");
			error = -EIO;
		}
	} else if (error == -ENOMEM) {
		log_write(LOG_ERR, "cannot start: out of memory");
	}
	daemon_deinit(&daemon);
	return error == 0 ? 0 : 1;
}
