/* SPDX-License-Identifier: MIT */
/*
 * One client's connection: reads a request, has it handled, sends the reply. The connection waits
 * for exactly one thing at a time: for a request; if a reply could not be sent, until it can be
 * sent; or, if a request could not be handled yet, for a moment. So no request is read of a client
 * that does not read replies, and such a client costs the memory of one reply.
 */
#include "daemon/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "daemon/connections.h"
#include "daemon/core/broker-peer.h"
#include "daemon/core/handle.h"
#include "daemon/notice.h"
#include "daemon/pending.h"
#include "daemon/socket-credentials.h"
#include "daemon/watch-rounds.h"

/* The smallest number: the kernel takes its minimum instead. So few replies can be unread. */
#define SEND_BUFFER 1

#define REQUESTS_A_TURN 4

/* Milliseconds that a request is kept before it is refused. The library waits for longer. */
#define REQUEST_KEPT_MS 5000

static void drop(struct conn *conn, int priority, const char *reason)
{
	const struct credentials *who = &conn->peer->credentials;

	client_log_write(&conn->connections->log, conn->peer->account, priority,
		"disconnected a client of uid %u, pid %d: %s", (unsigned int)who->uid,
		(int)who->pid, reason);
	conn->connections->wasted++;
	connections_end(conn);
}

/* Waits until the message can be sent. False: it never can. */
static bool wait_to_send(struct conn *conn, int error)
{
	struct timeval pause;

	switch (error) {
	case -EAGAIN:
	case -EINTR:
		return connections_wait(conn, EV_WRITE, NULL);
	case -ETOOMANYREFS: /* of this uid's processes together: unix(7), "too many references" */
		pause = pending_pause(conn->pending);
		return connections_wait(conn, EV_TIMEOUT, &pause);
	default:
		return false;
	}
}

/* A reply that in-flight.h does not allow now waits like a reply that the kernel does not take. */
static int send_message(struct conn *conn, const struct wire_message *message)
{
	int error;

	if (message->fd_count > 0 && !in_flight_may_send(conn))
		return -ETOOMANYREFS;
	error = wire_send(conn->peer->fd, message, MSG_DONTWAIT);
	if (error == 0 && message->fd_count > 0)
		in_flight_sent(conn);
	return error;
}

static void send_again(struct conn *conn)
{
	int error = send_message(conn, &conn->pending->message);

	if (error == 0) {
		conn->pending = pending_free(conn->pending);
		if (!connections_wait(
			    conn, watch_rounds_is_blocked(conn) ? EV_WRITE : EV_READ, NULL))
			drop(conn, LOG_ERR, "out of memory");
	} else if (!wait_to_send(conn, error)) {
		connections_end(conn);
	}
}

/* Stores a message that could not be sent, and waits. False: the connection is of no more use. */
static bool postpone(struct conn *conn, const struct wire_message *message, int error)
{
	conn->pending = pending_new(message);
	return conn->pending && wait_to_send(conn, error);
}

/*
 * Keeps a request that cannot be handled yet: it changes memory that a client is changing, which
 * may take long. False: the connection is of no more use.
 */
static bool keep_request(struct conn *conn, const struct wire_message *message)
{
	struct timeval pause;

	if (!conn->request)
		conn->request = pending_new(message);
	if (!conn->request)
		return false;
	pause = pending_pause(conn->request);
	return connections_wait(conn, EV_CLOSED | EV_ET, &pause);
}

/* A kept request has been handled. False: the connection is of no more use. */
static bool free_request(struct conn *conn)
{
	conn->request = pending_free(conn->request);
	return conn->pending || connections_wait(conn, EV_READ, NULL);
}

/* False: the connection is of no more use. */
static bool send_reply(struct conn *conn, struct reply *reply)
{
	struct wire_message message; /* not zeroed: that would cost 4 KiB at each reply */
	int error;

	if (!wire_encode_reply(&reply->wire, &message))
		return false;
	for (; message.fd_count < reply->wire.header.fds; message.fd_count++)
		message.fds[message.fd_count] = reply->fds[message.fd_count].fd;
	error = send_message(conn, &message);
	return error == 0 || postpone(conn, &message, error);
}

