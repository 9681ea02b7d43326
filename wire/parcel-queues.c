/* SPDX-License-Identifier: MIT */
/* A parcel: many descriptors in the queues of sockets, and these in the queue of one. */
#include <errno.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire/parcel.h"

#define QUEUE_BYTES (1 << 20) /* for a queue; the kernel has a maximum */

static int make_queue(int ends[2])
{
	const int size = QUEUE_BYTES;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return -errno;
	setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	return 0;
}

void parcel_begin(struct parcel_filling *filling)
{
	*filling = (struct parcel_filling){.end = -1, .queue = -1};
}

/* The queue that is being filled is one of the parcel's now: one end keeps what is in its queue. */
static void close_queue(struct parcel_filling *filling)
{
	struct parcel_message *queues = &filling->queues;

	if (filling->end < 0)
		return;
	close(filling->end);
	queues->ids[queues->count] = queues->count;
	queues->fds[queues->count++] = filling->queue;
	filling->end = -1;
	filling->queue = -1;
}

static int open_queue(struct parcel_filling *filling)
{
	int ends[2];
	int error;

	close_queue(filling);
	if (filling->queues.count == WIRE_FDS_MAX)
		return -E2BIG;
	error = make_queue(ends);
	if (error < 0)
		return error;
	filling->end = ends[0];
	filling->queue = ends[1];
	return 0;
}

static int send_next(struct parcel_filling *filling)
{
	int error = filling->end >= 0 ? parcel_send(filling->end, &filling->next) : -EAGAIN;

	if (error == -EAGAIN) {
		error = open_queue(filling);
		if (error == 0)
			error = parcel_send(filling->end, &filling->next);
	}
	filling->next.count = 0;
	return error == -EAGAIN ? -ENOBUFS : error;
}

void parcel_add(struct parcel_filling *filling, uint64_t id, int fd)
{
	struct parcel_message *next = &filling->next;

	filling->count++;
	if (filling->error < 0)
		return;
	next->ids[next->count] = id;
	next->fds[next->count++] = fd;
	if (next->count == WIRE_FDS_MAX)
		filling->error = send_next(filling);
}

int parcel_end(struct parcel_filling *filling)
{
	int ends[2] = {-1, -1};
	int error = filling->error;

	if (error == 0 && filling->next.count > 0)
		error = send_next(filling);
	close_queue(filling);
	if (error == 0)
		error = make_queue(ends);
	if (error == 0)
		error = parcel_send(ends[0], &filling->queues);
	for (size_t i = 0; i < filling->queues.count; i++)
		close(filling->queues.fds[i]);
	if (ends[0] >= 0)
		close(ends[0]);
	if (error == 0)
		return ends[1];
	if (ends[1] >= 0)
		close(ends[1]);
	return error;
}

/* Calls take for each descriptor in one queue, and closes the queue. 0 or the first error. */
static int empty_queue(int queue, int (*take)(void *data, uint64_t id, int fd), void *data)
{
	struct parcel_message message;
	int failed = 0;
	int error = 0;

	while (failed == 0 && (error = parcel_receive(queue, &message)) == 0) {
		for (size_t i = 0; i < message.count; i++) {
			if (failed == 0)
				failed = take(data, message.ids[i], message.fds[i]);
			else
				close(message.fds[i]);
		}
	}
	close(queue);
	if (failed < 0)
		return failed;
	return error == -ECONNRESET || error == -EAGAIN ? 0 : error;
}

struct opening {
	int (*put)(void *data, uint64_t id, int fd);
	void *data;
};

static int take_queue(void *data, uint64_t id, int queue)
{
	const struct opening *opening = data;

	(void)id;
	return empty_queue(queue, opening->put, opening->data);
}

int parcel_open(int parcel, int (*put)(void *data, uint64_t id, int fd), void *data)
{
	return empty_queue(parcel, take_queue, &(struct opening){put, data});
}
