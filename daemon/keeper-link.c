/* SPDX-License-Identifier: MIT */
/* The way to the keeper, and to another one; keeper-link.h tells the idea. */
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
#include "daemon/keeper-start.h"
#include "base/log.h"
#include "wire/keeper.h"

#define START_MS 10000 /* for the first keeper: without one the state of the last broker is not known */
#define STUCK_MS 1000
#define HELLO_MS 50 /* at each further attempt, while all clients wait */
#define PAUSE_MS 10

/* Room for what one burst of the keeper's leaves unread; the kernel bounds it. */
#define SEND_BUFFER (1 << 20)

static const struct timeval again_after = {.tv_sec = 1};

static void pause_a_little(void)
{
	nanosleep(&(const struct timespec){.tv_nsec = PAUSE_MS * 1000000L}, NULL);
}

static void forget(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

void keeper_link_close(struct keeper_link *link)
{
	if (event_initialized(&link->readable))
		event_del(&link->readable);
	if (event_initialized(&link->again))
		event_del(&link->again);
	forget(&link->fd);
	forget(&link->pidfd);
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

static int reach_within(struct keeper_link *link, int64_t limit)
{
	const int64_t deadline = clock_milliseconds() + limit;
	int error;

	while ((error = reach(link)) < 0 && link->path && clock_milliseconds() < deadline)
		pause_a_little();
	return error;
}

int keeper_link_open(
	struct keeper_link *link, const char *path, int passed_fd, char **arguments)
{
	int error = 0;

	*link = (struct keeper_link){
		.fd = passed_fd, .pidfd = -1, .path = path, .arguments = arguments};
	signal(SIGCHLD, SIG_IGN); /* a keeper of ours that ends leaves no zombie */
	if (passed_fd < 0)
		error = reach_within(link, START_MS);
	if (error < 0 && path)
		log_write(LOG_ERR, "%s: no keeper: %s", path, strerror(-error));
	else if (error < 0)
		log_write(LOG_ERR, "cannot start prshm-keeper: %s; --no-keeper goes without",
			strerror(-error));
	return error;
}

/* Waits for one message, but not for ever. HELLO is dealt with here. */
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
		forget(&link->pidfd);
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
			forget(&message.fd);
			return -EBADMSG;
		}
		*after = message.id;
		count++;
		take(data, message.id, message.fd);
	}
	return error;
}

int keeper_link_take(struct keeper_link *link, void (*take)(void *data, uint64_t id, int fd),
	void *data)
{
	uint64_t after = 0;
	int count;

	do {
		count = take_batch(link, &after, take, data);
	} while (count == KEEPER_BATCH);
	return count < 0 ? count : 0;
}

/*
 * Not ours any more. One that lives would come back, or, being ours, take us for dead and start a second
 * broker, or keep what is dropped meanwhile: so it must not live. False: it was not there to be killed.
 */
static bool abandon(struct keeper_link *link)
{
	struct keeper_message message;
	bool killed = false;

	if (link->fd >= 0 && event_initialized(&link->readable))
		event_del(&link->readable);
	if (link->fd >= 0 && link->pidfd < 0 && receive(link, &message, 0) == 0)
		forget(&message.fd);
	if (link->pidfd >= 0)
		killed = syscall(SYS_pidfd_send_signal, link->pidfd, SIGKILL, NULL, 0) == 0;
	forget(&link->fd);
	forget(&link->pidfd);
	return killed;
}

