/* SPDX-License-Identifier: MIT */
/* This process's one connection to the broker; connection.h tells the idea. */
#include "client-lib/connection.h"

#include <errno.h>
#include <pthread.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "client-lib/attachments.h"
#include "client-lib/descriptor.h"
#include "client-lib/locate.h"

static struct {
	pthread_mutex_t lock;
	int fd;          /* -1: not connected */
	uint64_t number; /* of this connection; the handles of another are not to be closed on it */
	uint32_t serial;
	struct timespec gave_up; /* when somebody last waited in vain */
	ino_t inode;      /* of fd: a program that closes all descriptors may reuse the number */
	uid_t uid;        /* as which the broker knows us */
	int cancel_state; /* of the thread that holds the lock */
} connection = {.lock = PTHREAD_MUTEX_INITIALIZER, .fd = -1};

/* Uncancellable while it is held: a cancelled holder would take the lock with it. */
static void lock(void)
{
	int state;

	pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
	pthread_mutex_lock(&connection.lock);
	connection.cancel_state = state;
}

static void unlock(void)
{
	const int state = connection.cancel_state;

	pthread_mutex_unlock(&connection.lock);
	pthread_setcancelstate(state, NULL);
}

static bool is_ours(void)
{
	struct stat st;

	return fstat(connection.fd, &st) == 0 && S_ISSOCK(st.st_mode) &&
	       st.st_ino == connection.inode;
}

static void disconnect(void)
{
	if (connection.fd >= 0 && is_ours())
		close(connection.fd);
	connection.fd = -1;
	connection.number++;
}

static void before_fork(void)
{
	lock();
	attachments_lock();
}

static void in_parent(void)
{
	attachments_unlock();
	unlock();
}

/* Two processes on one connection would read each other's replies: the child makes its own. */
static void in_child(void)
{
	disconnect();
	in_parent();
}

__attribute__((constructor)) static void register_fork_handlers(void)
{
	pthread_atfork(before_fork, in_parent, in_child);
}

/* The socket's own time-out begins anew after each signal; a program with a timer may get many. */
static bool is_over(int error, time_t *deadline)
{
	if (error != -EINTR)
		return true;
	if (*deadline == 0)
		*deadline = locate_now() + CONNECTION_SECONDS;
	return locate_now() >= *deadline;
}

static int send_message(const struct wire_message *message)
{
	time_t deadline = 0;
	int error;

	do {
		error = wire_send(connection.fd, message, 0);
	} while (!is_over(error, &deadline));
	return error == -EAGAIN || error == -EINTR ? -ETIMEDOUT : error;
}

static int receive_message(struct wire_message *message)
{
	time_t deadline = 0;
	int error;

	do {
		error = wire_receive(connection.fd, message, WIRE_FDS_MAX, 0);
	} while (!is_over(error, &deadline));
	return error == -EAGAIN || error == -EINTR ? -ETIMEDOUT : error;
}

static void send_close(uint32_t handle)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_CLOSE, .serial = ++connection.serial},
		.close = {.handle = handle},
	};
	struct wire_message message;

	if (!wire_encode_request(&request, &message) || send_message(&message) < 0)
		disconnect();
}

/* The broker counts us, and we have nothing to show for it: this process's table is full. */
static void give_back(const struct wire_reply *reply)
{
	if (reply->header.op == WIRE_OP_OPEN || reply->header.op == WIRE_OP_REDEEM)
		send_close(reply->opened.handle);
	else if (reply->header.op == WIRE_OP_ANONYMOUS)
		send_close(reply->made.handle);
}

static bool brings_descriptor(uint16_t op)
{
	return op == WIRE_OP_OPEN || op == WIRE_OP_REOPEN || op == WIRE_OP_ANONYMOUS ||
	       op == WIRE_OP_REDEEM;
}

