/* SPDX-License-Identifier: MIT */
/* One client's connection; conn.h tells the idea. */
#include "daemon/conn.h"

#include <errno.h>
#include <event2/event.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "daemon/core/broker.h"
#include "daemon/in-flight.h"
#include "base/log.h"
#include "daemon/notice.h"
#include "daemon/pending.h"
#include "daemon/server.h"
#include "daemon/socket-credentials.h"

/* The kernel raises it to its minimum: as few unread replies as it lets us say. */
#define SEND_BUFFER 1

#define REQUESTS_A_TURN 4

static void conn_ready(int fd, short what, void *data);

/* Waits for this and for nothing else. */
static bool wait_for(struct conn *conn, short what, const struct timeval *timeout)
{
	int fd = what == EV_TIMEOUT ? -1 : conn->fd;

	event_del(&conn->wait);
	event_assign(&conn->wait, conn->server->base, fd, what, conn_ready, conn);
	return event_add(&conn->wait, timeout) == 0;
}

bool conn_wait(struct conn *conn, short what)
{
	return wait_for(conn, what == EV_READ ? EV_READ | EV_PERSIST : what, NULL);
}

static void drop(struct conn *conn, int priority, const char *reason)
{
	const struct credentials *who = &conn->peer->credentials;

	server_log_limited(conn->server, conn->peer->account, priority,
		"disconnected a client of uid %u, pid %d: %s", (unsigned int)who->uid, (int)who->pid,
		reason);
	conn_end(conn);
}

/* True: it waits for the next chance. */
static bool wait_to_send(struct conn *conn, int error)
{
	struct timeval pause;

	switch (error) {
	case -EAGAIN:
	case -EINTR:
		return wait_for(conn, EV_WRITE, NULL);
	case -ETOOMANYREFS: /* of this uid's processes together: unix(7), "too many references" */
		pause = pending_pause(conn->pending);
		return wait_for(conn, EV_TIMEOUT, &pause);
	default:
		return false;
	}
}

/* One that must not go out yet waits like one that the kernel does not take. */
static int send_message(struct conn *conn, const struct wire_message *message)
{
	int error;

	if (message->fd_count > 0 && !in_flight_may_send(conn))
		return -ETOOMANYREFS;
	error = wire_send(conn->fd, message, MSG_DONTWAIT);
	if (error == 0 && message->fd_count > 0)
		in_flight_sent(conn);
	return error;
}

static void send_again(struct conn *conn)
{
	int error = send_message(conn, &conn->pending->message);

	if (error == 0) {
		conn->pending = pending_free(conn->pending);
		if (!conn_wait(conn, conn_watch_is_blocked(conn) ? EV_WRITE : EV_READ))
			drop(conn, LOG_ERR, "out of memory");
	} else if (!wait_to_send(conn, error)) {
		conn_end(conn);
	}
}

/* Of a message that did not go out. False: the connection is of no more use. */
static bool keep(struct conn *conn, const struct wire_message *message, int error)
{
	conn->pending = pending_new(message);
	return conn->pending && wait_to_send(conn, error);
}

/* False: the connection is of no more use. */
static bool send_reply(struct conn *conn, struct reply *reply)
{
	struct wire_message message; /* not zeroed: 4 KiB, each time */
	int error;

	if (!wire_encode_reply(&reply->wire, &message))
		return false;
	for (; message.fd_count < reply->wire.header.fds; message.fd_count++)
		message.fds[message.fd_count] = reply->fds[message.fd_count].fd;
	error = send_message(conn, &message);
	return error == 0 || keep(conn, &message, error);
}

static void log_internal(const struct conn *conn, const struct wire_request *request, int error)
{
	server_log_limited(conn->server, NULL, LOG_ERR,
		"%s of \"%.*s\" for uid %u, pid %d: %s; this is a fault of the broker",
		wire_op_name(request->header.op), (int)request->name_length, request->name,
		(unsigned int)conn->peer->credentials.uid, (int)conn->peer->credentials.pid,
		strerror(error));
}

