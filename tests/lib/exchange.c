/* SPDX-License-Identifier: MIT */
/* Requests and replies over a bare connection. */
#include "tests/lib/exchange.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#define DESCRIPTORS_MAX 65536

/* Shared with children, which may go on with a connection that they were born with. */
static uint32_t *serials;

__attribute__((constructor)) static void map_serials(void)
{
	serials = mmap(NULL, DESCRIPTORS_MAX * sizeof(*serials), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (serials == MAP_FAILED)
		abort();
}

uint32_t exchange_next_serial(int connection)
{
	ck_assert_int_ge(connection, 0);
	ck_assert_int_lt(connection, DESCRIPTORS_MAX);
	return ++serials[connection];
}

void exchange_make_open(struct wire_message *message, const char *name, size_t length,
	uint32_t flags, uint64_t size, uint32_t mode, uint32_t serial)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN, .serial = serial},
		.open = {.size = size, .flags = flags, .mode = mode},
		.name = name,
		.name_length = length,
	};

	*message = (struct wire_message){0};
	ck_assert(wire_encode_request(&request, message));
}

void exchange_send(int connection, const struct wire_message *message)
{
	int error = wire_send(connection, message, 0);

	ck_assert_msg(error == 0, "send: %s", strerror(-error));
}

void exchange_receive(int connection, struct answer *answer)
{
	int error = wire_receive(connection, &answer->message, WIRE_FDS_MAX, 0);

	ck_assert_msg(error == 0, "receive: %s", strerror(-error));
	ck_assert_int_eq(
		wire_decode_reply(answer->message.bytes, answer->message.length, &answer->reply),
		STATUS_OK);
	ck_assert_uint_eq(answer->reply.header.fds, answer->message.fd_count);
}

/* Leaves the descriptor in the answer's message. */
static enum status ask(int connection, const struct wire_request *wanted, struct answer *answer)
{
	struct wire_request request = *wanted;
	struct wire_message message = {0};

	request.header.serial = exchange_next_serial(connection);
	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
	exchange_receive(connection, answer);
	ck_assert_uint_eq(answer->reply.header.serial, request.header.serial);
	ck_assert_uint_eq(answer->reply.header.op, request.header.op);
	return answer->reply.header.status;
}

enum status exchange(int connection, const struct wire_request *request, struct answer *answer)
{
	enum status status = ask(connection, request, answer);

	wire_message_deinit(&answer->message);
	return status;
}

static void take_fd(struct answer *answer, int *fd)
{
	if (fd) {
		*fd = answer->message.fd_count > 0 ? answer->message.fds[0] : -1;
		answer->message.fd_count = 0;
	}
	wire_message_deinit(&answer->message);
}

static struct wire_request named(enum wire_op op, const char *name)
{
	return (struct wire_request){
		.header = {.op = (uint16_t)op},
		.name = name,
		.name_length = strlen(name),
	};
}

enum status exchange_open(int connection, const char *name, uint32_t flags, uint64_t size,
	uint32_t mode, struct wire_opened *opened, int *fd)
{
	struct wire_request request = named(WIRE_OP_OPEN, name);
	struct answer answer;
	enum status status;

	request.open = (struct wire_open){.size = size, .flags = flags, .mode = mode};
	status = ask(connection, &request, &answer);
	if (opened)
		*opened = answer.reply.opened;
	take_fd(&answer, fd);
	return status;
}

enum status exchange_reopen(int connection, uint64_t segment, int *fd)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_REOPEN},
		.reopen = {.segment = segment},
	};
	struct answer answer;
	enum status status = ask(connection, &request, &answer);

	take_fd(&answer, fd);
	return status;
}

enum status exchange_delete(int connection, const char *name)
{
	const struct wire_request request = named(WIRE_OP_DELETE, name);
	struct answer answer;

	return exchange(connection, &request, &answer);
}

enum status exchange_stat(int connection, const char *name, struct wire_stated *stated)
{
	const struct wire_request request = named(WIRE_OP_STAT, name);
	struct answer answer;
	enum status status = exchange(connection, &request, &answer);

	if (status == STATUS_OK)
		*stated = answer.reply.stated;
	return status;
}

void exchange_close(int connection, uint32_t handle)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_CLOSE, .serial = exchange_next_serial(connection)},
		.close = {.handle = handle},
	};
	struct wire_message message = {0};

	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
}

struct ring_page *exchange_ring(int connection)
{
	const struct wire_request request = {.header = {.op = WIRE_OP_RING}};
	struct answer answer;
	void *page;
	int fd;

	ck_assert_int_eq(ask(connection, &request, &answer), STATUS_OK);
	take_fd(&answer, &fd);
	page = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(page, MAP_FAILED);
	close(fd);
	return page;
}

size_t exchange_list(int connection, const char *prefix)
{
	struct wire_request request = named(WIRE_OP_LIST, prefix);
	struct answer answer;
	size_t count = 0;

	do {
		ck_assert_int_eq(exchange(connection, &request, &answer), STATUS_OK);
		count += answer.reply.listed.count;
		request.list.after = answer.reply.listed.next;
	} while (answer.reply.listed.next != 0);
	return count;
}

void exchange_create(int connection, const char *name)
{
	const uint32_t flags = WIRE_OPEN_CREATE | WIRE_OPEN_EXCL;

	ck_assert_int_eq(exchange_open(connection, name, flags, 4096, 0600, NULL, NULL), STATUS_OK);
}

uint32_t exchange_holders(int connection, const char *name)
{
	struct wire_stated stated;

	ck_assert_int_eq(exchange_stat(connection, name, &stated), STATUS_OK);
	return stated.holders;
}

bool exchange_is_ended(int connection)
{
	char byte;
	ssize_t length = recv(connection, &byte, 1, 0);

	ck_assert_msg(length >= 0 || errno == ECONNRESET || errno == EPIPE, "receive: %s",
		strerror(errno));
	return length <= 0;
}
