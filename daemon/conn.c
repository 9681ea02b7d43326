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

#include "daemon/broker.h"
#include "daemon/log.h"
#include "daemon/server.h"
#include "daemon/socket-credentials.h"

/* The kernel raises it to its minimum: as few unread replies as it lets us say. */
#define SEND_BUFFER 1

/* While the user's in-flight descriptors are used up there is nothing to poll for. */
static const struct timeval send_again_after = {.tv_usec = 5000};

struct pending_reply {
	struct wire_message message;
	int owned_fd; /* closed with it; -1: the descriptor is a segment's, which the peer holds */
};

static void conn_ready(int fd, short what, void *data);

/* Waits for this and for nothing else. */
static bool wait_for(struct conn *conn, short what, const struct timeval *timeout)
{
	int fd = what == EV_TIMEOUT ? -1 : conn->fd;

	event_del(&conn->wait);
	event_assign(&conn->wait, conn->server->base, fd, what, conn_ready, conn);
	return event_add(&conn->wait, timeout) == 0;
}

static bool wait_for_request(struct conn *conn)
{
	return wait_for(conn, EV_READ | EV_PERSIST, NULL);
}

static struct pending_reply *pending_free(struct pending_reply *pending)
{
	if (pending && pending->owned_fd >= 0)
		close(pending->owned_fd);
	free(pending);
	return NULL;
}

static void drop(struct conn *conn, int priority, const char *reason)
{
	const struct credentials *who = &conn->peer.credentials;

	server_log_limited(conn->server, priority, "disconnected a client of uid %u, pid %d: %s",
		(unsigned int)who->uid, (int)who->pid, reason);
	conn_end(conn);
}

/* True: it waits for the next chance. */
static bool wait_to_send(struct conn *conn, int error)
{
	switch (error) {
	case -EAGAIN:
	case -EINTR:
		return wait_for(conn, EV_WRITE, NULL);
	case -ETOOMANYREFS: /* of this uid's processes together: unix(7), "too many references" */
		return wait_for(conn, EV_TIMEOUT, &send_again_after);
	default:
		return false;
	}
}

static void send_again(struct conn *conn)
{
	int error = wire_send(conn->fd, &conn->pending->message, MSG_DONTWAIT);

	if (error == 0) {
		conn->pending = pending_free(conn->pending);
		if (!wait_for_request(conn))
			drop(conn, LOG_ERR, "out of memory");
	} else if (!wait_to_send(conn, error)) {
		conn_end(conn);
	}
}

/* Moves what would not go out into the slot. */
static bool keep_reply(struct conn *conn, const struct wire_message *message, struct reply *reply)
{
	conn->pending = malloc(sizeof(*conn->pending));
	if (!conn->pending)
		return false;
	conn->pending->message = *message;
	conn->pending->owned_fd = reply->fd_owned ? reply->fd : -1;
	reply->fd_owned = false;
	return true;
}

/* False: the connection is of no more use. */
static bool send_reply(struct conn *conn, struct reply *reply)
{
	struct wire_message message; /* not zeroed: 4 KiB, each time */
	int error;

	if (!wire_encode_reply(&reply->wire, &message))
		return false;
	if (reply->wire.header.fds > 0)
		message.fds[message.fd_count++] = reply->fd;
	error = wire_send(conn->fd, &message, MSG_DONTWAIT);
	if (error == 0)
		return true;
	return keep_reply(conn, &message, reply) && wait_to_send(conn, error);
}

static void log_internal(const struct conn *conn, const struct wire_request *request, int error)
{
	server_log_limited(conn->server, LOG_ERR,
		"%s of \"%.*s\" for uid %u, pid %d: %s; this is a fault of the broker",
		wire_op_name(request->header.op), (int)request->name_length, request->name,
		(unsigned int)conn->peer.credentials.uid, (int)conn->peer.credentials.pid,
		strerror(error));
}

/* Returns whether the connection may go on. */
static bool answer(struct conn *conn, const struct wire_request *request, enum status decoded)
{
	struct reply reply;
	bool usable = true;

	reply_init(&reply);
	if (decoded == STATUS_OK) {
		broker_handle(conn->server->broker, &conn->peer, request, &reply);
		if (reply.wire.header.status == STATUS_INTERNAL)
			log_internal(conn, request, reply.error);
	} else {
		reply_finish(&reply, &request->header, decoded);
	}
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

static void receive_request(struct conn *conn)
{
	struct server *server = conn->server; /* outlives conn, which may be gone below */
	struct wire_message message;
	int error = wire_receive(conn->fd, &message, 0, MSG_DONTWAIT);

	if (error == -EAGAIN || error == -EINTR)
		return;
	if (error == -EBADMSG) {
		drop(conn, LOG_INFO, "it sent too long a message, or descriptors");
	} else if (error < 0) {
		conn_end(conn); /* it has gone */
	} else {
		server_conn_spoke(server, conn);
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
	else
		receive_request(conn);
}

int conn_new(struct server *server, int fd, struct conn **outp)
{
	const int send_buffer = SEND_BUFFER;
	struct credentials credentials;
	struct conn *conn = calloc(1, sizeof(*conn));
	int error = conn ? socket_credentials(fd, &credentials) : -ENOMEM;

	if (error < 0) {
		close(fd);
		free(conn);
		return error;
	}
	conn->server = server;
	conn->fd = fd;
	peer_init(&conn->peer, &server->broker->registry, &credentials,
		server->broker->limits.handles_a_connection);
	event_assign(&conn->wait, server->base, fd, EV_READ | EV_PERSIST, conn_ready, conn);
	server_add_conn(server, conn);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &send_buffer, sizeof(send_buffer)) < 0 ||
		!wait_for_request(conn)) {
		conn_free(conn);
		return -ENOMEM;
	}
	*outp = conn;
	return 0;
}

void conn_end(struct conn *conn)
{
	event_del(&conn->wait);
	conn->pending = pending_free(conn->pending);
	peer_close_all(&conn->peer);
	if (conn_has_unread(conn))
		server_drain_conn(conn->server, conn);
	else
		conn_free(conn);
}

struct conn *conn_free(struct conn *conn)
{
	if (!conn)
		return NULL;
	event_del(&conn->wait);
	pending_free(conn->pending);
	peer_deinit(&conn->peer);
	close(conn->fd);
	server_remove_conn(conn->server, conn);
	free(conn);
	return NULL;
}

bool conn_has_unread(const struct conn *conn)
{
	int unread = 0;

	return ioctl(conn->fd, SIOCOUTQ, &unread) == 0 && unread > 0;
}
