/* SPDX-License-Identifier: MIT */
/*
 * Prints what the broker at $PRSHM_SOCKET knows, a line a segment: its name ("-": anonymous), its
 * size, its mode and how many opens hold it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "wire/wire.h"

static int fail(const char *what)
{
	fprintf(stderr, "list-segments: %s\n", what);
	return EXIT_FAILURE;
}

static int connect_to_broker(void)
{
	const char *path = getenv("PRSHM_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);

	if (!path || strlen(path) >= sizeof(address.sun_path) || fd < 0)
		return -1;
	memcpy(address.sun_path, path, strlen(path));
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

static bool exchange(int fd, uint64_t after, struct wire_message *message, struct wire_reply *reply)
{
	static uint32_t serial;
	const struct wire_request request = {
		.header = {.op = WIRE_OP_LIST, .serial = ++serial},
		.list = {.after = after},
		.name = "",
	};

	return wire_encode_request(&request, message) && wire_send(fd, message, 0) == 0 &&
	       wire_receive(fd, message, 0, 0) == 0 &&
	       wire_decode_reply(message->bytes, message->length, reply) == STATUS_OK &&
	       reply->header.status == STATUS_OK;
}

static void print_entries(const struct wire_reply *reply)
{
	struct wire_stated entry;
	const char *name;
	size_t used = 0;

	while (wire_get_entry(reply->tail, reply->tail_length, &used, &entry, &name))
		printf("%.*s %llu 0%o %u\n", entry.name_length ? (int)entry.name_length : 1,
			entry.name_length ? name : "-", (unsigned long long)entry.size,
			(unsigned int)entry.mode, (unsigned int)entry.holders);
}

int main(void)
{
	struct wire_message message = {.fd_count = 0};
	struct wire_reply reply;
	uint64_t after = 0;
	int fd = connect_to_broker();

	if (fd < 0)
		return fail("no broker at $PRSHM_SOCKET");
	do {
		if (!exchange(fd, after, &message, &reply))
			return fail("the broker does not list");
		print_entries(&reply);
		after = reply.listed.next;
	} while (after != 0);
	close(fd);
	return EXIT_SUCCESS;
}
