/* SPDX-License-Identifier: MIT */
/* A broker that lies; fake-broker.h tells the idea. Here is all of it that is true. */
#include "tests/client/fake-broker.h"

#include <check.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "wire/ring.h"

struct plan {
	fake_lie *lie;
	int lie_at;
	int lie_until;
	int number; /* of the request, over all connections */
};

int fake_memory(off_t size, int seals)
{
	int fd = memfd_create("fake", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || ftruncate(fd, size) < 0 || fcntl(fd, F_ADD_SEALS, seals) < 0)
		_exit(120);
	return fd;
}

void fake_encode(struct fake_answer *answer)
{
	if (!wire_encode_reply(&answer->reply, &answer->message))
		_exit(121);
}

void fake_replace_fd(struct fake_answer *answer, int fd)
{
	close(answer->fds[0]);
	answer->fds[0] = fd;
}

static struct fake_log *log_of_this; /* shared with who started it */
static unsigned int connections;

static void note(const struct wire_request *request)
{
	struct fake_log *log = log_of_this;

	if (log->count == FAKE_LOG_MAX)
		return;
	log->messages[log->count++] = (struct fake_message){
		.connection = connections,
		.op = request->header.op,
		.serial = request->header.serial,
		.handle = request->header.op == WIRE_OP_CLOSE ? request->close.handle : 0,
	};
}

/* Not wire_send, which would not send what must never be sent. */
void fake_send(const struct fake_answer *answer)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(answer->fds))];
	} control = {0};
	struct iovec iov = {
		.iov_base = (void *)answer->message.bytes, /* only read */
		.iov_len = answer->message.length,
	};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};
	const size_t size = answer->fd_count * sizeof(int);

	if (size > 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = CMSG_SPACE(size);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(size);
		memcpy(CMSG_DATA(c), answer->fds, size);
	}
	if (sendmsg(answer->connection, &header, MSG_NOSIGNAL) < 0)
		fprintf(stderr, "fake broker: %m\n"); /* the client may have gone already */
}

/*
 * Nobody looks into it, and it says that CLOSE is to be sent as well. No lie, and not in the log.
 */
static bool give_ring(int connection, const struct wire_request *request)
{
	struct fake_answer answer = {
		.reply.header = {.op = WIRE_OP_RING, .serial = request->header.serial, .fds = 1},
		.fds = {fake_memory(RING_BYTES, FAKE_SEALS)},
		.fd_count = 1,
		.connection = connection,
	};

	fake_encode(&answer);
	fake_send(&answer);
	close(answer.fds[0]);
	return true;
}

bool fake_receive(int connection, struct wire_request *request)
{
	static struct wire_message message; /* the request borrows from it */

	do {
		if (wire_receive(connection, &message, 0, 0) < 0 ||
			wire_decode_request(message.bytes, message.length, request) != STATUS_OK)
			return false;
	} while (request->header.op == WIRE_OP_RING && give_ring(connection, request));
	note(request);
	return true;
}

/* The memory of all segments, so that a reopened one is the one that was opened. */
static int get_memory(bool readonly)
{
	static int memory = -1;
	char path[32];

	if (memory < 0)
		memory = fake_memory(FAKE_SIZE, FAKE_SEALS);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", memory);
	return readonly ? open(path, O_RDONLY | O_CLOEXEC) : fcntl(memory, F_DUPFD_CLOEXEC, 0);
}

/* Each of the names is the one segment. */
static void answer_many(const struct wire_request *request, struct fake_answer *answer)
{
	struct wire_reply *reply = &answer->reply;

	reply->opened_many.count = request->open_many.count;
	reply->tail = answer->tail;
	for (uint32_t i = 0; i < request->open_many.count; i++) {
		const struct wire_outcome outcome = {
			.segment = 1,
			.size = FAKE_SIZE,
			.handle = 1000 + i,
			.access = WIRE_READ | WIRE_WRITE,
		};

		wire_put_outcome(answer->tail, sizeof(answer->tail), &reply->tail_length, &outcome);
		answer->fds[answer->fd_count++] = get_memory(false);
	}
	reply->header.fds = (uint16_t)answer->fd_count;
}