static void log_internal(const struct conn *conn, const struct wire_request *request, int error)
{
	client_log_write(&conn->connections->log, NULL, LOG_ERR,
		"%s of \"%.*s\" for uid %u, pid %d: %s; this is a fault of the broker",
		wire_op_name(request->header.op), (int)request->name_length, request->name,
		(unsigned int)conn->peer->credentials.uid, (int)conn->peer->credentials.pid,
		strerror(error));
}

/* Returns whether the connection may go on. The request is that of the message. */
static bool answer(struct conn *conn, const struct wire_message *message,
	const struct wire_request *request, enum status decoded)
{
	struct reply reply;
	bool usable = true;

	reply_init(&reply);
	reply.last_time =
		conn->request && clock_milliseconds() - conn->request->since >= REQUEST_KEPT_MS;
	if (decoded == STATUS_OK && request->header.op == WIRE_OP_OPEN_MANY)
		reply.room = in_flight_room(conn, request->open_many.count);
	if (decoded == STATUS_OK || decoded == STATUS_UNSUPPORTED) {
		broker_handle(conn->connections->broker, conn->peer, request, &reply);
		if (conn->peer->watcher)
			conn->peer->watcher->shell.conn = conn;
		client_log_refusal(&conn->connections->log, conn->peer->credentials.uid,
			conn->peer->credentials.pid, &reply.refusal);
		if (reply.error != 0)
			log_internal(conn, request, reply.error);
		if (reply.wire.header.status == STATUS_MALFORMED)
			reply.expected = usable = false;
	} else {
		reply_finish(&reply, &request->header, decoded);
	}
	in_flight_add(conn, reply.fd_count);
	if (reply.later)
		usable = keep_request(conn, message);
	else if (reply.expected)
		usable = send_reply(conn, &reply);
	if (usable && !reply.later && conn->request)
		usable = free_request(conn);
	reply_deinit(&reply);
	return usable;
}

static void handle_message(struct conn *conn, const struct wire_message *message)
{
	struct wire_request request;
	enum status decoded = wire_decode_request(message->bytes, message->length, &request);

	if (decoded == STATUS_MALFORMED)
		drop(conn, LOG_INFO, "it broke the protocol");
	else if (!answer(conn, message, &request, decoded))
		connections_end(conn);
	else if (decoded == STATUS_VERSION)
		drop(conn, LOG_INFO, "it speaks another version of the protocol");
}

/*
 * Whether a request of this connection may be read in this turn of the event loop. The loop turns
 * by connection: with a thousand connections one user could make all others wait for a thousand
 * requests. So, while several principals are connected, each gets REQUESTS_A_TURN of them. A
 * request that is left unread comes up again in the next turn. A new turn has begun when a
 * connection comes up again.
 */
static bool take_turn(struct conn *conn)
{
	struct connections *connections = conn->connections;
	struct account *account = account_payer(conn->peer->account);

	if (conn->turn == connections->turn)
		connections->turn++;
	conn->turn = connections->turn;
	if (account->shell.turn != connections->turn) {
		account->shell.turn = connections->turn;
		account->shell.turn_requests = 0;
	}
	return account->shell.turn_requests++ < REQUESTS_A_TURN ||
	       connections->broker->accounts.users[RESOURCE_CONNECTIONS] < 2;
}

static void receive_request(struct conn *conn)
{
	/* outlives conn, which may end below */
	struct connections *connections = conn->connections;
	struct wire_message message;
	int error;

	if (!take_turn(conn))
		return;
	error = wire_receive(conn->peer->fd, &message, 0, MSG_DONTWAIT);
	if (error == -EAGAIN || error == -EINTR)
		return;
	if (error == -EBADMSG) {
		drop(conn, LOG_INFO, "it sent too long a message, or descriptors");
	} else if (error < 0) { /* the client has gone */
		connections->wasted += conn->state == CONN_SILENT;
		connections_end(conn);
	} else {
		connections_note_request(conn);
		connections_set_time(connections);
		handle_message(conn, &message);
		connections_changed(connections);
	}
}

