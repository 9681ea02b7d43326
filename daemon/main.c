/* SPDX-License-Identifier: MIT */
/* prshmd: puts the parts together and runs until it is told to end. */
#include <errno.h>
#include <event2/event.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config.h"
#include "daemon/core/broker.h"
#include "daemon/bus-error.h"
#include "daemon/configuration.h"
#include "daemon/keeper-link.h"
#include "daemon/core/keeping.h"
#include "daemon/limits.h"
#include "base/listen.h"
#include "base/log.h"
#include "daemon/options.h"
#include "daemon/restore.h"
#include "daemon/server.h"
#include "daemon/service.h"
#include "daemon/service-journal.h"
#include "daemon/socket-credentials.h"

/* A later attempt would go the same way: systemd's RestartPreventExitStatus=. */
#define EXIT_NEWER_JOURNAL 3

#define TAKE_TRIES 5

struct daemon {
	struct options options;
	char **arguments;
	struct keeper_link keeper;
	struct listener listener;
	struct event_base *base;
	struct broker broker;
	struct server server;
	struct service service;
	struct event signals[3];
	bool inherited; /* the keeper of ours has what another broker left */
	bool served;    /* it ended because it was told to */
};

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
	limits_derive(policy);
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
		connections_apply_limits(&daemon->server.connections);
		log_write(LOG_NOTICE, "configuration reloaded");
	} else {
		log_write(LOG_ERR, "the configuration stays as it was");
	}
	service_ready(&daemon->service);
}

/* Passed now, or kept from the last time, or made. */
static int open_listener(struct daemon *daemon, int passed, struct restore *restore)
{
	const char *path = daemon->options.socket;
	const int kept = restore_claim(restore, KEPT_SOCKET);
	const int lock = restore_claim(restore, KEPT_LOCK);

	if (passed >= 0 && path)
		log_write(LOG_NOTICE, "--socket is not used: a socket was passed");
	if (passed < 0 && listener_from_keeper(kept, lock, path, &daemon->listener))
		return 0;
	if (kept >= 0)
		close(kept);
	if (lock >= 0)
		close(lock);
	if (passed >= 0)
		return listener_from_passed(passed, &daemon->listener);
	if (!path) {
		log_write(LOG_ERR, "no socket was passed: start prshmd.socket, or give --socket=PATH");
		return -EINVAL;
	}
	/* Anyone who can reach the path may connect: rights are a segment's, not the socket's. */
	return listener_bind(path, 0666, &daemon->listener);
}

static void put(void *data, uint64_t id, int fd)
{
	struct daemon *daemon = data;

	keeper_link_put(&daemon->keeper, id, fd);
	daemon->broker.health.handed += daemon->keeper.fd >= 0;
	if (id == KEPT_JOURNAL && daemon->options.keeper)
		service_journal_store(fd);
}

/* A manager passes its socket to each broker; any other is kept for the next one. */
static void put_listener(struct daemon *daemon)
{
	if (!keeper_link_is_own(&daemon->keeper) && !daemon->listener.path) {
		keeper_link_drop(&daemon->keeper, KEPT_SOCKET);
		keeper_link_drop(&daemon->keeper, KEPT_LOCK);
		return;
	}
	put(daemon, KEPT_SOCKET, daemon->listener.fd);
	if (daemon->listener.lock_fd >= 0)
		put(daemon, KEPT_LOCK, daemon->listener.lock_fd);
}