/* The truth. */
static void answer_request(const struct wire_request *request, struct fake_answer *answer)
{
	static uint32_t handle;
	const bool gives_fd =
		request->header.op == WIRE_OP_OPEN || request->header.op == WIRE_OP_REOPEN;

	answer->reply.header = (struct wire_header){
		.op = request->header.op,
		.serial = request->header.serial,
		.fds = gives_fd,
	};
	if (request->header.op == WIRE_OP_OPEN)
		answer->reply.opened = (struct wire_opened){
			.segment = 1,
			.size = FAKE_SIZE,
			.handle = ++handle,
			.access = WIRE_READ | WIRE_WRITE,
		};
	if (request->header.op == WIRE_OP_OPEN_MANY)
		answer_many(request, answer);
	if (gives_fd)
		answer->fds[answer->fd_count++] = get_memory(request->header.op == WIRE_OP_REOPEN);
}

void fake_mark(void)
{
	log_of_this->marked = true;
}

void fake_await_mark(const struct fake_broker *broker)
{
	const struct timespec pause = {.tv_nsec = 1000000};

	while (!broker->log->marked)
		nanosleep(&pause, NULL);
}

bool fake_says_restarted(struct fake_answer *answer)
{
	answer->reply = (struct wire_reply){.header = {.status = STATUS_RESTARTED}};
	while (answer->fd_count > 0)
		close(answer->fds[--answer->fd_count]);
	fake_encode(answer);
	return true;
}

static fake_lie *choose_lie(struct plan *plan)
{
	plan->number++;
	return plan->number >= plan->lie_at && plan->number <= plan->lie_until ? plan->lie : NULL;
}

/* False: the connection is over. */
static bool serve_request(int connection, struct plan *plan)
{
	struct fake_answer answer = {.connection = connection};
	struct wire_request request;
	fake_lie *lie;
	bool goes_on = true;

	if (!fake_receive(connection, &request))
		return false;
	if (request.header.op == WIRE_OP_CLOSE)
		return true;
	answer_request(&request, &answer);
	lie = choose_lie(plan);
	if (lie)
		goes_on = lie(&answer);
	else
		fake_encode(&answer);
	if (goes_on && answer.message.length > 0)
		fake_send(&answer);
	for (size_t i = 0; i < answer.fd_count; i++)
		close(answer.fds[i]);
	return goes_on;
}

static void serve(int listening, struct plan *plan)
{
	for (;;) {
		int connection = accept4(listening, NULL, NULL, SOCK_CLOEXEC);

		connections++;
		while (connection >= 0 && serve_request(connection, plan))
			;
		close(connection);
	}
}

void fake_broker_start(struct fake_broker *broker, fake_lie *lie, int lie_at, int lie_until)
{
	struct plan plan = {.lie = lie, .lie_at = lie_at, .lie_until = lie_until};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int listening = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	snprintf(broker->directory, sizeof(broker->directory), "/tmp/prshm-fake.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(broker->directory));
	snprintf(broker->socket, sizeof(broker->socket), "%s/broker.sock", broker->directory);
	strcpy(address.sun_path, broker->socket);
	ck_assert_int_eq(bind(listening, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(listening, 0), 0);
	setenv("PRSHM_SOCKET", broker->socket, 1);
	log_of_this = mmap(NULL, sizeof(*log_of_this), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(log_of_this, MAP_FAILED);
	broker->log = log_of_this;
	broker->pid = fork();
	ck_assert_int_ge(broker->pid, 0);
	if (broker->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		serve(listening, &plan);
	}
	close(listening);
}

void fake_broker_stop(struct fake_broker *broker)
{
	kill(broker->pid, SIGKILL);
	waitpid(broker->pid, NULL, 0);
	unlink(broker->socket);
	rmdir(broker->directory);
	munmap((void *)broker->log, sizeof(*broker->log));
}
