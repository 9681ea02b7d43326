/* SPDX-License-Identifier: MIT */
/*
 * When the service manager ends the keeper, the keeper cannot tell a restart from a stop. So it leaves all
 * that it holds with the manager (sd_notify(3), FDSTORE=1), as one descriptor (wire/parcel.h). The manager
 * closes that at a stop, and passes it to the next keeper at a restart. While the keeper runs, the manager
 * has nothing of it: a descriptor in the manager's store costs PID 1 time, and each change two messages.
 */
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/descriptor.h"
#include "base/listen.h"
#include "base/log.h"
#include "base/reaper.h"
#include "base/service-manager.h"
#include "base/units.h"
#include "keeper/keeper.h"
#include "wire/parcel.h"

#define QUEUE_BYTES        (1 << 20) /* for a queue; the kernel has a maximum */
#define BARRIER_MICROSECONDS 5000000

static bool is_connection(uint64_t id)
{
	return id % 2 == 1 && id >> 63 == 0;
}

/*
 * Fills a message with what comes after that id, of one kind. Sockets go last: while many thousands are in
 * flight, the kernel looks through all of them whenever anybody sends on a Unix socket.
 */
static void gather(struct store *store, uint64_t after, bool connections, struct parcel_message *out)
{
	const struct entry *entry = store_next(store, after);

	out->count = 0;
	for (; entry && out->count < WIRE_FDS_MAX; entry = store_next(store, entry->id)) {
		if (is_connection(entry->id) != connections)
			continue;
		out->ids[out->count] = entry->id;
		out->fds[out->count++] = entry->fd;
	}
}

static int make_queue(int ends[2])
{
	const int size = QUEUE_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

/* Fills one queue, and moves *after on. The descriptor with what is in the queue, or a negative errno. */
static int fill_queue(struct store *store, uint64_t *after, bool connections)
{
	struct parcel_message message;
	bool is_empty = true;
	int ends[2];
	int error = make_queue(ends);

	if (error < 0)
		return error;
	for (;;) {
		gather(store, *after, connections, &message);
		error = message.count > 0 ? parcel_send(ends[0], &message) : 0;
		if (error < 0 || message.count == 0)
			break;
		*after = message.ids[message.count - 1];
		is_empty = false;
	}
	close(ends[0]); /* the other end keeps what is in its queue */
	if (error == 0 || (error == -EAGAIN && !is_empty))
		return ends[1];
	close(ends[1]);
	return error == -EAGAIN ? -ENOBUFS : error;
}

/* All queues that are needed for one kind. */
static int fill_queues(struct store *store, bool connections, struct parcel_message *queues)
{
	struct parcel_message next;
	uint64_t after = 0;
	int fd;

	for (;;) {
		gather(store, after, connections, &next);
		if (next.count == 0)
			return 0;
		if (queues->count == WIRE_FDS_MAX)
			return -E2BIG;
		fd = fill_queue(store, &after, connections);
		if (fd < 0)
			return fd;
		queues->ids[queues->count] = queues->count;
		queues->fds[queues->count++] = fd;
	}
}

/* Makes the parcel of all queues. */
static int wrap(const struct parcel_message *queues)
{
	int ends[2];
	int error = make_queue(ends);

	if (error < 0)
		return error;
	error = parcel_send(ends[0], queues);
	close(ends[0]);
	if (error == 0)
		return ends[1];
	close(ends[1]);
	return error;
}

void parcel_leave(struct store *store)
{
	struct parcel_message queues = {0};
	char left[UNITS_COUNT_MAX];
	int parcel;

	if (store->count == 0)
		return;
	parcel = fill_queues(store, false, &queues);
	if (parcel == 0)
		parcel = fill_queues(store, true, &queues);
	if (parcel == 0)
		parcel = wrap(&queues);
	for (size_t i = 0; i < queues.count; i++)
		close(queues.fds[i]);
	if (parcel < 0) {
		log_write(LOG_ERR, "cannot leave %s with the service manager: %s",
			units_count(store->count, "descriptor", left), strerror(-parcel));
		return;
	}
	/* FDPOLL=0: the other end has gone, and the manager would take that for the end of this one. */
	sd_pid_notify_with_fds(0, 0, "FDSTORE=1\nFDNAME=" PASSED_PARCEL "\nFDPOLL=0", &parcel, 1);
	close(parcel);
	if (sd_notify_barrier(0, BARRIER_MICROSECONDS) < 0)
		log_write(LOG_ERR, "the service manager does not say that it has all descriptors");
	else
		log_write(LOG_INFO, "left with the service manager, until the next start or a stop: %s",
			units_count(store->count, "descriptor", left));
}

static int open_queue(int queue, struct store *store)
{
	struct parcel_message message;
	int error;

	while ((error = parcel_receive(queue, &message)) == 0) {
		for (size_t i = 0; i < message.count; i++) {
			if (error == 0)
				error = store_put(store, message.ids[i], message.fds[i]);
			else
				reaper_close(message.fds[i]);
		}
		if (error < 0)
			break;
	}
	return error == -ECONNRESET || error == -EAGAIN ? 0 : error;
}

void parcel_open(int parcel, struct store *store)
{
	struct parcel_message queues;
	char left[UNITS_COUNT_MAX];
	int error;

	while ((error = parcel_receive(parcel, &queues)) == 0) {
		for (size_t i = 0; i < queues.count; i++) {
			const int failed = open_queue(queues.fds[i], store);

			error = failed < 0 ? failed : error;
			close(queues.fds[i]);
		}
		if (error < 0)
			break;
	}
	descriptor_close(&parcel);
	sd_notify(0, "FDSTOREREMOVE=1\nFDNAME=" PASSED_PARCEL);
	if (error != -ECONNRESET && error != -EAGAIN)
		log_write(LOG_ERR, "not all of the last keeper's descriptors have come: %s",
			strerror(-error));
	log_write(LOG_INFO, "the last keeper has left %s",
		units_count(store->count, "descriptor", left));
}