/* One line a minute and user: which limit, and what would raise it. */
static void log_refusal(struct server *server, uid_t uid, pid_t pid, const struct refusal *refusal)
{
	static const char *const kinds[] = {
		[REFUSED_HOST] = "the host's limit",
		[REFUSED_USER] = "the user's limit",
		[REFUSED_SHARE] = "the user's fair share",
	};
	const uint64_t minute = server->broker->now / UINT64_C(60000000000);

	if (refusal->kind == REFUSED_NOT ||
		!accounts_note_refusal(&server->broker->accounts, uid, minute))
		return;
	log_write(LOG_WARNING, "uid %u, pid %d: %s of %ju %s is reached; %s in prshmd.conf raises it",
		(unsigned int)refusal->uid, (int)pid, kinds[refusal->kind],
		(uintmax_t)refusal->limit, resource_unit(refusal->resource), refusal_key(refusal));
}

/* Returns whether the connection may go on. */
static bool answer(struct conn *conn, const struct wire_request *request, enum status decoded)
{
	struct reply reply;
	bool usable = true;

	reply_init(&reply);
	if (decoded == STATUS_OK && request->header.op == WIRE_OP_OPEN_MANY)
		reply.room = in_flight_room(conn, request->open_many.count);
	if (decoded == STATUS_OK || decoded == STATUS_UNSUPPORTED) {
		broker_handle(conn->server->broker, conn->peer, request, &reply);
		if (conn->peer->watcher)
			conn->peer->watcher->data = conn;
		log_refusal(conn->server, conn->peer->credentials.uid, conn->peer->credentials.pid,
			&reply.refusal);
		if (reply.error != 0)
			log_internal(conn, request, reply.error);
		if (reply.wire.header.status == STATUS_MALFORMED)
			reply.expected = usable = false;
	} else {
		reply_finish(&reply, &request->header, decoded);
	}
	in_flight_add(conn, reply.fd_count);
	if (reply.expected)
		usable = send_reply(conn, &reply);
	reply_deinit(&reply);
	return usable;
}

static void handle_message(struct conn *conn, const struct wire_message *message)
{
	struct wire_request request;
	enum status decoded = wire_decode_request(message->bytes, message->length, &request);

	if (decoded == STATUS_MALFORMED)
		drop(conn, LOG_INFO, "it broke the protocol");
	else if (!answer(conn, &request, decoded))
		conn_end(conn);
	else if (decoded == STATUS_VERSION)
		drop(conn, LOG_INFO, "it speaks another version of the protocol");
}

/*
 * The loop turns by connection. While several users ask, each gets but so many requests a turn, or
 * who has a thousand connections would have everybody else wait for them all. What is left unread
 * comes up again in the next turn, which has begun when a connection comes up for the second time.
 */
static bool take_turn(struct conn *conn)
{
	struct server *server = conn->server;
	struct account *account = conn->peer->account;

	if (conn->turn == server->turn)
		server->turn++;
	conn->turn = server->turn;
	if (account->turn != server->turn) {
		account->turn = server->turn;
		account->turn_requests = 0;
	}
	return account->turn_requests++ < REQUESTS_A_TURN ||
	       server->broker->accounts.users[RESOURCE_CONNECTIONS] < 2;
}

static void receive_request(struct conn *conn)
{
	struct server *server = conn->server; /* outlives conn, which may be gone below */
	struct wire_message message;
	int error;

	if (!take_turn(conn))
		return;
	error = wire_receive(conn->fd, &message, 0, MSG_DONTWAIT);
	if (error == -EAGAIN || error == -EINTR)
		return;
	if (error == -EBADMSG) {
		drop(conn, LOG_INFO, "it sent too long a message, or descriptors");
	} else if (error < 0) {
		conn_end(conn); /* it has gone */
	} else {
		server_conn_spoke(server, conn);
		server_set_time(server);
		handle_message(conn, &message);
		server_changed(server);
	}
}

