/* SPDX-License-Identifier: MIT */
/* A watch and its connection. */
#include "client-lib/subscription.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "client-lib/connection.h"
#include "client-lib/descriptor.h"
#include "client-lib/guard.h"

#define TRIES             3
#define RECONNECT_SECONDS 1

static LIST_HEAD(, subscription) all = LIST_HEAD_INITIALIZER(all);
static unsigned int lists; /* how many lists were given up in copies of the process */

/*
 * The timer's mark, by which it is known from any timer of the program: an interval of 34 years and
 * some nanoseconds. (All timers, and other descriptors like them, have one inode.)
 */
static struct timespec timer_mark(const struct subscription *subscription)
{
	return (struct timespec){
		.tv_sec = 1 << 30,
		.tv_nsec = (long)((uintptr_t)subscription / sizeof(void *) % 1000000000),
	};
}

static bool is_own_timer(const struct subscription *subscription)
{
	const struct timespec mark = timer_mark(subscription);
	struct itimerspec found;

	return timerfd_gettime(subscription->source, &found) == 0 &&
	       found.it_interval.tv_sec == mark.tv_sec && found.it_interval.tv_nsec == mark.tv_nsec;
}

/* The program may have closed the source; its number may be another file's by now. */
static bool is_own_source(const struct subscription *subscription)
{
	if (subscription->source < 0)
		return false;
	return subscription->connected
		       ? descriptor_socket_id(subscription->source) == subscription->id
		       : is_own_timer(subscription);
}

/* Only the watch's own epoll has the watch's source in it. */
static bool is_own_epoll(const struct subscription *subscription)
{
	struct epoll_event event = {.events = EPOLLIN};

	return epoll_ctl(subscription->fd, EPOLL_CTL_MOD, subscription->source, &event) == 0;
}

static void close_all(struct subscription *subscription)
{
	const bool source = is_own_source(subscription);
	const bool epoll = source && subscription->fd >= 0 && is_own_epoll(subscription);

	if (source)
		close(subscription->source);
	if (epoll)
		close(subscription->fd);
	subscription->source = -1;
	subscription->fd = -1;
	subscription->left = 0;
}

/*
 * A copy of the connection would keep the original's watch alive after the original's end. What is
 * in a broken list is closed when it is freed.
 */
static void renew(bool broken)
{
	struct subscription *subscription;

	if (broken) {
		LIST_INIT(&all);
		lists++;
	}
	LIST_FOREACH(subscription, &all, in_all) {
		close_all(subscription);
	}
}

GUARD(guard, renew);

int subscription_fd(const struct subscription *subscription)
{
	guard_notice_copy();
	return subscription->list == lists ? subscription->fd : -1;
}

/*
 * Takes the descriptor, also when it fails. The old source is closed only when there is a new one:
 * without a source the epoll could not be told from the program's own.
 */
static int set_source(struct subscription *subscription, int fd, bool connected)
{
	struct epoll_event event = {.events = EPOLLIN};
	int error;

	fd = descriptor_above_standard(fd);
	if (fd < 0)
		return fd;
	if (epoll_ctl(subscription->fd, EPOLL_CTL_ADD, fd, &event) < 0) {
		error = -errno;
		close(fd);
		return error;
	}
	if (is_own_source(subscription))
		close(subscription->source);
	subscription->source = fd;
	subscription->connected = connected;
	subscription->id = connected ? descriptor_socket_id(fd) : 0;
	subscription->left = 0;
	return 0;
}

static struct wire_request make_request(const struct subscription *subscription)
{
	return (struct wire_request){
		.header = {.op = WIRE_OP_WATCH, .serial = subscription->serial},
		.watch = subscription->watch,
		.name = subscription->prefix,
		.name_length = subscription->prefix_length,
	};
}

/* Begins the watch for the first time, with the time-out of any other call. */
static int begin_once(struct subscription *subscription)
{
	struct wire_request request = make_request(subscription);
	struct channel channel = {0};
	struct broker_answer answer;
	int fd = connection_make_another(CONNECTION_SECONDS);
	int outcome;

	if (fd < 0)
		return fd;
	outcome = channel_start(&channel, fd, CONNECTION_SECONDS);
	if (outcome == 0)
		outcome = channel_call(&channel, &request, &answer);
	if (outcome != 0) {
		if (channel_is_own(&channel))
			close(fd);
		return outcome;
	}
	subscription->serial = channel.serial;
	return set_source(subscription, fd, true);
}

static int begin(struct subscription *subscription)
{
	int outcome = -ECONNRESET;

	for (int i = 0; i < TRIES && (outcome == -ECONNRESET || outcome == -EPIPE); i++)
		outcome = begin_once(subscription);
	return outcome;
}

int subscription_new(const struct wire_watch *watch, const char *prefix, size_t length,
	struct subscription **out)
{
	struct subscription *subscription = calloc(1, sizeof(*subscription));
	int outcome;

	if (!subscription)
		return -ENOMEM;
	subscription->watch = *watch;
	subscription->source = -1;
	subscription->prefix_length = length;
	memcpy(subscription->prefix, prefix, length);
	subscription->fd = epoll_create1(EPOLL_CLOEXEC);
	subscription->fd =
		subscription->fd < 0 ? -errno : descriptor_above_standard(subscription->fd);
	outcome = subscription->fd < 0 ? subscription->fd : begin(subscription);
	if (outcome != 0) {
		if (subscription->fd >= 0)
			close(subscription->fd);
		free(subscription);
		return outcome;
	}
	guard_lock(&guard);
	subscription->list = lists;
	LIST_INSERT_HEAD(&all, subscription, in_all);
	guard_unlock(&guard);
	*out = subscription;
	return 0;
}

