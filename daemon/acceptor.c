/* SPDX-License-Identifier: MIT */
/* Accepts connections. */
#include "daemon/acceptor.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/log.h"
#include "daemon/conn.h"

/*
 * Against processes that connect and go again for nothing, as fast as they can. Once a connection was for
 * nothing, accepting is paced, until a pace in which nobody connects:
 * (1) No more connections than PACED_BACKLOG wait to be accepted. A process that connects then waits in
 *     connect(2): the flood sleeps there, and a newcomer is behind that few connections, and behind those
 *     that wait, too.
 * (2) The next turn that accepts is PACE later. Otherwise each connect would wake the broker. It would
 *     need more than its share of the processor, and then have to wait for a processor like the processes
 *     that burn it, with all its clients.
 */
#define ACCEPTS_A_TURN       64
#define PACED_ACCEPTS_A_TURN 8
#define PACED_BACKLOG        4
#define PACE                 200000 /* nanoseconds */

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

static bool is_awaited(const struct acceptor *acceptor)
{
	struct pollfd wait = {.fd = acceptor->fd, .events = POLLIN};

	return poll(&wait, 1, 0) > 0;
}

/* Do not evict a connection unless another one waits in the backlog. */
static bool make_room(struct acceptor *acceptor)
{
	struct connections *connections = acceptor->connections;

	if (connections_count(connections) < connections_max(connections))
		return true;
	if (!is_awaited(acceptor))
		return false;
	if (connections_make_room(connections))
		return true;
	pause_accepting(acceptor, "there are as many as there may be");
	return false;
}

/* The client that has gone again without a word costs nothing but the accept. */
static bool has_hung_up(int fd)
{
	char byte;

	return recv(fd, &byte, sizeof(byte), MSG_PEEK) == 0; /* the socket does not block */
}

static void begin(struct acceptor *acceptor, int fd)
{
	int error;

	if (has_hung_up(fd)) {
		close(fd);
		acceptor->connections->wasted++;
		return;
	}
	error = conn_new(acceptor->connections, fd);
	if (error == -EDQUOT)
		acceptor->connections->wasted++;
	else if (error < 0)
		client_log_write(&acceptor->connections->log, NULL, LOG_ERR, "new connection: %s",
			strerror(-error));
}

/* False: no other connection waits in the backlog, or none can be accepted now. */
static bool accept_conn(struct acceptor *acceptor)
{
	int fd;

	if (!make_room(acceptor))
		return false;
	fd = accept4(acceptor->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0) {
		acceptor->trouble = false;
		begin(acceptor, fd);
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

/* Not by one of libevent's timers, which count milliseconds. */
static bool set_pace(const struct acceptor *acceptor)
{
	const struct itimerspec after = {.it_value = {.tv_nsec = PACE}};

	return timerfd_settime(acceptor->pace_fd, 0, &after, NULL) == 0;
}

static void set_backlog(const struct acceptor *acceptor, bool paced)
{
	listen(acceptor->fd, paced ? PACED_BACKLOG : SOMAXCONN); /* again: only the number changes */
}

/* An accepted connection of before may be for nothing, too: connections::wasted counts all. */
static void pace(struct acceptor *acceptor, bool paced)
{
	if (acceptor->paced != paced)
		set_backlog(acceptor, paced);
	acceptor->paced = paced;
	if (paced && set_pace(acceptor))
		event_del(&acceptor->acceptable);
	else
		event_add(&acceptor->acceptable, NULL); /* does nothing if that is so */
}

/*
 * Several in a turn of the event loop. A turn takes as long as there are clients with requests, and
 * behind a flood of connections a newcomer would wait a turn for each of them.
 */
static void accept_some(struct acceptor *acceptor)
{
	const struct connections *connections = acceptor->connections;
	const int most = acceptor->paced ? PACED_ACCEPTS_A_TURN : ACCEPTS_A_TURN;
	int count = 0;
	bool in_vain;

	while (count < most && accept_conn(acceptor))
		count++;
	in_vain = connections->wasted != acceptor->wasted_before;
	acceptor->wasted_before = connections->wasted;
	if (!event_pending(&acceptor->again, EV_TIMEOUT, NULL))
		pace(acceptor, in_vain || (acceptor->paced && count > 0));
}

static void accept_conns(int fd, short what, void *data)
{
	(void)fd;
	(void)what;
	accept_some(data);
}

static void accept_paced(int fd, short what, void *data)
{
	uint64_t expirations;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) > 0)
		accept_some(data);
}

int acceptor_init(struct acceptor *acceptor, struct connections *connections, int fd)
{
	struct event_base *base = connections->base;

	*acceptor = (struct acceptor){.connections = connections, .fd = fd};
	acceptor->pace_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (acceptor->pace_fd < 0)
		return -errno;
	set_backlog(acceptor, false); /* the last broker may have been killed while it was paced */
	evtimer_assign(&acceptor->again, base, try_again, acceptor);
	event_assign(&acceptor->acceptable, base, fd, EV_READ | EV_PERSIST, accept_conns, acceptor);
	event_assign(&acceptor->pace, base, acceptor->pace_fd, EV_READ | EV_PERSIST, accept_paced,
		acceptor);
	if (event_add(&acceptor->acceptable, NULL) < 0 || event_add(&acceptor->pace, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void acceptor_move(struct acceptor *acceptor, int fd)
{
	event_del(&acceptor->acceptable);
	event_del(&acceptor->again);
	acceptor->fd = fd;
	acceptor->paced = false;
	event_assign(&acceptor->acceptable, acceptor->connections->base, fd, EV_READ | EV_PERSIST,
		accept_conns, acceptor);
	event_add(&acceptor->acceptable, NULL);
}

void acceptor_deinit(struct acceptor *acceptor)
{
	event_del(&acceptor->acceptable);
	event_del(&acceptor->again);
	event_del(&acceptor->pace);
	descriptor_close(&acceptor->pace_fd);
}
