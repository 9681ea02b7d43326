/* SPDX-License-Identifier: MIT */
/* This process's one connection to the broker. */
#include "client-lib/connection.h"

#include <errno.h>
#include <time.h>
#include <unistd.h>

#include "client-lib/channel.h"
#include "client-lib/clock.h"
#include "client-lib/guard.h"
#include "client-lib/locate.h"

/* Broker and keeper, if both are killed again and again, may break that many connections. */
#define TRIES 8

static struct {
	int fd;                  /* -1: not connected */
	uint64_t number;         /* of this connection; a handle belongs to one connection */
	struct channel channel;  /* the requests on fd */
	struct timespec gave_up; /* when a request last timed out */
	uid_t uid;               /* the effective uid at connect: what the broker goes by */
} connection = {.fd = -1};

static const struct connection_listener *listener; /* NULL: none */

static void renew(bool broken);

GUARD(guard, renew);

/* *since: when this thread began to wait for the lock; all zeros if there was no wait. */
static void lock_since(struct timespec *since)
{
	*since = (struct timespec){0};
	if (!guard_try_lock(&guard)) {
		clock_gettime(CLOCK_MONOTONIC, since);
		guard_lock(&guard);
	}
}

static void drop(void)
{
	if (connection.fd >= 0 && channel_is_own(&connection.channel))
		close(connection.fd);
	if (connection.fd >= 0)
		channel_end(&connection.channel);
	connection.fd = -1;
	connection.number++;
}

/* The page with the parked handles goes, too. */
static void disconnect(void)
{
	if (listener)
		listener->end();
	drop();
}

/*
 * Two processes on one connection would read each other's replies: the copy makes its own. If the
 * guard was held, the ring may be unmapped already; then the copy keeps its mapping of a page.
 */
static void renew(bool broken)
{
	if (broken)
		connection.channel.ring = NULL;
	drop(); /* the listener renews itself */
}

void connection_listen(const struct connection_listener *told)
{
	guard_lock(&guard);
	listener = told;
	if (connection.fd >= 0 && connection.channel.ring)
		told->begin(connection.number, connection.uid, connection.channel.ring);
	guard_unlock(&guard);
}

static int make_connection(void)
{
	int error;
	int fd;

	/* A process that was root when it connected must not stay root to the broker. */
	if (connection.fd >= 0 && connection.uid != geteuid())
		disconnect();
	if (connection.fd >= 0)
		return 0;
	fd = locate_connect(CONNECTION_SECONDS);
	if (fd < 0)
		return fd;
	error = channel_start(&connection.channel, fd, CONNECTION_SECONDS);
	if (error < 0)
		return error;
	connection.fd = fd;
	connection.uid = geteuid();
	connection.number++;
	return 0;
}

/* -EBADF: the program has closed the descriptor. */
static bool is_broken(int outcome)
{
	return outcome == -EPIPE || outcome == -ECONNRESET || outcome == -ENOTCONN ||
	       outcome == -EBADF;
}

/* From the third try on: a broker that ends each connection must not keep a processor busy. */
static void pause_before(unsigned int try)
{
	const struct timespec pause = {.tv_nsec = 1000000L << try};

	if (try > 1)
		nanosleep(&pause, NULL);
}

/* Gets the page before the first handle is opened. */
static int prepare(uint16_t op)
{
	const bool had_ring = connection.channel.ring;
	const int outcome = channel_prepare(&connection.channel, op);

	if (listener && !had_ring && connection.channel.ring)
		listener->begin(connection.number, connection.uid, connection.channel.ring);
	return outcome;
}

static int try_once(struct wire_request *request, struct broker_answer *answer)
{
	int outcome = make_connection();

	if (outcome < 0)
		return outcome;
	outcome = prepare(request->header.op);
	if (outcome == 0)
		outcome = channel_call(&connection.channel, request, answer);
	answer->connection = connection.number;
	answer->device = connection.channel.device;
	answer->reopens = connection.channel.ring && connection.channel.ring->parking != 0;
	if (outcome < 0 && outcome != -EMFILE && outcome != -ENOMEM)
		disconnect(); /* a reply that comes too late must not be read as the next one */
	return outcome;
}

/*
 * A connection breaks when its broker is gone, with all that the broker knew: send the request to
 * the next broker. (A broker that lives ends only connections that break the protocol.)
 */
static int call(struct wire_request *request, struct broker_answer *answer)
{
	int outcome = try_once(request, answer);
	time_t first_broken = 0;

	for (unsigned int try = 1; try < TRIES && is_broken(outcome); try++) {
		if (try == 1)
			first_broken = clock_seconds();
		else if (clock_seconds() >= first_broken + CONNECTION_SECONDS)
			break;
		pause_before(try);
		outcome = try_once(request, answer);
	}
	if (outcome == -EPIPE || outcome == -ECONNRESET)
		locate_tell_broken();
	return outcome;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

int connection_call(struct wire_request *request, struct broker_answer *answer)
{
	struct timespec since;
	int outcome;

	answer->fd = -1;
	lock_since(&since);
	/* A thread that waited for the lock while another one timed out has waited as long. */
	if (since.tv_sec != 0 && is_before(&since, &connection.gave_up))
		outcome = -ETIMEDOUT;
	else
		outcome = call(request, answer);
	if (outcome == -ETIMEDOUT)
		clock_gettime(CLOCK_MONOTONIC, &connection.gave_up);
	guard_unlock(&guard);
	return outcome;
}

bool connection_stands(uint64_t *number)
{
	bool stands;

	guard_lock(&guard);
	stands = connection.fd >= 0 && channel_stands(&connection.channel);
	*number = connection.number;
	guard_unlock(&guard);
	return stands;
}

int connection_call_on(uint64_t number, struct wire_request *request, struct broker_answer *answer)
{
	int outcome = -ESTALE;

	answer->fd = -1;
	guard_lock(&guard);
	if (connection.fd >= 0 && connection.number == number && connection.uid == geteuid())
		outcome = channel_call(&connection.channel, request, answer);
	if (outcome < 0 && outcome != -ESTALE && outcome != -EMFILE && outcome != -ENOMEM)
		disconnect();
	guard_unlock(&guard);
	return is_broken(outcome) ? -ESTALE : outcome;
}

enum locate_choice connection_place(char path[LOCATE_PATH_MAX])
{
	enum locate_choice choice;

	guard_lock(&guard);
	choice = locate_chosen(path);
	guard_unlock(&guard);
	return choice;
}

int connection_make_another(int seconds)
{
	int fd;

	guard_lock(&guard); /* locate_connect decides once a process, and is not thread-safe */
	fd = locate_connect(seconds);
	guard_unlock(&guard);
	return fd;
}

void connection_close_handle(uint64_t number, uint32_t handle)
{
	guard_lock(&guard);
	if (connection.fd >= 0 && connection.number == number &&
		channel_close_handle(&connection.channel, handle) < 0)
		disconnect();
	guard_unlock(&guard);
}

/* Without an answer, the end of the connection closes the handle, and the name stays. */
void connection_take_back(uint64_t number, uint32_t handle)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_TAKE_BACK},
		.close = {.handle = handle},
	};
	struct broker_answer answer;
	int outcome = 0;

	guard_lock(&guard);
	if (connection.fd >= 0 && connection.number == number) {
		outcome = channel_call(&connection.channel, &request, &answer);
		if (outcome > 0)
			outcome = channel_close_handle(&connection.channel, handle);
		if (outcome < 0)
			disconnect();
	}
	guard_unlock(&guard);
}
