/* SPDX-License-Identifier: MIT */
/*
 * The link to the keeper. A message is sent without waiting, unless the keeper is slow. If the
 * keeper has gone or is stuck, another keeper replaces it, and the broker hands everything over to
 * that one.
 */
#include "daemon/keeper-link.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/descriptor.h"
#include "base/log.h"
#include "daemon/keeper-start.h"
#include "daemon/keeper-state.h"
#include "wire/keeper.h"

/* Milliseconds. */
#define START_MS 10000 /* for the first keeper: it has the last broker's state */
#define NEXT_MS  1000  /* for the next keeper */
#define HELLO_MS 50    /* for a keeper's HELLO at a further attempt: all clients wait meanwhile */
#define PAUSE_MS 10    /* from one attempt to the next */

/*
 * Room for all messages that come while the keeper rests between two bursts. The kernel has a
 * maximum.
 */
#define SEND_BUFFER (1 << 20)

static const struct timeval again_after = {.tv_sec = 1};

static void pause_a_little(void)
{
	nanosleep(&(const struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

void keeper_link_close(struct keeper_link *link)
{
	if (event_initialized(&link->readable))
		event_del(&link->readable);
	if (event_initialized(&link->again))
		event_del(&link->again);
	descriptor_close(&link->fd);
	descriptor_close(&link->pidfd);
}

bool keeper_link_is_own(const struct keeper_link *link)
{
	return !link->path;
}

/* One attempt. 0 or a negative errno. */
static int reach(struct keeper_link *link)
{
	const int size = SEND_BUFFER;
	const int fd = link->path ? keeper_connect(link->path)
				  : keeper_start(link->arguments, &link->pidfd);

	if (fd < 0)
		return fd;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	link->fd = fd;
	link->handed = 0;
	return 0;
}

/*
 * Receives one message. timeout_ms: how long to wait; 0: do not wait (-EAGAIN). A HELLO is not
 * returned: its pidfd is taken, and the next message is received.
 */
static int receive(struct keeper_link *link, struct keeper_message *message, int timeout_ms)
{
	struct pollfd readable = {.fd = link->fd, .events = POLLIN};
	int error;

	for (;;) {
		if (timeout_ms > 0 && poll(&readable, 1, timeout_ms) == 0)
			return -ETIMEDOUT;
		error = keeper_receive(link->fd, message, MSG_DONTWAIT);
		if (error == -EINTR || (error == -EAGAIN && timeout_ms > 0))
			continue;
		if (error < 0 || message->op != KEEPER_HELLO)
			return error;
		descriptor_close(&link->pidfd);
		link->pidfd = message->fd;
	}
}

static int take_batch(struct keeper_link *link, uint64_t *after,
	void (*take)(void *data, uint64_t id, int fd), void *data)
{
	const struct keeper_message request = {.op = KEEPER_TAKE, .id = *after, .fd = -1};
	struct keeper_message message;
	int error = keeper_send(link->fd, &request, 0);
	int count = 0;

	while (error == 0) {
		error = receive(link, &message, START_MS);
		if (error < 0)
			break;
		if (message.op == KEEPER_END)
			return count;
		if (message.op != KEEPER_HELD || message.id <= *after) {
			descriptor_close(&message.fd);
			return -EBADMSG;
		}
		*after = message.id;
		count++;
		take(data, message.id, message.fd);
	}
	return error;
}

int keeper_link_take_over(
	struct keeper_link *link, void (*take)(void *data, uint64_t id, int fd), void *data)
{
	uint64_t after = 0;
	int count;

	do {
		count = take_batch(link, &after, take, data);
	} while (count == KEEPER_BATCH);
	return count < 0 ? count : 0;
}

/*
 * Whether the keeper does not receive any more, but has not closed the link: the service manager
 * ends the keeper, which leaves all that it has with the manager.
 */
static bool is_leaving(const struct keeper_link *link, int error)
{
	struct pollfd closed = {.fd = link->fd};

	return error == -EPIPE && poll(&closed, 1, 0) == 0;
}

/*
 * Ends the link, and kills the keeper. A keeper that lived on would do harm:
 * (1) A keeper that somebody else runs would come back with descriptors that were dropped
 *     meanwhile.
 * (2) The broker's own keeper would think that the broker has died, and start a second broker.
 * False: the keeper was not there to be killed.
 */
static bool abandon(struct keeper_link *link)
{
	struct keeper_message message;
	bool killed = false;

	if (link->fd >= 0 && event_initialized(&link->readable))
		event_del(&link->readable);
	if (link->fd >= 0 && link->pidfd < 0 && receive(link, &message, 0) == 0)
		descriptor_close(&message.fd);
	if (link->pidfd >= 0)
		killed = syscall(SYS_pidfd_send_signal, link->pidfd, SIGKILL, NULL, 0) == 0;
	descriptor_close(&link->fd);
	descriptor_close(&link->pidfd);
	return killed;
}

/* Waits for room until the keeper is stuck. 0 or a negative errno; -ETIMEDOUT: it is stuck. */
static int send_message(struct keeper_link *link, const struct keeper_message *message)
{
	struct pollfd writable = {.fd = link->fd, .events = POLLOUT};
	struct keeper_wait wait = {0};
	int error;

	while ((error = keeper_send(link->fd, message, MSG_DONTWAIT)) < 0) {
		if (error != -EAGAIN && error != -ETOOMANYREFS && error != -EINTR)
			return error;
		if (keeper_is_stuck(link->pidfd, &wait))
			return -ETIMEDOUT;
		/* this limit counts per uid: poll would not wait for it */
		if (error == -ETOOMANYREFS)
			pause_a_little();
		else
			poll(&writable, 1, PAUSE_MS);
	}
	link->handed++;
	return 0;
}

static void readable(int fd, short what, void *data);

static int watch_link(struct keeper_link *link, struct event_base *base)
{
	event_assign(&link->readable, base, link->fd, EV_READ | EV_PERSIST, readable, link);
	return event_add(&link->readable, NULL) < 0 ? -ENOMEM : 0;
}

static void tell_missing(struct keeper_link *link, int error)
{
	if (!link->missing)
		log_write(LOG_ERR,
			"there is no keeper: %s; until there is one, all is lost if prshmd "
			"is killed",
			strerror(-error));
	link->missing = true;
	event_base_update_cache_time(event_get_base(&link->again)); /* we may have waited */
	event_add(&link->again, &again_after);
}

/*
 * Waits for HELLO, a keeper's first message. A keeper that was just killed may have accepted this
 * connection before it died. Then HELLO does not come, and nothing must be sent.
 */
static int await_hello(struct keeper_link *link, int timeout_ms)
{
	struct pollfd hello = {.fd = link->fd, .events = POLLIN};
	struct keeper_message message;
	int error;

	if (poll(&hello, 1, timeout_ms) <= 0)
		return -ETIMEDOUT;
	error = receive(link, &message, 0);
	if (error == 0)
		descriptor_close(&message.fd);
	return error == -EAGAIN ? 0 : -ECONNRESET; /* 0: HELLO has come, and nothing behind it */
}

/*
 * Reaches a keeper and waits for its HELLO. limit: in milliseconds, for all attempts; 0: one
 * attempt.
 */
static int reach_within(struct keeper_link *link, int64_t limit)
{
	const int64_t deadline = clock_milliseconds() + limit;
	int error;

	for (;;) {
		error = reach(link);
		if (error == 0) {
			error = await_hello(link, limit > 0 ? (int)limit : HELLO_MS);
			if (error < 0)
				abandon(link);
		}
		if (error == 0 || clock_milliseconds() >= deadline)
			return error;
		pause_a_little();
	}
}

/*
 * Only a keeper at a path is waited for: an old one may be ending there, and a new one starting.
 * With passed_fd the keeper has started this broker, and runs. Otherwise the broker starts a new
 * keeper.
 */
int keeper_link_open(struct keeper_link *link, const char *path, int passed_fd, char **arguments)
{
	int error = 0;

	*link = (struct keeper_link){
		.fd = passed_fd, .pidfd = -1, .path = path, .arguments = arguments};
	signal(SIGCHLD, SIG_IGN); /* a keeper of ours that ends leaves no zombie */
	if (passed_fd < 0)
		error = path ? reach_within(link, START_MS) : reach(link);
	if (error < 0 && path)
		log_write(LOG_ERR, "%s: no keeper: %s", path, strerror(-error));
	else if (error < 0)
		log_write(LOG_ERR, "cannot start prshm-keeper: %s; --no-keeper goes without",
			strerror(-error));
	return error;
}

/* Hands everything over to another keeper. limit: milliseconds to try for; 0: one attempt. */
static void hand_over(struct keeper_link *link, int64_t limit)
{
	struct event_base *base = event_get_base(&link->again);
	int error;

	link->handing_over = true;
	error = reach_within(link, limit);
	if (error == 0) {
		link->put_all(link->data);
		if (link->fd < 0)
			error = -ETIMEDOUT;
		else
			error = watch_link(link, base);
	}
	link->handing_over = false;
	if (error < 0) {
		tell_missing(link, error);
		return;
	}
	log_write(LOG_NOTICE, "another keeper has been handed all %ju descriptors",
		(uintmax_t)link->handed);
	link->missing = false;
}

/* The link has failed. Whatever the error is, the keeper is replaced. */
static void lose(struct keeper_link *link, int error)
{
	bool killed = false;

	if (is_leaving(link, error))
		descriptor_close(&link->pidfd);
	killed = abandon(link);
	if (killed && error != -ECONNRESET && error != -EPIPE)
		log_write(LOG_WARNING, "the keeper is killed: %s",
			error == -ETIMEDOUT ? "it reads nothing" : strerror(-error));
	else
		log_write(LOG_WARNING, "the keeper has gone");
	if (!link->handing_over && event_initialized(&link->again))
		hand_over(link, NEXT_MS);
}

static void readable(int fd, short what, void *data)
{
	struct keeper_link *link = data;
	struct keeper_message message;
	int error = receive(link, &message, 0);

	(void)fd;
	(void)what;
	if (error == 0)
		descriptor_close(&message.fd); /* nothing but HELLO is expected */
	else if (error != -EAGAIN)
		lose(link, error);
}

static void try_again(int fd, short what, void *data)
{
	(void)fd;
	(void)what;
	hand_over(data, 0);
}

int keeper_link_watch(
	struct keeper_link *link, struct event_base *base, void (*put_all)(void *data), void *data)
{
	link->put_all = put_all;
	link->data = data;
	evtimer_assign(&link->again, base, try_again, link);
	return watch_link(link, base);
}

static void tell_keeper(struct keeper_link *link, const struct keeper_message *message)
{
	int error;

	if (link->fd < 0)
		return;
	error = send_message(link, message);
	if (error == 0)
		return;
	lose(link, error);
	/* Once more, to the new keeper: put_all may not have sent what this message brings. */
	if (link->fd >= 0 && !link->handing_over)
		send_message(link, message);
}

void keeper_link_put(struct keeper_link *link, uint64_t id, int fd)
{
	tell_keeper(link, &(struct keeper_message){.op = KEEPER_PUT, .id = id, .fd = fd});
}

void keeper_link_drop(struct keeper_link *link, uint64_t id, bool is_small)
{
	tell_keeper(link,
		&(struct keeper_message){.op = KEEPER_DROP, .count = is_small, .id = id, .fd = -1});
}

bool keeper_link_settle(struct keeper_link *link)
{
	struct pollfd closed = {.fd = link->fd};

	if (link->fd >= 0 && poll(&closed, 1, 0) > 0)
		abandon(link);
	if (link->fd < 0 && event_initialized(&link->again))
		hand_over(link, NEXT_MS);
	return link->fd >= 0;
}

void keeper_link_leave(struct keeper_link *link)
{
	const struct keeper_message leave = {.op = KEEPER_LEAVE, .fd = -1};
	struct pollfd ended = {.fd = link->pidfd, .events = POLLIN};

	if (link->fd >= 0 && send_message(link, &leave) < 0)
		abandon(link);
	/*
	 * Wait for its end: it has the listening socket and the lock, and the next broker needs
	 * both.
	 */
	else if (link->pidfd >= 0)
		poll(&ended, 1, START_MS);
}
