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
 * Against processes that connect and go again for nothing, as fast as they can. Once a connection
 * was for nothing, accepting is paced, until none was for QUIET:
 * (1) One connection waits to be accepted. Who connects then waits in connect(2), where the kernel
 *     wakes one for each accept, in the order in which they came. With room for more, whoever runs
 *     first would take all of that before the next one that was woken gets to a processor; a
 *     newcomer would be the last for long.
 * (2) One is accepted a turn, so that the next one that waits comes in between.
 * (3) After BURST that were for nothing, none is accepted for REST. Otherwise the broker would need
 *     more than its share of the processor, and then have to wait for a processor like the
 *     processes that burn it, with all its clients.
 */
#define ACCEPTS_A_TURN 64
#define PACED_BACKLOG  0 /* one more than that waits: listen(2) counts so */
#define BURST          6
#define REST           250000 /* nanoseconds */
#define QUIET          100000 /* microseconds */

static const struct timeval accept_pause = {.tv_usec = 100000};
static const struct timeval quiet_time = {.tv_usec = QUIET};

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
static void rest(struct acceptor *acceptor)
{
	const struct itimerspec after = {.it_value = {.tv_nsec = REST}};

	acceptor->burst = 0;
	if (timerfd_settime(acceptor->rest_fd, 0, &after, NULL) == 0)
		event_del(&acceptor->acceptable);
}

static void set_backlog(const struct acceptor *acceptor)
{
	/* again: only the number changes */
	listen(acceptor->fd, acceptor->paced ? PACED_BACKLOG : SOMAXCONN);
}

static void set_paced(struct acceptor *acceptor, bool paced)
{
	acceptor->paced = paced;
	acceptor->drained = false;
	acceptor->burst = 0;
	set_backlog(acceptor);
	if (paced)
		event_add(&acceptor->quiet, &quiet_time);
}

/*
 * Whether connections were for nothing since the timer began is seen only here: a flood does not
 * set timers.
 */
static void quiet_over(int fd, short what, void *data)
{
	struct acceptor *acceptor = data;

	(void)fd;
	(void)what;
	if (acceptor->in_vain)
		event_add(&acceptor->quiet, &quiet_time);
	else
		set_paced(acceptor, false);
	acceptor->in_vain = false;
}

/*
 * wasted: how many connections were for nothing since the last time, accepted in this turn or
 * before. all: nobody waits any more. What the flood had put into the backlog before it was made
 * small is accepted at once.
 */
static void pace(struct acceptor *acceptor, uint64_t wasted, bool all)
{
	acceptor->in_vain = acceptor->in_vain || wasted > 0;
	if (!acceptor->paced && wasted > 0)
		set_paced(acceptor, true);
	else if (acceptor->drained)
		acceptor->burst += wasted;
	acceptor->drained = acceptor->drained || (acceptor->paced && all);
	if (acceptor->burst >= BURST)
		rest(acceptor);
}

/*
 * Several in a turn of the event loop. A turn takes as long as there are clients with requests, and
 * behind a flood of connections a newcomer would wait a turn for each of them.
 */
static void accept_some(struct acceptor *acceptor)
{
	const uint64_t before = acceptor->wasted_before;
	const int most = acceptor->drained ? 1 : ACCEPTS_A_TURN;
	int count = 0;

	while (count < most && accept_conn(acceptor))
		count++;
	acceptor->wasted_before = acceptor->connections->wasted;
	if (!event_pending(&acceptor->again, EV_TIMEOUT, NULL))
		pace(acceptor, acceptor->wasted_before - before, count < most);
}

static void accept_conns(int fd, short what, void *data)
{
	(void)fd;
	(void)what;
	accept_some(data);
}

static void rest_over(int fd, short what, void *data)
{
	struct acceptor *acceptor = data;
	uint64_t expirations;

	(void)what;
	if (read(fd, &expirations, sizeof(expirations)) > 0 &&
		!event_pending(&acceptor->again, EV_TIMEOUT, NULL))
		event_add(&acceptor->acceptable, NULL);
}

int acceptor_init(struct acceptor *acceptor, struct connections *connections, int fd)
{
	struct event_base *base = connections->base;

	*acceptor = (struct acceptor){.connections = connections, .fd = fd};
	acceptor->rest_fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
	if (acceptor->rest_fd < 0)
		return -errno;
	set_backlog(acceptor); /* the last broker may have been killed while it was paced */
	evtimer_assign(&acceptor->again, base, try_again, acceptor);
	evtimer_assign(&acceptor->quiet, base, quiet_over, acceptor);
	event_assign(&acceptor->acceptable, base, fd, EV_READ | EV_PERSIST, accept_conns, acceptor);
	event_assign(&acceptor->rest, base, acceptor->rest_fd, EV_READ | EV_PERSIST, rest_over,
		acceptor);
	if (event_add(&acceptor->acceptable, NULL) < 0 || event_add(&acceptor->rest, NULL) < 0)
		return -ENOMEM;
	return 0;
}

void acceptor_move(struct acceptor *acceptor, int fd)
{
	event_del(&acceptor->acceptable);
	event_del(&acceptor->again);
	event_del(&acceptor->quiet);
	acceptor->fd = fd;
	acceptor->paced = acceptor->drained = false;
	event_assign(&acceptor->acceptable, acceptor->connections->base, fd, EV_READ | EV_PERSIST,
		accept_conns, acceptor);
	event_add(&acceptor->acceptable, NULL);
}

void acceptor_deinit(struct acceptor *acceptor)
{
	event_del(&acceptor->acceptable);
	event_del(&acceptor->again);
	event_del(&acceptor->quiet);
	event_del(&acceptor->rest);
	descriptor_close(&acceptor->rest_fd);
}
