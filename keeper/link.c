/* SPDX-License-Identifier: MIT */
/*
 * One link to a broker. Messages are handled in the order in which they came, down to the last one,
 * even if the broker has died since. The keeper reads them in bursts, with a rest after each burst:
 * so the broker may send many messages for one wake-up of the keeper.
 */
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/service-manager.h"
#include "base/units.h"
#include "keeper/keeper.h"
#include "wire/keeper.h"

#define LAST_MESSAGES          4096 /* more than a link's queue has room for */
#define BURST                  64   /* messages; there is no rest while more of them are unread */
#define REST_MICROSECONDS      2000
#define IN_FLIGHT_MILLISECONDS 5
#define NOTIFY_MILLISECONDS    500  /* at least, between two messages to the service manager */
#define END_MILLISECONDS       2000 /* after SIGTERM, for the broker to be ended, too */
#define UNREAD_SECONDS         10   /* as prshm-keeper(8) says */

static const char *reason(int error)
{
	return error == -EBADMSG     ? "it broke the protocol: are both of one release?"
	       : error == -EMFILE    ? "no more descriptors may be open: raise LimitNOFILE="
	       : error == -ETIMEDOUT ? "it read nothing for 10 s"
				     : strerror(-error);
}

/* Returns 0 also if the broker has died: what the broker had sent is still to be read. */
static int tell(int link, const struct keeper_message *message)
{
	struct pollfd death = {.fd = link};
	int error;

	/* The kernel also refuses too many descriptors in flight when nobody is left to read. */
	while ((error = keeper_send(link, message, 0)) == -ETOOMANYREFS || error == -EINTR) {
		if (poll(&death, 1, IN_FLIGHT_MILLISECONDS) > 0)
			return 0;
	}
	if (error == -EPIPE || error == -ECONNRESET)
		return 0;
	return error == -EAGAIN ? -ETIMEDOUT : error;
}

static int answer_take(struct keeper *keeper, int link, uint64_t after)
{
	struct keeper_message end = {.op = KEEPER_END, .fd = -1};
	const struct entry *entry = store_next(&keeper->store, after);
	int error = 0;

	for (; entry && error == 0 && end.count < KEEPER_BATCH; end.count++) {
		error = tell(link,
			&(struct keeper_message){KEEPER_HELD, .id = entry->id, .fd = entry->fd});
		entry = store_next(&keeper->store, entry->id);
	}
	return error < 0 ? error : tell(link, &end);
}

/*
 * A broker that starts asks for all before anything else. One that puts something first has lived
 * on, and hands all that counts over: what the last keeper had may be out of date.
 */
static void settle_inherited(struct keeper *keeper, enum keeper_op first)
{
	if (keeper->inherited && first != KEEPER_TAKE)
		store_clear(&keeper->store);
	keeper->inherited = false;
}

static int handle(struct keeper *keeper, int link, const struct keeper_message *message)
{
	settle_inherited(keeper, message->op);
	switch (message->op) {
	case KEEPER_PUT:
		keeper->has_put = true;
		return store_put(&keeper->store, message->id, message->fd);
	case KEEPER_DROP:
		store_drop(&keeper->store, message->id, message->count == 1);
		return 0;
	case KEEPER_TAKE:
		return answer_take(keeper, link, message->id);
	case KEEPER_LEAVE:
		return -ESHUTDOWN;
	default: /* an op that only the keeper may send */
		if (message->fd >= 0)
			close(message->fd);
		return -EBADMSG;
	}
}

void link_wait(struct keeper *keeper, int fd)
{
	const int64_t now = clock_milliseconds();
	struct pollfd waits[] = {
		{.fd = fd, .events = POLLIN},
		{.fd = keeper->signals, .events = POLLIN},
	};
	char held[UNITS_COUNT_MAX];

	if (now >= keeper->notify_at) {
		sd_notifyf(0, "%sWATCHDOG=1\nSTATUS=%s", keeper->ending ? "" : "READY=1\n",
			units_count(keeper->store.count, "descriptor", held));
		keeper->notify_at = now + NOTIFY_MILLISECONDS;
	}
	if (keeper->ending) {
		poll(waits, 1, now < keeper->end_at ? (int)(keeper->end_at - now) : 0);
		return;
	}
	poll(waits, 2, keeper->watchdog);
	if (waits[1].revents == 0)
		return;
	sd_notify(0, "STOPPING=1");
	keeper->ending = true;
	keeper->end_at = clock_milliseconds() + END_MILLISECONDS;
}

/* Up to that many messages. 0, or -EAGAIN: there are no more; or another negative errno. */
static int receive_messages(struct keeper *keeper, int link, int most, bool *took)
{
	struct keeper_message message;
	int error = 0;

	for (int count = 0; error == 0 && count < most; count++) {
		error = keeper_receive(link, &message, MSG_DONTWAIT);
		/*
		 * If the broker died with messages unread, -ECONNRESET comes once before the
		 * messages that the broker had sent: unix(7).
		 */
		if (error == -ECONNRESET)
			error = keeper_receive(link, &message, MSG_DONTWAIT);
		if (error == 0) {
			*took = *took || message.op == KEEPER_TAKE;
			error = handle(keeper, link, &message);
		}
	}
	return error;
}

/*
 * Who restarts both has the keeper ended first, now and then. The next keeper does not start before
 * the broker has ended, so what the broker says until then is for this one.
 */
static bool is_over(const struct keeper *keeper)
{
	return keeper->ending && clock_milliseconds() >= keeper->end_at;
}

static int serve_burst(struct keeper *keeper, int link)
{
	bool took = false;
	bool last;
	int error;

	link_wait(keeper, link);
	last = is_over(keeper);
	if (last)
		/* the broker is told that nothing more is received: EPIPE */
		shutdown(link, SHUT_RD);
	error = receive_messages(keeper, link, last ? LAST_MESSAGES : BURST, &took);
	if (last || (keeper->ending && error < 0 && error != -EAGAIN))
		return -ECANCELED;
	if (error != -EAGAIN)
		return error;
	if (!took)
		usleep(REST_MICROSECONDS);
	return 0;
}

int link_serve(struct keeper *keeper, int link)
{
	static int told; /* the last error: if it comes again each second, it is logged once */
	const struct keeper_message hello = {.op = KEEPER_HELLO, .fd = keeper->pidfd};
	/* A broker that this keeper started may be slow: no other broker waits for the link. */
	const struct timeval patience = {.tv_sec = keeper->command ? 0 : UNREAD_SECONDS};
	int error;
	char held[UNITS_COUNT_MAX];

	keeper->has_put = false;
	setsockopt(link, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience));
	error = tell(link, &hello);
	while (error == 0)
		error = serve_burst(keeper, link);
	/* A broker that lives kills a keeper whose link has ended; but all has to be left first. */
	if (error == -ECANCELED)
		return error;
	close(link);
	if (error != -ECONNRESET && error != -ESHUTDOWN && error != told)
		log_write(LOG_ERR, "ended the link to the broker, %s held: %s",
			units_count(keeper->store.count, "descriptor", held), reason(error));
	told = error;
	return error;
}
