/* SPDX-License-Identifier: MIT */
/* A client without the library. */
#include "bench/bare-client.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "bench/place.h"

#define DESCRIPTORS 32768 /* more than any of us has */

int bare_connect(const char *path)
{
	const struct timeval timeout = {.tv_sec = 20};
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	int error;

	if (fd < 0 || strlen(path) >= sizeof(address.sun_path))
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
		return fd;
	error = errno;
	close(fd);
	errno = error;
	return -1;
}

/* Serials go up by one on each connection; where one begins does not matter. */
static int send_request(int fd, struct wire_request *request, int flags)
{
	static uint32_t last_serials[DESCRIPTORS];
	uint32_t *last_serial = &last_serials[(unsigned int)fd % DESCRIPTORS];
	struct wire_message message; /* not zeroed: 4 KiB, each time */
	int error;

	request->header.serial = *last_serial + 1;
	error = wire_encode_request(request, &message) ? wire_send(fd, &message, flags) : -EMSGSIZE;
	if (error == 0)
		(*last_serial)++;
	return error;
}

int bare_send_open(int fd, const char *name, uint64_t size, uint32_t open_flags, int flags)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = {.size = size, .flags = open_flags, .mode = 0600},
		.name = name,
		.name_length = strlen(name),
	};

	return send_request(fd, &request, flags);
}

static int send_name(int fd, enum wire_op op, const char *name, int flags)
{
	struct wire_request request = {
		.header = {.op = (uint16_t)op},
		.name = name,
		.name_length = strlen(name),
	};

	return send_request(fd, &request, flags);
}

int bare_send_delete(int fd, const char *name, int flags)
{
	return send_name(fd, WIRE_OP_DELETE, name, flags);
}

int bare_send_close(int fd, uint32_t handle, int flags)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_CLOSE},
		.close = {.handle = handle},
	};

	return send_request(fd, &request, flags);
}

/* *segment_fd: -1 if none came, or nobody wants it. */
static int receive(int fd, int flags, enum status *status, uint32_t *handle, int *segment_fd)
{
	struct wire_message message;
	struct wire_reply reply;
	int error = wire_receive(fd, &message, WIRE_FDS_MAX, flags);

	if (error < 0)
		return error;
	*status = STATUS_MALFORMED;
	*handle = 0;
	if (wire_decode_reply(message.bytes, message.length, &reply) == STATUS_OK) {
		*status = (enum status)reply.header.status;
		if (reply.header.op == WIRE_OP_OPEN && *status == STATUS_OK)
			*handle = reply.opened.handle;
	}
	if (segment_fd && message.fd_count == 1) {
		*segment_fd = message.fds[0];
		message.fd_count = 0;
	}
	wire_message_deinit(&message);
	return 0;
}

int bare_receive(int fd, int flags, enum status *status, uint32_t *handle)
{
	return receive(fd, flags, status, handle, NULL);
}

int bare_send_ask(int fd, int flags)
{
	return send_name(fd, WIRE_OP_STAT, "/nobody", flags);
}

bool bare_ask(int fd)
{
	enum status status;
	uint32_t handle;

	return bare_send_ask(fd, 0) == 0 && bare_receive(fd, 0, &status, &handle) == 0 &&
	       status == STATUS_NOT_FOUND;
}

bool bare_watch(int fd, const char *prefix)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_WATCH},
		.watch = {.events = WIRE_EVENT_CREATED | WIRE_EVENT_OPENED | WIRE_EVENT_CLOSED},
		.name = prefix,
		.name_length = strlen(prefix),
	};
	enum status status;
	uint32_t handle;

	return send_request(fd, &request, 0) == 0 && bare_receive(fd, 0, &status, &handle) == 0 &&
	       status == STATUS_OK;
}

enum status bare_open(
	int fd, const char *name, uint64_t size, uint32_t flags, struct bare_segment *out)
{
	enum status status;

	out->fd = -1;
	if (bare_send_open(fd, name, size, flags, 0) < 0 ||
		receive(fd, 0, &status, &out->handle, &out->fd) < 0)
		return STATUS_INTERNAL;
	return status;
}

bool bare_close(int fd, const struct bare_segment *segment)
{
	close(segment->fd);
	return bare_send_close(fd, segment->handle, 0) == 0;
}

bool bare_use(int fd, const char *name, uint64_t size, uint32_t flags)
{
	struct bare_segment segment;
	void *address;

	if (bare_open(fd, name, size, flags, &segment) != STATUS_OK)
		return false;
	address = mmap(NULL, SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, segment.fd, 0);
	return address != MAP_FAILED && munmap(address, SEGMENT_BYTES) == 0 &&
	       bare_close(fd, &segment);
}

enum status bare_delete(int fd, const char *name)
{
	enum status status;
	uint32_t handle;

	if (bare_send_delete(fd, name, 0) < 0 || bare_receive(fd, 0, &status, &handle) < 0)
		return STATUS_INTERNAL;
	return status;
}

long bare_count_segments(int fd)
{
	struct wire_request request = {.header = {.op = WIRE_OP_LIST}};
	struct wire_message message;
	struct wire_reply reply;
	long count = -1;

	if (send_request(fd, &request, 0) < 0 || wire_receive(fd, &message, 0, 0) < 0)
		return -1;
	if (wire_decode_reply(message.bytes, message.length, &reply) == STATUS_OK &&
		reply.header.op == WIRE_OP_LIST && reply.header.status == STATUS_OK)
		count = (long)reply.listed.count;
	wire_message_deinit(&message);
	return count;
}
