/* SPDX-License-Identifier: MIT */
/* Requests, replies and restarts of the broker, on one connection. */
#include "client-lib/channel.h"

#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <time.h>

#include "client-lib/clock.h"
#include "client-lib/descriptor.h"
#include "client-lib/ring.h"

/* A socket may have this many stale messages. If more come, the client pauses between them. */
#define PILED_UP 16

/* One wait for one reply. The clock is read only when something has to be waited for. */
struct wait {
	time_t deadline;      /* 0: the clock was not read yet */
	unsigned int in_vain; /* messages that were not the reply */
	bool restarted;       /* the broker was restarted; the request was not sent again yet */
};

int channel_start(struct channel *channel, int fd, int seconds)
{
	channel->fd = fd;
	channel->id = descriptor_socket_id(fd);
	channel->seconds = seconds;
	channel->ring = NULL;
	return channel->id != 0 ? 0 : -EBADF;
}

bool channel_is_own(const struct channel *channel)
{
	return descriptor_socket_id(channel->fd) == channel->id;
}

bool channel_stands(const struct channel *channel)
{
	struct pollfd polled = {.fd = channel->fd};

	return channel_is_own(channel) && poll(&polled, 1, 0) == 0;
}

void channel_end(struct channel *channel)
{
	ring_unmap(channel->ring);
	channel->ring = NULL;
}

static time_t time_left(const struct channel *channel, struct wait *wait)
{
	const time_t now = clock_seconds();

	if (wait->deadline == 0)
		wait->deadline = now + channel->seconds;
	return wait->deadline - now;
}

/* The socket's own time-out will not do: it begins anew after each signal and each message. */
static int wait_for(const struct channel *channel, short events, struct wait *wait)
{
	struct pollfd polled = {.fd = channel->fd, .events = events};
	const time_t left = time_left(channel, wait);

	if (left <= 0)
		return -ETIMEDOUT;
	if (poll(&polled, 1, (int)left * 1000) < 0 && errno != EINTR)
		return -errno;
	return channel_is_own(channel) ? 0 : -EBADF;
}

static int send_message(
	const struct channel *channel, const struct wire_message *message, struct wait *wait)
{
	int error = -EBADF;

	/* Each request checks its descriptor here; wait_for checks it again. */
	if (channel_is_own(channel))
		error = wire_send(channel->fd, message, MSG_DONTWAIT);
	while (error == -EAGAIN || error == -EINTR) {
		error = wait_for(channel, POLLOUT, wait);
		if (error == 0)
			error = wire_send(channel->fd, message, MSG_DONTWAIT);
	}
	return error;
}

static int send_request(
	const struct channel *channel, const struct wire_request *request, struct wait *wait)
{
	struct wire_message message;

	return wire_encode_request(request, &message) ? send_message(channel, &message, wait)
						      : -EPROTO;
}

/* A CLOSE that is lost with its broker is not sent again: the next broker reads the ring. */
static int send_close(struct channel *channel, uint32_t handle)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_CLOSE, .serial = ++channel->serial},
		.close = {.handle = handle},
	};
	struct wait wait = {0};

	return send_request(channel, &request, &wait);
}

/*
 * The next message. The first wait uses the socket's own time-out: one system call. After a
 * RESTARTED message, read all that is in the socket before anything is sent: the broker does not
 * read from a client that does not read.
 */
static int receive_message(const struct channel *channel, const struct wire_request *request,
	struct wire_message *message, struct wait *wait)
{
	const int flags = wait->in_vain > 0 ? MSG_DONTWAIT : 0;
	int error;

	if (wait->in_vain > 0 && !channel_is_own(channel))
		return -EBADF;
	error = wire_receive(channel->fd, message, WIRE_FDS_MAX, flags);
	if (error == -EAGAIN && flags == 0)
		return -ETIMEDOUT;
	while (error == -EAGAIN || error == -EINTR) {
		error = wait->restarted ? send_request(channel, request, wait) : 0;
		wait->restarted = false;
		if (error == 0)
			error = wait_for(channel, POLLIN, wait);
		if (error == 0)
			error = wire_receive(channel->fd, message, WIRE_FDS_MAX, MSG_DONTWAIT);
	}
	return error;
}

/* The handle that a reply brings, or NULL. */
static const uint32_t *taken_handle(const struct wire_reply *reply)
{
	switch (reply->header.op) {
	case WIRE_OP_OPEN:
	case WIRE_OP_REDEEM:
	case WIRE_OP_HOLD:
		return &reply->opened.handle;
	case WIRE_OP_ANONYMOUS:
		return &reply->made.handle;
	default:
		return NULL;
	}
}

/* The broker counts a handle whose descriptor found no room in this process: close the handle. */
static int give_back(struct channel *channel, const struct wire_reply *reply, int why)
{
	const uint32_t *handle = taken_handle(reply);
	int error = handle ? channel_close_handle(channel, *handle) : 0;

	return error < 0 ? error : why;
}

bool channel_get_outcome(const struct wire_reply *reply, size_t *used, struct wire_outcome *outcome,
	struct wire_inode *inode)
{
	const size_t bare = reply->opened_many.count * (size_t)WIRE_SIZE_outcome;

	inode->inode = 0;
	return wire_get_outcome(reply->tail, reply->tail_length, used, outcome) &&
	       (reply->tail_length == bare ||
		       wire_get_inode(reply->tail, reply->tail_length, used, inode));
}

/*
 * The message keeps its descriptors. The caller owns the handles, even if fewer descriptors than
 * handles came because the descriptor table of this process is full.
 */