/* Makes sense of what came. Descriptors that nobody declared never get past this. */
static int check_answer(const struct wire_request *request, struct answer *answer)
{
	struct wire_message *message = &answer->message;
	const struct wire_header *header = &answer->reply.header;
	enum status status = wire_decode_reply(message->bytes, message->length, &answer->reply);

	if (status == STATUS_VERSION)
		return STATUS_VERSION;
	/* To no request: the broker does not take this connection, and says why. */
	if (status == STATUS_OK && header->op == 0 && header->status != STATUS_OK)
		return header->status;
	if (status != STATUS_OK || header->serial != request->header.serial ||
		header->op != request->header.op || message->fd_count > header->fds ||
		header->fds > brings_descriptor(header->op))
		return -EPROTO;
	if (header->status != STATUS_OK)
		return header->status;
	if (message->fd_count < header->fds) {
		give_back(&answer->reply);
		return -EMFILE;
	}
	if (message->fd_count > 0) {
		answer->fd = descriptor_above_standard(message->fds[0]);
		message->fd_count = 0;
		if (answer->fd < 0) {
			give_back(&answer->reply);
			return answer->fd;
		}
	}
	answer->connection = connection.number;
	return 0;
}

static int exchange(struct wire_request *request, struct answer *answer)
{
	int outcome;

	request->header.serial = ++connection.serial;
	if (!wire_encode_request(request, &answer->message))
		return -EPROTO;
	outcome = send_message(&answer->message);
	if (outcome == 0 || outcome == -EPIPE)
		outcome = receive_message(&answer->message);
	/* A broker that takes no connection says why and ends it; that stands behind the reset. */
	if (outcome == -ECONNRESET)
		outcome = receive_message(&answer->message);
	if (outcome == 0)
		outcome = check_answer(request, answer);
	wire_message_deinit(&answer->message);
	return outcome;
}

static int make_connection(void)
{
	struct stat st;
	int fd;

	/* Who was root when it connected must not stay so for the broker. */
	if (connection.fd >= 0 && (!is_ours() || connection.uid != geteuid()))
		disconnect();
	if (connection.fd >= 0)
		return 0;
	fd = locate_connect(CONNECTION_SECONDS);
	if (fd < 0)
		return fd;
	connection.fd = fd;
	connection.inode = fstat(fd, &st) == 0 ? st.st_ino : 0;
	connection.uid = geteuid();
	connection.number++;
	return 0;
}

static bool is_broken(int outcome)
{
	return outcome == -EPIPE || outcome == -ECONNRESET || outcome == -ENOTCONN;
}

/*
 * A connection that breaks means that its broker is gone, with all it knew, and what was asked of it
 * is asked once more of the next. (One that lives ends only connections that break the protocol.)
 */
static int call(struct wire_request *request, struct answer *answer)
{
	int outcome = 0;

	for (int tries = 0; tries < 2; tries++) {
		outcome = make_connection();
		if (outcome < 0)
			return outcome;
		outcome = exchange(request, answer);
		if (outcome < 0 && outcome != -EMFILE)
			disconnect(); /* a reply that comes too late must find nobody */
		if (!is_broken(outcome))
			break;
	}
	return outcome;
}

static bool is_before(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec < b->tv_sec || (a->tv_sec == b->tv_sec && a->tv_nsec < b->tv_nsec);
}

int connection_call(struct wire_request *request, struct answer *answer)
{
	struct timespec begin;
	int outcome;

	answer->fd = -1;
	clock_gettime(CLOCK_MONOTONIC, &begin);
	lock();
	/* Who queued behind one that got no answer has waited as long as that one. */
	outcome = is_before(&begin, &connection.gave_up) ? -ETIMEDOUT : call(request, answer);
	if (outcome == -ETIMEDOUT)
		clock_gettime(CLOCK_MONOTONIC, &connection.gave_up);
	unlock();
	return outcome;
}

void connection_close_handle(uint64_t number, uint32_t handle)
{
	lock();
	if (connection.fd >= 0 && connection.number == number && is_ours())
		send_close(handle);
	unlock();
}
