/* SPDX-License-Identifier: MIT */
/*
 * What the broker knows, asked over connections that are nobody else's. They may live through a
 * restart, or break in one, as the keeper knows of a connection only when it has been accepted.
 */
#include <stdio.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/restart/restart-case.h"

int place_connect(void)
{
	struct broker_process broker;

	snprintf(broker.socket, sizeof(broker.socket), "%s", place.socket);
	return broker_process_connect(&broker);
}

void restarted_await(int connection)
{
	struct answer answer;

	exchange_receive(connection, &answer);
	ck_assert_uint_eq(answer.reply.header.op, 0);
	ck_assert_uint_eq(answer.reply.header.serial, 0);
	ck_assert_uint_eq(answer.reply.header.status, STATUS_RESTARTED);
}

/* 0 or a negative errno: the connection is of no more use. */
static int try_to_ask(int connection, const struct wire_request *request, struct answer *answer)
{
	struct wire_message message = {0};
	int error;

	ck_assert(wire_encode_request(request, &message));
	do {
		error = wire_send(connection, &message, 0);
		do {
			if (error == 0)
				error = wire_receive(connection, &answer->message, 0, 0);
			if (error < 0)
				return error;
			ck_assert_int_eq(wire_decode_reply(answer->message.bytes,
						 answer->message.length, &answer->reply),
				STATUS_OK);
		} while (answer->reply.header.op != 0 &&
			 answer->reply.header.serial != request->header.serial);
	} while (answer->reply.header.status == STATUS_RESTARTED);
	return 0;
}

static bool is_answered(const struct wire_request *request, struct answer *answer)
{
	const int connection = place_connect();
	const int error = try_to_ask(connection, request, answer);

	close(connection);
	return error == 0;
}

enum status ask(struct wire_request *request, struct answer *answer)
{
	request->header.serial = 1;
	AWAIT(is_answered(request, answer));
	return answer->reply.header.status;
}

enum status ask_stat(const char *name, struct wire_stated *out)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_STAT},
		.name = name,
		.name_length = strlen(name),
	};
	struct answer answer;
	const enum status status = ask(&request, &answer);

	if (status == STATUS_OK && out)
		*out = answer.reply.stated;
	return status;
}

void ask_holders(const char *name, uint32_t count)
{
	struct wire_stated stated = {.holders = ~count};

	AWAIT_TOLD(ask_stat(name, &stated) == STATUS_OK && stated.holders == count, name);
}

void ask_gone(const char *name)
{
	AWAIT_TOLD(ask_stat(name, NULL) == STATUS_NOT_FOUND, name);
}