/*
 * EV_CLOSED does not tell of a client that has gone with unread replies: epoll reports an error
 * instead. Without EV_ET it would report that again and again.
 */
static void handle_again(struct conn *conn)
{
	struct connections *connections = conn->connections;
	struct pollfd poller = {.fd = conn->peer->fd, .events = POLLRDHUP};

	if (poll(&poller, 1, 0) > 0) {
		connections_end(conn);
		return;
	}
	connections_set_time(connections);
	handle_message(conn, &conn->request->message);
	connections_changed(connections);
}

static void ready(int fd, short what, void *data)
{
	struct conn *conn = data;

	(void)fd;
	(void)what;
	if (conn->pending)
		send_again(conn);
	else if (conn->request)
		handle_again(conn);
	else if (watch_rounds_is_blocked(conn))
		watch_rounds_go_on(conn);
	else
		receive_request(conn);
}

static int admit_peer(struct conn *conn, int fd)
{
	struct connections *connections = conn->connections;
	struct credentials credentials;
	struct refusal why = {0};
	enum status status;
	int error = socket_credentials(fd, &credentials);

	if (error < 0)
		return error;
	status = broker_add_peer(connections->broker, &credentials, fd, &conn->peer, &why);
	if (status == STATUS_OK)
		return 0;
	notice_send(fd, status); /* a new socket has room */
	connections_set_time(connections);
	client_log_refusal(&connections->log, credentials.uid, credentials.pid, &why);
	return status == STATUS_NO_MEMORY ? -ENOMEM : -EDQUOT;
}

int conn_new(struct connections *connections, int fd)
{
	const int send_buffer = SEND_BUFFER;
	struct conn *conn = calloc(1, sizeof(*conn));
	int error;

	if (!conn) {
		close(fd);
		return -ENOMEM;
	}
	conn->connections = connections;
	error = admit_peer(conn, fd);
	if (error < 0) {
		close(fd);
		free(conn);
		return error;
	}
	event_assign(&conn->wait, connections->base, fd, EV_READ | EV_PERSIST, ready, conn);
	connections_add(conn, CONN_SILENT);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)) < 0 ||
		!connections_wait(conn, EV_READ, NULL)) {
		connections_free(conn);
		return -ENOMEM;
	}
	return 0;
}

/*
 * Tells the client that the broker was restarted, so that it sends a request without a reply again.
 * False: the connection is of no more use. Where the socket is full, which -EAGAIN says:
 * (1) The client does not watch: its socket is full of unread RESTARTED of earlier take-overs, or
 *     of the reply that it waits for. It needs no more to go on: another RESTARTED is not sent.
 * (2) The client watches: its socket may be full of events. RESTARTED waits until it has read some.
 */
static bool tell_restarted(struct conn *conn)
{
	struct wire_message message;
	int error;

	if (!notice_make(STATUS_RESTARTED, &message))
		return false;
	error = send_message(conn, &message);
	if (error == -EAGAIN && conn->peer->last.op != WIRE_OP_WATCH)
		return true;
	return error == 0 || postpone(conn, &message, error);
}

int conn_take_over(struct connections *connections, struct peer *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return -ENOMEM;
	conn->connections = connections;
	conn->peer = peer;
	event_assign(&conn->wait, connections->base, peer->fd, EV_READ | EV_PERSIST, ready, conn);
	in_flight_take_over(conn);
	if (peer->ended) {
		connections_add(conn, CONN_DRAINING);
		return 0;
	}
	connections_add(conn, peer->last.known ? CONN_SERVED : CONN_SILENT);
	if (!connections_wait(conn, EV_READ, NULL) || !tell_restarted(conn))
		connections_end(conn);
	return 0;
}