static void hand_over(void *data)
{
	struct daemon *daemon = data;

	keeping_hand_over(&daemon->broker);
	put_listener(daemon);
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

/* A keeper that was just ended may still be there for a moment, and take a last connection with it. */
static int take_from_keeper(struct daemon *daemon, int passed, struct restore *restore)
{
	const char *path = daemon->options.keeper;
	int error = 0;

	for (int tries = 0; tries < TAKE_TRIES; tries++) {
		error = keeper_link_open(&daemon->keeper, path, passed, daemon->arguments);
		if (error == 0 && (path || passed >= 0))
			error = restore_take(restore, &daemon->keeper);
		if (!path || (error != -ECONNRESET && error != -EPIPE))
			break;
		restore_deinit(restore, NULL);
		keeper_link_close(&daemon->keeper);
	}
	return error;
}

/* The keeper, all it has, and the socket to listen on. */
static int take_over(struct daemon *daemon, struct restore *restore)
{
	const struct options *options = &daemon->options;
	struct passed passed;
	int error = listen_take_passed(&passed);

	daemon->inherited = error == 0 && passed.keeper >= 0;
	if (error == 0 && !options->no_keeper)
		error = take_from_keeper(daemon, passed.keeper, restore);
	if (passed.journal >= 0 && error == 0 && restore->count == 0)
		service_journal_tell_lost(passed.journal);
	else if (passed.journal >= 0)
		close(passed.journal);
	return error < 0 ? error : open_listener(daemon, passed.socket, restore);
}

static void drop(void *data, uint64_t id)
{
	struct daemon *daemon = data;

	keeper_link_drop(&daemon->keeper, id);
}

static bool has_keeper(void *data)
{
	const struct daemon *daemon = data;

	return daemon->keeper.fd >= 0;
}

/* What STATUS tells begins here. */
static void start(struct daemon *daemon)
{
	struct health *health = &daemon->broker.health;

	health->version = PACKAGE_VERSION;
	health->started = daemon->broker.now;
	health->has_keeper = daemon->options.no_keeper ? NULL : has_keeper;
	health->data = daemon;
	broker_start(&daemon->broker);
}

/* As the last broker would have, and from here on so that the next one can. */
static int go_on(struct daemon *daemon, struct restore *restore)
{
	const struct keeping keeping = {put, drop, daemon};
	int error = restore_state(restore, &daemon->broker);

	if (error == 0)
		error = keeper_link_watch(&daemon->keeper, daemon->base, hand_over, daemon);
	if (error == 0)
		error = keeping_begin(&daemon->broker, &keeping);
	if (error < 0)
		return error;
	put_listener(daemon);
	return server_take_over(&daemon->server);
}

static int daemon_init(struct daemon *daemon)
{
	struct restore restore = {0};
	struct policy policy;
	int error;

	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN); /* RLIMIT_FSIZE counts for a memfd too: be told, not killed */
	bus_error_init();
	socket_credentials_init();
	if (!load_policy(daemon, &policy))
		return -EINVAL;
	broker_init(&daemon->broker, &policy);
	daemon->base = event_base_new();
	if (!daemon->base)
		return -ENOMEM;
	error = add_signals(daemon); /* one that comes during the start is not to be lost */
	if (error == 0)
		error = take_over(daemon, &restore);
	if (error == 0)
		error = server_init(&daemon->server, daemon->base, &daemon->broker,
			daemon->listener.fd, daemon->options.login_seconds);
	if (error == 0)
		service_init(&daemon->service, &daemon->server, daemon->options.exit_idle_seconds);
	if (error == 0 && !daemon->options.no_keeper)
		error = go_on(daemon, &restore);
	if (error == 0)
		start(daemon);
	restore_deinit(&restore, error == 0 ? &daemon->keeper : NULL);
	return error;
}

/* After a clean end nothing is to be left, unless somebody else runs the keeper: then all of it is. */
static void leave_keeper(struct daemon *daemon)
{
	if (daemon->options.no_keeper)
		return;
	daemon->broker.registry.on_expired = NULL; /* nothing ends but we */
	if (keeper_link_is_own(&daemon->keeper) && (daemon->served || !daemon->inherited)) {
		keeper_link_leave(&daemon->keeper);
	} else {
		keeper_link_settle(&daemon->keeper);
		listener_keep(&daemon->listener);
	}
	keeping_end(&daemon->broker);
	keeper_link_close(&daemon->keeper);
}

static void daemon_deinit(struct daemon *daemon)
{
	leave_keeper(daemon);
	for (size_t i = 0; i < 3; i++) {
		if (event_initialized(&daemon->signals[i]))
			event_del(&daemon->signals[i]);
	}
	if (daemon->server.base) {
		if (daemon->service.server)
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

int main(int argc, char **argv)
{
	struct daemon daemon = {
		.listener = {.fd = -1, .lock_fd = -1},
		.arguments = argv,
		.keeper = {.fd = -1, .pidfd = -1},
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
		log_write(LOG_INFO, "prshmd %s: ready, at most %ju segments and %ju clients",
			PACKAGE_VERSION, (uintmax_t)daemon.broker.policy.host[RESOURCE_SEGMENTS],
			(uintmax_t)daemon.broker.policy.host[RESOURCE_CONNECTIONS]);
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
	if (error == -EPROTONOSUPPORT)
		return EXIT_NEWER_JOURNAL;
	return error == 0 ? 0 : 1;
}
