/* SPDX-License-Identifier: MIT */
/* The least a broker could do. */
#include "bench/floor-server.h"

#include <event2/event.h>
#include <event2/event_struct.h>
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

static int existing_fd;
static int made_fd = -1;

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

static bool reply(int fd, size_t length, int passed_fd)
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

/* False: the client has gone. */
static bool serve_one(int fd)
{
	char bytes[FLOOR_MESSAGE_MAX];

	if (recv(fd, bytes, sizeof(bytes), 0) <= 0)
		return false;
	switch (bytes[0]) {
	case FLOOR_PASS:
		return reply(fd, floor_reply_length(FLOOR_PASS), existing_fd);
	case FLOOR_MAKE:
		made_fd = make_memory(bytes[1]);
		return reply(fd, floor_reply_length(FLOOR_MAKE), made_fd);
	case FLOOR_REMOVE:
		close(made_fd);
		made_fd = -1;
		return reply(fd, floor_reply_length(FLOOR_REMOVE), -1);
	case FLOOR_DROP:
		close(made_fd);
		made_fd = -1;
		return true;
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
static void serve_by_libevent(int fd)
{
	struct event_base *base = event_base_new();
	struct event event;

	if (!base || event_assign(&event, base, fd, EV_READ | EV_PERSIST, readable, base) < 0 ||
		event_add(&event, NULL) < 0)
		_exit(1);
	event_base_dispatch(base);
}

static void serve(bool use_libevent, int fd)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setpgid(0, 0);
	existing_fd = make_memory(1);
	if (use_libevent)
		serve_by_libevent(fd);
	else
		while (serve_one(fd))
			;
}

pid_t floor_server_start(bool use_libevent, int *client_fd)
{
	int fds[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0)
		return -1;
	pid = fork();
	if (pid == 0) {
		close(fds[0]);
		serve(use_libevent, fds[1]);
		_exit(0);
	}
	close(fds[1]);
	if (pid < 0)
		close(fds[0]);
	else
		*client_fd = fds[0];
	return pid;
}