void subscription_free(struct subscription *subscription)
{
	if (!subscription)
		return;
	guard_lock(&guard);
	if (subscription->list == lists)
		LIST_REMOVE(subscription, in_all);
	guard_unlock(&guard);
	close_all(subscription);
	free(subscription);
}

/*
 * Does not wait for the answer. The serial is the same each time: a broker that was restarted may
 * have read WATCH already, and then drops this copy.
 */
static int ask(struct subscription *subscription)
{
	struct wire_request request;
	struct wire_message message;

	subscription->asked = true;
	subscription->missed = true;
	request = make_request(subscription);
	return wire_encode_request(&request, &message)
		       ? wire_send(subscription->source, &message, MSG_DONTWAIT)
		       : -EPROTO;
}

static int reconnect(struct subscription *subscription)
{
	int fd = connection_make_another(RECONNECT_SECONDS);
	int error = fd < 0 ? fd : set_source(subscription, fd, true);

	subscription->asked = false;
	return error < 0 ? error : ask(subscription);
}

/*
 * Tells the caller why, once; then the timer is the source, until it is time to look for a broker.
 */
static int seek_later(struct subscription *subscription, int why)
{
	const int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	const struct itimerspec after = {
		.it_interval = timer_mark(subscription),
		.it_value = {.tv_nsec = 500000000},
	};
	int error;

	if (timer < 0)
		return -errno;
	timerfd_settime(timer, 0, &after, NULL);
	error = set_source(subscription, timer, false);
	if (error < 0)
		return error;
	why = subscription->told ? -EAGAIN : why;
	subscription->told = true;
	return why;
}

/* Reconnects at once; or later, if the broker ended the connection before it replied to WATCH. */
static int lose(struct subscription *subscription, int why)
{
	const bool again = !subscription->asked;
	int error;

	subscription->left = 0;
	if (!again)
		return seek_later(subscription, why);
	error = reconnect(subscription);
	return error < 0 ? seek_later(subscription, error) : 0;
}

static int seek(struct subscription *subscription)
{
	uint64_t times;
	int error;

	if (read(subscription->source, &times, sizeof(times)) < 0)
		return -EAGAIN;
	error = reconnect(subscription);
	return error < 0 ? seek_later(subscription, error) : 0;
}

/* Takes the message that was peeked at out of the socket: the same bytes to the same place. */
static int take_message(struct subscription *subscription)
{
	return wire_receive(subscription->source, &subscription->message, 0, MSG_DONTWAIT);
}

/* The answer to WATCH, or a message that answers no request. 0: there may be more messages. */
static int take_answer(struct subscription *subscription)
{
	const struct wire_header *header = &subscription->reply.header;

	take_message(subscription);
	if (header->op == 0 && header->status == STATUS_RESTARTED)
		return ask(subscription) == 0 ? 0 : lose(subscription, -ECONNRESET);
	if (header->status != STATUS_OK)
		return lose(subscription, header->status);
	subscription->asked = false;
	subscription->told = false;
	return 0;
}

static int look_at_message(struct subscription *subscription)
{
	const struct wire_header *header = &subscription->reply.header;
	struct wire_message *message = &subscription->message;
	const int error = wire_receive(subscription->source, message, 0, MSG_DONTWAIT | MSG_PEEK);

	if (error == -EAGAIN || error == -EINTR)
		return -EAGAIN;
	if (error < 0)
		return lose(subscription, error);
	if (wire_decode_reply(message->bytes, message->length, &subscription->reply) != STATUS_OK)
		return lose(subscription, -EPROTO);
	if (header->op != 0 &&
		(header->op != WIRE_OP_WATCH || header->serial != subscription->serial))
		return lose(subscription, -EPROTO);
	if (header->status != STATUS_OK || subscription->reply.watched.count == 0)
		return take_answer(subscription);
	subscription->left = subscription->reply.watched.count;
	subscription->used = 0;
	return 0;
}

static int take_event(
	struct subscription *subscription, struct wire_event *event, const char **name)
{
	const struct wire_reply *reply = &subscription->reply;

	if (!wire_get_event(reply->tail, reply->tail_length, &subscription->used, event, name) ||
		event->name_length > WIRE_NAME_MAX)
		return lose(subscription, -EPROTO);
	if (--subscription->left == 0)
		take_message(subscription);
	return 0;
}

static void make_overflow(
	struct subscription *subscription, struct wire_event *event, const char **name)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	*event = (struct wire_event){
		.time = (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec,
		.kind = WIRE_EVENT_OVERFLOW,
		.uid = UINT32_MAX,
	};
	*name = "";
	subscription->missed = false;
}

int subscription_next(
	struct subscription *subscription, struct wire_event *event, const char **name)
{
	int outcome = 0;

	if (subscription_fd(subscription) < 0)
		return -EBADF;
	/*
	 * Taking an event that was received already needs no descriptor, except for the last one.
	 */
	if (subscription->left <= 1 &&
		(!is_own_source(subscription) || !is_own_epoll(subscription)))
		return -EBADF;
	while (outcome == 0) {
		/*
		 * After the answer: a caller that lists all segments now misses nothing afterwards.
		 */
		if (subscription->missed && subscription->connected && !subscription->asked) {
			make_overflow(subscription, event, name);
			return 0;
		}
		if (subscription->left > 0)
			return take_event(subscription, event, name);
		outcome = subscription->connected ? look_at_message(subscription)
						  : seek(subscription);
	}
	return outcome;
}
