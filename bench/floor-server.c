/* SPDX-License-Identifier: MIT */
/* The least a broker could do. */
#include "bench/floor-server.h"

#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/place.h"
#include "wire/wire.h"

#define KEEPER_MESSAGE           16 /* bytes: as wire/keeper.h's */
#define KEEPER_REST_MICROSECONDS 2000

static int existing_fd;
static int made_fd = -1;
static int keeper_link = -1; /* -1: there is no keeper */

size_t floor_request_length(enum floor_request request, size_t name_length)
{
	switch (request) {
	case FLOOR_PASS:
	case FLOOR_MAKE:
		return WIRE_SIZE_header + (size_t)WIRE_SIZE_open + name_length;
	case FLOOR_REMOVE:
		return WIRE_SIZE_header + name_length;
	default:
		return WIRE_SIZE_header + (size_t)WIRE_SIZE_close;
	}
}

size_t floor_reply_length(enum floor_request request)
{
	return WIRE_SIZE_header + (size_t)(request == FLOOR_REMOVE ? 0 : WIRE_SIZE_opened);
}

/* The system calls that a segment of prshmd's costs: the kernel's share is not ours to save. */
static int make_memory(int times)
{
	int fd = memfd_create("prshm-bench", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	if (fd < 0 || fchmod(fd, 0600) < 0 || ftruncate(fd, (off_t)SEGMENT_BYTES * times) < 0 ||
		fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) < 0)
		_exit(1);
	return fd;
}

/* passed_fd: -1 for none. */
static bool send_bytes(int fd, size_t length, int passed_fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control = {0};
	char bytes[FLOOR_MESSAGE_MAX] = {0};
	struct iovec iov = {.iov_base = bytes, .iov_len = length};
	struct msghdr header = {.msg_iov = &iov, .msg_iovlen = 1};

	if (passed_fd >= 0) {
		header.msg_control = control.bytes;
		header.msg_controllen = sizeof(control.bytes);
		struct cmsghdr *c = CMSG_FIRSTHDR(&header);
		c->cmsg_level = SOL_SOCKET;
		c->cmsg_type = SCM_RIGHTS;
		c->cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(c), &passed_fd, sizeof(int));
	}
	return sendmsg(fd, &header, MSG_NOSIGNAL) >= 0;
}

/* What is made survives us: it is handed over before the reply. */
static bool make(int times)
{
	made_fd = make_memory(times);
	return keeper_link < 0 || send_bytes(keeper_link, KEEPER_MESSAGE, made_fd);
}

static bool drop(void)
{
	close(made_fd);
	made_fd = -1;
	return keeper_link < 0 || send_bytes(keeper_link, KEEPER_MESSAGE, -1);
}

/* False: the client has gone. */
static bool serve_one(int fd)
{
	char bytes[FLOOR_MESSAGE_MAX];

	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		return false;
	switch (bytes[0]) {
	case FLOOR_PASS:
		return send_bytes(fd, floor_reply_length(FLOOR_PASS), existing_fd);
	case FLOOR_MAKE:
		return make(bytes[1]) && send_bytes(fd, floor_reply_length(FLOOR_MAKE), made_fd);
	case FLOOR_REMOVE:
		return drop() && send_bytes(fd, floor_reply_length(FLOOR_REMOVE), -1);
	case FLOOR_DROP:
		return drop();
	default:
		return true;
	}
}

static void readable(int fd, short what, void *data)
{
	(void)what;
	if (!serve_one(fd))
		event_base_loopbreak(data);
}

/* Set up as prshmd's: level-triggered and persistent, one message a callback. */
static void serve_by_libevent(const int *fds, unsigned int count)
{
	struct event_base *base = event_base_new();

	for (unsigned int i = 0; i < count; i++) {
		struct event *event =
			base ? event_new(base, fds[i], EV_READ | EV_PERSIST, readable, base) : NULL;

		if (!event || event_add(event, NULL) < 0)
			_exit(1);
	}
	event_base_dispatch(base);
}

bool floor_receive(int socket, int flags, int *fd)
{
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(sizeof(int))];
	} control;
	char bytes[FLOOR_MESSAGE_MAX];
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	struct cmsghdr *c;

	if (recvmsg(socket, &header, MSG_CMSG_CLOEXEC | flags) <= 0)
		return false;
	*fd = -1;
	c = CMSG_FIRSTHDR(&header);
	if (c)
		memcpy(fd, CMSG_DATA(c), sizeof(*fd));
	return true;
}

/* One message: a descriptor to keep, or none: what is kept is needed no more. False: none came. */
static bool keep_one(int link, int *kept, int flags)
{
	int fd;

	if (!floor_receive(link, flags, &fd))
		return false;
	if (fd >= 0)
		*kept = fd;
	else
		close(*kept);
	return true;
}

/* As prshm-keeper: it sleeps until there is something, reads all that there is, and rests. */
_Noreturn static void keep(int link)
{
	int kept = -1;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while (keep_one(link, &kept, 0)) {
		while (keep_one(link, &kept, MSG_DONTWAIT))
			;
		usleep(KEEPER_REST_MICROSECONDS);
	}
	_exit(0);
}

static void start_keeper(void)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		_exit(1);
	pid = fork();
	if (pid < 0)
		_exit(1);
	if (pid == 0) {
		close(fds[0]);
		keep(fds[1]);
	}
	close(fds[1]);
	keeper_link = fds[0];
}

_Noreturn static void serve(
	bool use_libevent, bool has_keeper, const int *server_fds, unsigned int count)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	existing_fd = make_memory(1);
	if (has_keeper)
		start_keeper();
	if (use_libevent)
		serve_by_libevent(server_fds, count);
	else
		while (serve_one(server_fds[0]))
			;
	_exit(0);
}

static void close_all(const int *fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		close(fds[i]);
}

static bool make_pairs(int *client_fds, int *server_fds, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++) {
		int fds[2];

		if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
			close_all(client_fds, i);
			close_all(server_fds, i);
			return false;
		}
		client_fds[i] = fds[0];
		server_fds[i] = fds[1];
	}
	return true;
}

pid_t floor_server_start(bool use_libevent, bool has_keeper, int *client_fds, unsigned int count)
{
	int server_fds[FLOOR_CLIENTS_MAX];
	pid_t pid;

	if (!make_pairs(client_fds, server_fds, count))
		return -1;
	pid = fork();
	if (pid <= 0)
		close_all(client_fds, count);
	if (pid == 0)
		serve(use_libevent, has_keeper, server_fds, count);
	close_all(server_fds, count);
	return pid;
}
