/* SPDX-License-Identifier: MIT */
/* Accepts connections. */
#include "daemon/acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "base/log.h"
#include "daemon/conn.h"

#define ACCEPTS_A_TURN 64

static const struct timeval accept_pause = {.tv_usec = 100000};

/* Accepting is tried again ten times a second, but the trouble is logged once. */
static void pause_accepting(struct acceptor *acceptor, const char *why)
{
	if (!acceptor->trouble)
		client_log_write(&acceptor->connections->log, NULL, LOG_WARNING,
			"new connections have to wait: %s", why);
	acceptor->trouble = true;
	event_del(&acceptor->acceptable);
	event_add(&acceptor->again, &accept_pause);
}

static void try_again(int fd, short what, void *data)
{
	struct acceptor *acceptor = data;

	(void)fd;
	(void)what;
	event_add(&acceptor->acceptable, NULL);
}

/* False: no other connection waits in the backlog, or none can be accepted now. */
static bool accept_conn(struct acceptor *acceptor)
{
	int fd;
	int error;

	if (!connections_make_room(acceptor->connections)) {
		pause_accepting(acceptor, "there are as many as there may be");
		return false;
	}
	fd = accept4(acceptor->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		acceptor->trouble = false;
		error = conn_new(acceptor->connections, fd);
		if (error < 0 && error != -EDQUOT)
			client_log_write(&acceptor->connections->log, NULL, LOG_ERR,
				"new connection: %s", strerror(-error));
		return true;
	}
	switch (errno) {
	case EAGAIN:
	case EINTR:
	case ECONNABORTED:
		return false;
	default: /* EMFILE, ENFILE, ENOMEM: still readable, so do not poll for a while */
		pause_accepting(acceptor, strerror(errno));
		return false;
	}
}

/* Do not evict a connection unless another one waits in the backlog. */
static bool is_awaited(const struct acceptor *acceptor)
{
	struct pollfd wait = {.fd = acceptor->fd, .events = POLLIN};

	return poll(&wait, 1, 0) > 0;
}

/*
 * Several in a turn of the event loop. A turn takes as long as there are clients with requests, and
 * behind a flood of connections a newcomer would wait a turn for each of them.
 */
static void accept_conns(int fd, short what, void *data)
{
	struct acceptor *acceptor = data;

	(void)fd;
	(void)what;
	for (int i = 0; i < ACCEPTS_A_TURN && is_awaited(acceptor) && accept_conn(acceptor); i++)
		;
}

int acceptor_init(struct acceptor *acceptor, struct connections *connections, int fd)
{
	*acceptor = (struct acceptor){.connections = connections, .fd = fd};
	evtimer_assign(&acceptor->again, connections->base, try_again, acceptor);
	event_assign(&acceptor->acceptable, connections->base, fd, EV_READ | EV_PERSIST, accept_conns,
		acceptor);
	return event_add(&acceptor->acceptable, NULL) < 0 ? -ENOMEM : 0;
}

void acceptor_deinit(struct acceptor *acceptor)
{
	event_del(&acceptor->acceptable);
	event_del(&acceptor->again);
}