static void conn_ready(int fd, short what, void *data)
{
	struct conn *conn = data;

	(void)fd;
	(void)what;
	if (conn->pending)
		send_again(conn);
	else if (conn_watch_is_blocked(conn))
		conn_watch_go_on(conn);
	else
		receive_request(conn);
}

static int admit_peer(struct conn *conn)
{
	struct broker *broker = conn->server->broker;
	struct credentials credentials;
	struct refusal why = {0};
	enum status status;
	int error = socket_credentials(conn->fd, &credentials);

	if (error < 0)
		return error;
	status = broker_add_peer(broker, &credentials, conn->fd, &conn->peer, &why);
	if (status == STATUS_OK)
		return 0;
	notice_send(conn->fd, status); /* nobody else's room: it has had no reply yet */
	server_set_time(conn->server);
	log_refusal(conn->server, credentials.uid, credentials.pid, &why);
	return status == STATUS_NO_MEMORY ? -ENOMEM : -EDQUOT;
}

int conn_new(struct server *server, int fd, struct conn **outp)
{
	const int send_buffer = SEND_BUFFER;
	struct conn *conn = calloc(1, sizeof(*conn));
	int error;

	if (!conn) {
		close(fd);
		return -ENOMEM;
	}
	conn->server = server;
	conn->fd = fd;
	error = admit_peer(conn);
	if (error < 0) {
		close(fd);
		free(conn);
		return error;
	}
	event_assign(&conn->wait, server->base, fd, EV_READ | EV_PERSIST, conn_ready, conn);
	server_add_conn(server, conn, CONN_SILENT);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)) < 0 ||
		!conn_wait(conn, EV_READ)) {
		conn_free(conn);
		return -ENOMEM;
	}
	*outp = conn;
	return 0;
}

/*
 * Where there is no room, a client that keeps to the protocol has several of the same unread, or the reply
 * that it waits for. But a watcher's events may fill the socket: it is told behind them.
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
	return error == 0 || keep(conn, &message, error);
}

int conn_restore(struct server *server, struct peer *peer)
{
	struct conn *conn = calloc(1, sizeof(*conn));

	if (!conn)
		return -ENOMEM;
	conn->server = server;
	conn->fd = peer->fd;
	conn->peer = peer;
	event_assign(&conn->wait, server->base, conn->fd, EV_READ | EV_PERSIST, conn_ready, conn);
	in_flight_restore(conn);
	if (peer->ended) {
		server_add_conn(server, conn, CONN_DRAINING);
		return 0;
	}
	server_add_conn(server, conn, peer->last.known ? CONN_SERVED : CONN_SILENT);
	if (!conn_wait(conn, EV_READ) || !tell_restarted(conn))
		conn_end(conn);
	return 0;
}

void conn_end(struct conn *conn)
{
	if (!conn_has_unread(conn)) {
		conn_free(conn);
		return;
	}
	event_del(&conn->wait);
	conn->pending = pending_free(conn->pending);
	broker_end_peer(conn->server->broker, conn->peer);
	shutdown(conn->fd, SHUT_RDWR); /* the client sees the end as soon as it has read the rest */
	server_drain_conn(conn->server, conn);
}

struct conn *conn_free(struct conn *conn)
{
	if (!conn)
		return NULL;
	event_del(&conn->wait);
	pending_free(conn->pending);
	in_flight_remove(conn);
	broker_remove_peer(conn->server->broker, conn->peer);
	close(conn->fd);
	server_remove_conn(conn->server, conn);
	free(conn);
	return NULL;
}

bool conn_has_request(const struct conn *conn)
{
	int waiting = 0;

	return ioctl(conn->fd, SIOCINQ, &waiting) == 0 && waiting > 0;
}

bool conn_has_unread(const struct conn *conn)
{
	int unread = 0;

	return ioctl(conn->fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}