static int check_many(const struct wire_request *request, const struct wire_reply *reply)
{
	const uint32_t count = reply->opened_many.count;
	struct wire_outcome outcome;
	struct wire_inode inode;
	size_t used = 0;
	size_t opened = 0;

	if (count == 0 || count > request->open_many.count ||
		(reply->tail_length != count * (size_t)WIRE_SIZE_outcome &&
			reply->tail_length !=
				count * (size_t)(WIRE_SIZE_outcome + WIRE_SIZE_inode)))
		return -EPROTO;
	while (channel_get_outcome(reply, &used, &outcome, &inode))
		opened += outcome.status == STATUS_OK;
	return opened == reply->header.fds ? 0 : -EPROTO;
}

/* Checks that a well-formed message is the reply to the request, and has its descriptors. */
static int check_reply(
	struct channel *channel, const struct wire_request *request, struct broker_answer *answer)
{
	struct wire_message *message = &answer->message;
	const struct wire_header *header = &answer->reply.header;

	/* A notice, not a reply: the broker refuses this connection, and says why. */
	if (header->op == 0 && header->status != STATUS_OK)
		return header->status;
	if (header->serial != request->header.serial || header->op != request->header.op ||
		message->fd_count > header->fds || header->fds > wire_descriptors_of(header->op))
		return -EPROTO;
	if (header->status != STATUS_OK)
		return header->status;
	if (header->op == WIRE_OP_OPEN_MANY)
		return check_many(request, &answer->reply);
	if (message->fd_count < header->fds)
		return give_back(channel, &answer->reply, -EMFILE);
	if (message->fd_count > 0) {
		answer->fd = descriptor_above_standard(message->fds[0]);
		message->fd_count = 0;
		if (answer->fd < 0)
			return give_back(channel, &answer->reply, answer->fd);
	}
	return 0;
}

/*
 * Whether the wait goes on: the broker was restarted, or it replies a second time to a request that
 * it got twice. Do not close the handle in such a reply: the first reply brought the same handle.
 */
static bool is_in_vain(
	const struct wire_request *request, const struct broker_answer *answer, struct wait *wait)
{
	const struct wire_header *header = &answer->reply.header;

	if (header->op != 0)
		return (int32_t)(header->serial - request->header.serial) < 0;
	if (header->status != STATUS_RESTARTED || answer->message.fd_count > 0)
		return false;
	wait->restarted = true;
	return true;
}

static int await_reply(struct channel *channel, const struct wire_request *request,
	struct broker_answer *answer, struct wait *wait)
{
	const struct timespec pause = {.tv_nsec = 10000000};
	struct wire_message *message = &answer->message;

	for (;;) {
		int outcome = receive_message(channel, request, message, wait);

		/*
		 * A broker that refuses a connection says why, then closes it: read what it said.
		 */
		if (outcome == -ECONNRESET)
			outcome = receive_message(channel, request, message, wait);
		if (outcome < 0)
			return outcome;
		outcome = (int)wire_decode_reply(message->bytes, message->length, &answer->reply);
		if (outcome != STATUS_OK)
			return outcome == STATUS_VERSION ? outcome : -EPROTO;
		if (!is_in_vain(request, answer, wait))
			return check_reply(channel, request, answer);
		wire_message_deinit(message);
		if (time_left(channel, wait) <= 0)
			return -ETIMEDOUT;
		if (++wait->in_vain > PILED_UP)
			nanosleep(&pause, NULL);
	}
}

int channel_call(
	struct channel *channel, struct wire_request *request, struct broker_answer *answer)
{
	struct wait wait = {0};
	int outcome;

	request->header.serial = channel->serial + 1;
	if (!wire_encode_request(request, &answer->message))
		return -EPROTO;
	channel->serial++;
	outcome = send_message(channel, &answer->message, &wait);
	if (outcome == 0 || outcome == -EPIPE || outcome == -ECONNRESET)
		outcome = await_reply(channel, request, answer, &wait);
	if (outcome != 0) /* on success the caller owns the message's descriptors */
		wire_message_deinit(&answer->message);
	return outcome;
}

static int ask_for_ring(struct channel *channel, int *fd)
{
	struct wire_request request = {.header = {.op = WIRE_OP_RING}};
	struct broker_answer answer = {.fd = -1};
	const int outcome = channel_call(channel, &request, &answer);

	*fd = answer.fd;
	return outcome;
}

int channel_prepare(struct channel *channel, uint16_t op)
{
	const struct wire_reply reply = {.header = {.op = op}};
	const bool opens = op == WIRE_OP_OPEN_MANY || taken_handle(&reply);
	int outcome;
	int fd;

	if (channel->ring || !opens)
		return 0;
	outcome = ask_for_ring(channel, &fd);
	return outcome == 0 ? ring_map(fd, &channel->ring, &channel->device) : outcome;
}

/*
 * Has the broker drain the ring. Any request would do, since the broker drains the ring before it
 * replies. The reply to RING brings the same ring again; it does not matter if this process has no
 * room for that descriptor.
 */
static int empty_ring(struct channel *channel)
{
	int fd;
	int outcome = ask_for_ring(channel, &fd);

	if (fd >= 0)
		close(fd);
	if (outcome == -EMFILE)
		outcome = 0;
	if (outcome > 0 || (outcome == 0 && ring_is_full(channel->ring)))
		outcome = -EPROTO;
	return outcome;
}

int channel_close_handle(struct channel *channel, uint32_t handle)
{
	const int outcome = ring_is_full(channel->ring) ? empty_ring(channel) : 0;

	if (outcome < 0)
		return outcome;
	return ring_put(channel->ring, handle) ? send_close(channel, handle) : 0;
}
