/* SPDX-License-Identifier: MIT */
/*
 * The only calls of recvmsg and sendmsg in the tree. A descriptor that arrives belongs to its
 * message until the caller takes it out of there.
 */
#include "wire/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/*
 * Room for the most descriptors that one message may have. Only the part that a message needs is
 * given to the kernel, or written: a reply with one descriptor must not pay for 64.
 */
union control {
	struct cmsghdr align;
	char bytes[CMSG_SPACE(sizeof(int) * (WIRE_FDS_MAX + 1))];
};

void wire_message_deinit(struct wire_message *message)
{
	for (size_t i = 0; i < message->fd_count; i++)
		close(message->fds[i]);
	message->fd_count = 0;
}

/*
 * Counts the descriptors that came, keeps those within the limit, and closes the rest. The control
 * buffer has room for one descriptor more than the limit, or for two, as CMSG_SPACE rounds up to 8
 * bytes. So a message with too many is noticed. MSG_CTRUNC would not tell: a good message gets that
 * flag, too, when the descriptor table of this process is full.
 */
static size_t take_fds(struct msghdr *header, struct wire_message *message, size_t limit)
{
	size_t came = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(header); c; c = CMSG_NXTHDR(header, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		size_t count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < count; i++, came++) {
			int fd;

			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (came < limit)
				message->fds[message->fd_count++] = fd;
			else
				close(fd);
		}
	}
	return came;
}

int wire_receive(int fd, struct wire_message *message, size_t fd_limit, int flags)
{
	union control control;
	struct iovec iov = {.iov_base = message->bytes, .iov_len = sizeof(message->bytes)};
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		/* No descriptor is wanted: without room, the kernel drops all that were sent. */
		.msg_control = fd_limit > 0 ? control.bytes : NULL,
		.msg_controllen = fd_limit > 0 ? CMSG_SPACE((fd_limit + 1) * sizeof(int)) : 0,
	};
	ssize_t length;

	assert(fd_limit <= WIRE_FDS_MAX);
	message->fd_count = 0;
	length = recvmsg(fd, &header, flags | MSG_CMSG_CLOEXEC);
	if (length < 0)
		return -errno;
	size_t came = take_fds(&header, message, fd_limit);
	bool unwanted = fd_limit == 0 && (header.msg_flags & MSG_CTRUNC);
	if (unwanted || came > fd_limit || (header.msg_flags & MSG_TRUNC)) {
		wire_message_deinit(message);
		return -EBADMSG;
	}
	if (length == 0) {
		wire_message_deinit(message);
		return -ECONNRESET;
	}
	message->length = (size_t)length;
	return 0;
}

/* sendmsg(2) costs more than send(2), a few percent of a whole request. */
static ssize_t send_bytes(int fd, const struct wire_message *message, int flags)
{
	return send(fd, message->bytes, message->length, flags);
}

static ssize_t send_with_fds(int fd, const struct wire_message *message, int flags)
{
	union control control;
	/* The cast is safe: sendmsg(2) only reads the bytes, though iovec has no const. */
	struct iovec iov = {.iov_base = (void *)message->bytes, .iov_len = message->length};
	const size_t size = message->fd_count * sizeof(int);
	struct msghdr header = {
		.msg_iov = &iov,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = CMSG_SPACE(size),
	};
	struct cmsghdr *c;

	memset(control.bytes, 0, CMSG_SPACE(size)); /* the padding is sent, too */
	c = CMSG_FIRSTHDR(&header);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(size);
	memcpy(CMSG_DATA(c), message->fds, size);
	return sendmsg(fd, &header, flags);
}

int wire_send(int fd, const struct wire_message *message, int flags)
{
	const ssize_t sent = message->fd_count > 0
				     ? send_with_fds(fd, message, flags | MSG_NOSIGNAL)
				     : send_bytes(fd, message, flags | MSG_NOSIGNAL);

	return sent < 0 ? -errno : 0;
}
