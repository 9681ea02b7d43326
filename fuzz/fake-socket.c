/* SPDX-License-Identifier: MIT */
/* Sockets without a kernel; fake-socket.h tells the idea. */
#include "fuzz/fake-socket.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/log.h"
#include "fuzz/fake-calls.h"
#include "fuzz/fake-kernel.h"

static fake_next_message *next;
static fake_sent_message *sent;
static unsigned int asked;
static int64_t now; /* nanoseconds */
static uint64_t last_cookie;

void fake_sockets_begin(fake_next_message *next_message, fake_sent_message *sent_message)
{
	next = next_message;
	sent = sent_message;
	asked = 0;
}

int fake_socket(uid_t uid)
{
	const struct fake_file is = {.mode = S_IFSOCK | 0777,
		.seals = -1,
		.uid = uid,
		.inode = ((uint64_t)1 << 32) + ++last_cookie};

	return fake_open(&is, O_RDWR);
}

static int fail(int error)
{
	errno = error;
	return -1;
}

int __wrap_socket(int domain, int type, int protocol)
{
	(void)domain;
	(void)type;
	(void)protocol;
	return fake_socket(geteuid());
}

int __wrap_connect(int fd, const struct sockaddr *address, socklen_t size)
{
	(void)fd;
	(void)address;
	(void)size;
	return asked < FAKE_ENDLESS ? 0 : fail(ECONNREFUSED);
}

/* The descriptors that find no room are closed, as the kernel does. */
static void put_fds(struct msghdr *header, const struct wire_message *message)
{
	const size_t room = header->msg_controllen >= CMSG_LEN(0)
				    ? (header->msg_controllen - CMSG_LEN(0)) / sizeof(int)
				    : 0;
	const size_t count = message->fd_count < room ? message->fd_count : room;
	struct cmsghdr *c = CMSG_FIRSTHDR(header);

	for (size_t i = count; i < message->fd_count; i++)
		__wrap_close(message->fds[i]);
	if (count < message->fd_count)
		header->msg_flags |= MSG_CTRUNC;
	if (count == 0) {
		header->msg_controllen = 0;
		return;
	}
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(count * sizeof(int));
	memcpy(CMSG_DATA(c), message->fds, count * sizeof(int));
	header->msg_controllen = CMSG_LEN(count * sizeof(int));
}

ssize_t __wrap_recvmsg(int fd, struct msghdr *header, int flags)
{
	struct wire_message message;
	int error = -ECONNRESET;

	(void)fd;
	(void)flags;
	message.fd_count = message.length = 0;
	header->msg_flags = 0;
	if (++asked < FAKE_ENDLESS)
		error = next(&message);
	if (error < 0) {
		header->msg_controllen = 0;
		return error == -ECONNRESET && asked % 2 == 0 ? 0 : fail(-error);
	}
	memcpy(header->msg_iov->iov_base, message.bytes, message.length);
	put_fds(header, &message);
	return (ssize_t)message.length;
}

static ssize_t send_message(const struct wire_message *message)
{
	const int error = asked >= FAKE_ENDLESS ? -EPIPE : sent ? sent(message) : 0;

	return error < 0 ? fail(-error) : (ssize_t)message->length;
}

ssize_t __wrap_send(int fd, const void *bytes, size_t length, int flags)
{
	struct wire_message message = {.length = length};

	(void)fd;
	(void)flags;
	memcpy(message.bytes, bytes, length);
	return send_message(&message);
}

ssize_t __wrap_sendmsg(int fd, const struct msghdr *header, int flags)
{
	struct wire_message message = {.length = header->msg_iov->iov_len};
	const struct cmsghdr *c = CMSG_FIRSTHDR(header);

	(void)fd;
	(void)flags;
	memcpy(message.bytes, header->msg_iov->iov_base, message.length);
	message.fd_count = c ? (c->cmsg_len - CMSG_LEN(0)) / sizeof(int) : 0;
	if (c)
		memcpy(message.fds, CMSG_DATA(c), message.fd_count * sizeof(int));
	return send_message(&message);
}

/* Whatever is waited for comes, every other time too late: then all of the time is over. */
int __wrap_poll(struct pollfd *polled, nfds_t count, int milliseconds)
{
	for (nfds_t i = 0; i < count; i++)
		polled[i].revents = polled[i].fd < 0 ? 0 : polled[i].events;
	now += 1000000 * (int64_t)(++asked % 8 == 0 && milliseconds > 0 ? milliseconds : 1);
	return asked % 8 == 0 ? 0 : (int)count;
}

int __wrap_setsockopt(int fd, int level, int option, const void *value, socklen_t size)
{
	(void)fd;
	(void)level;
	(void)option;
	(void)value;
	(void)size;
	return 0;
}

int __wrap_getsockopt(int fd, int level, int option, void *value, socklen_t *size)
{
	struct stat st;

	(void)level;
	if (__wrap_fstat(fd, &st) < 0)
		return -1;
	if (!S_ISSOCK(st.st_mode))
		return fail(ENOTSOCK);
	if (option == SO_PEERCRED)
		*(struct ucred *)value =
			(struct ucred){.pid = 1, .uid = st.st_uid, .gid = st.st_uid};
	else if (option == SO_COOKIE)
		memcpy(value, &st.st_ino, sizeof(st.st_ino));
	else
		*size = 0; /* SO_PEERGROUPS: none */
	return 0;
}

int __wrap_usleep(useconds_t microseconds)
{
	now += 1000 * (int64_t)microseconds;
	return 0;
}

int __wrap_nanosleep(const struct timespec *time, struct timespec *left)
{
	(void)left;
	now += time->tv_sec * INT64_C(1000000000) + time->tv_nsec;
	return 0;
}

int __wrap_clock_gettime(clockid_t clock, struct timespec *time)
{
	(void)clock;
	now += 1000;
	*time = (struct timespec){.tv_sec = now / 1000000000 + 1, .tv_nsec = now % 1000000000};
	return 0;
}

/* Formatted, so that each argument is looked at, and not printed. */
void __wrap_log_write(int priority, const char *format, ...)
{
	char line[LOG_LINE_MAX];
	va_list arguments;

	(void)priority;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
}