/* Up to a second for a keeper that is slow; 0 or a negative errno, -ETIMEDOUT: it is stuck. */
static int send_message(struct keeper_link *link, const struct keeper_message *message)
{
	struct pollfd writable = {.fd = link->fd, .events = POLLOUT};
	int64_t deadline = 0;
	int error;

	while ((error = keeper_send(link->fd, message, MSG_DONTWAIT)) < 0) {
		if (error != -EAGAIN && error != -ETOOMANYREFS && error != -EINTR)
			return error;
		if (deadline == 0)
			deadline = clock_milliseconds() + STUCK_MS;
		if (clock_milliseconds() >= deadline)
			return -ETIMEDOUT;
		if (error == -ETOOMANYREFS) /* of this uid's together: there is nothing to poll for */
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
		log_write(LOG_ERR, "there is no keeper: %s; until there is one, all is lost if prshmd "
			"is killed", strerror(-error));
	link->missing = true;
	event_base_update_cache_time(event_get_base(&link->again)); /* we may have waited */
	event_add(&link->again, &again_after);
}

/*
 * It says HELLO first. Nothing is handed to one that does not: it may be on its way out, and its socket still
 * there.
 */
static int greet(struct keeper_link *link, int timeout_ms)
{
	struct pollfd hello = {.fd = link->fd, .events = POLLIN};
	struct keeper_message message;
	int error;

	if (poll(&hello, 1, timeout_ms) <= 0)
		return -ETIMEDOUT;
	error = receive(link, &message, 0);
	if (error == 0)
		forget(&message.fd);
	return error == -EAGAIN ? 0 : -ECONNRESET; /* HELLO has come, and nothing else */
}

static int reach_and_greet(struct keeper_link *link, int64_t limit)
{
	const int64_t deadline = clock_milliseconds() + limit;
	int error;

	for (;;) {
		error = reach(link);
		if (error == 0) {
			error = greet(link, limit > 0 ? STUCK_MS : HELLO_MS);
			if (error < 0)
				abandon(link);
		}
		if (error == 0 || clock_milliseconds() >= deadline)
			return error;
		pause_a_little();
	}
}

/* Another keeper, which gets everything. */
static void restore(struct keeper_link *link, int64_t limit)
{
	struct event_base *base = event_get_base(&link->again);
	int error;

	link->restoring = true;
	error = reach_and_greet(link, limit);
	if (error == 0) {
		link->hand_over(link->data);
		if (link->fd < 0)
			error = -ETIMEDOUT;
		else
			error = watch_link(link, base);
	}
	link->restoring = false;
	if (error < 0) {
		tell_missing(link, error);
		return;
	}
	log_write(LOG_NOTICE, "another keeper has been handed all %ju descriptors",
		(uintmax_t)link->handed);
	link->missing = false;
}

/* What is wrong with the link is the keeper's trouble, or it has gone. */
static void lose(struct keeper_link *link, int error)
{
	const bool killed = abandon(link);

	if (killed && error != -ECONNRESET && error != -EPIPE)
		log_write(LOG_WARNING, "the keeper is killed: %s",
			error == -ETIMEDOUT ? "it reads nothing" : strerror(-error));
	else
		log_write(LOG_WARNING, "the keeper has gone");
	if (!link->restoring && event_initialized(&link->again))
		restore(link, STUCK_MS);
}

static void readable(int fd, short what, void *data)
{
	struct keeper_link *link = data;
	struct keeper_message message;
	int error = receive(link, &message, 0);

	(void)fd;
	(void)what;
	if (error == 0)
		forget(&message.fd); /* nothing but HELLO is expected */
	else if (error != -EAGAIN)
		lose(link, error);
}

static void try_again(int fd, short what, void *data)
{
	(void)fd;
	(void)what;
	restore(data, 0);
}

int keeper_link_watch(struct keeper_link *link, struct event_base *base,
	void (*hand_over)(void *data), void *data)
{
	link->hand_over = hand_over;
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
	/* Also if it was among all that was handed over: it may be a new journal, not yet in use. */
	if (link->fd >= 0 && !link->restoring)
		send_message(link, message);
}

void keeper_link_put(struct keeper_link *link, uint64_t id, int fd)
{
	tell_keeper(link, &(struct keeper_message){.op = KEEPER_PUT, .id = id, .fd = fd});
}

void keeper_link_drop(struct keeper_link *link, uint64_t id)
{
	tell_keeper(link, &(struct keeper_message){.op = KEEPER_DROP, .id = id, .fd = -1});
}

void keeper_link_settle(struct keeper_link *link)
{
	if (link->fd < 0 && event_initialized(&link->again))
		restore(link, STUCK_MS);
}

void keeper_link_leave(struct keeper_link *link)
{
	const struct keeper_message leave = {.op = KEEPER_LEAVE, .fd = -1};
	struct pollfd ended = {.fd = link->pidfd, .events = POLLIN};

	if (link->fd >= 0 && send_message(link, &leave) < 0)
		abandon(link);
	/* It has the listening socket and its lock, which the next broker may want at once. */
	else if (link->pidfd >= 0)
		poll(&ended, 1, START_MS);
}
