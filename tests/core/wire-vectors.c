/* SPDX-License-Identifier: MIT */
/*
 * The vectors. A new op does not compile before its own is here.
 *
 * No two fields of a struct have the same value, and no byte of a field is like its neighbour: what
 * is swapped, cut or turned round shows.
 */
#include "tests/core/wire-vectors.h"

#include <endian.h>
#include <stdlib.h>
#include <string.h>

#define HEADER(op_, serial_) .header = {.version = 1, .op = (op_), .serial = (serial_)}
#define NAME(text)           .name = (text), .name_length = sizeof(text) - 1
#define TAIL(text)           .tail = (const uint8_t *)(text), .tail_length = sizeof(text) - 1

static const struct vector vector_OPEN = {
	.request_bytes = "0100 0100 efcdab89 0000 0000 24000000"
			 "8877665544332211 03000000 a0010000 2f612fff",
	.request = {HEADER(1, 0x89abcdef), NAME("/a/\xff"),
		.open = {.size = 0x1122334455667788, .flags = 3, .mode = 0640}},
	.reply_bytes = "0100 0100 efcdab89 0000 0100 28000000"
		       "0807060504030201 1817161514131211 24232221 03000000",
	.reply = {.header = {.version = 1, .op = 1, .serial = 0x89abcdef, .fds = 1},
		.opened = {.segment = 0x0102030405060708,
			.size = 0x1112131415161718,
			.handle = 0x21222324,
			.access = 3}},
};

static const struct vector vector_CLOSE = {
	.request_bytes = "0100 0200 04030201 0000 0000 18000000 24232221 34333231",
	.request = {HEADER(2, 0x01020304), .close = {.handle = 0x21222324, .reserved = 0x31323334}},
	.reply_bytes = "0100 0200 04030201 0000 0000 10000000",
	.reply = {HEADER(2, 0x01020304)},
};

static const struct vector vector_DELETE = {
	.request_bytes = "0100 0300 ffffffff 0000 0000 12000000 2f78",
	.request = {HEADER(3, 0xffffffff), NAME("/x")},
	.reply_bytes = "0100 0300 ffffffff 0000 0000 10000000",
	.reply = {HEADER(3, 0xffffffff)},
};

static const struct vector vector_STAT = {
	.request_bytes = "0100 0400 00000000 0000 0000 14000000 2f782079",
	.request = {HEADER(4, 0), NAME("/x y")},
	.reply_bytes = "0100 0400 00000000 0000 0000 48000000"
		       "0807060504030201 1817161514131211 2827262524232221 3837363534333231"
		       "44434241 54535251 64636261 74737271 84838281 94939291",
	.reply = {HEADER(4, 0), .stated = {.segment = 0x0102030405060708,
					.size = 0x1112131415161718,
					.used = 0x2122232425262728,
					.created = 0x3132333435363738,
					.uid = 0x41424344,
					.gid = 0x51525354,
					.mode = 0x61626364,
					.holders = 0x71727374,
					.name_length = 0x81828384,
					.reserved = 0x91929394}},
};

static const struct vector vector_LIST = {
	.request_bytes = "0100 0500 04030201 0000 0000 1a000000 0807060504030201 2f70",
	.request = {HEADER(5, 0x01020304), NAME("/p"), .list = {.after = 0x0102030405060708}},
	.reply_bytes = "0100 0500 04030201 0000 0000 23000000"
		       "0807060504030201 14131211 24232221 780079",
	.reply = {HEADER(5, 0x01020304), TAIL("x\0y"),
		.listed = {.next = 0x0102030405060708,
			.count = 0x11121314,
			.reserved = 0x21222324}},
};

static const struct vector vector_REOPEN = {
	.request_bytes = "0100 0600 04030201 0000 0000 18000000 0807060504030201",
	.request = {HEADER(6, 0x01020304), .reopen = {.segment = 0x0102030405060708}},
	.reply_bytes = "0100 0600 04030201 0000 0100 10000000",
	.reply = {.header = {.version = 1, .op = 6, .serial = 0x01020304, .fds = 1}},
};

const struct op ops[OP_COUNT] = {
#define X(name, value, request, reply, tail)                                                       \
	{(value), #name, WIRE_SIZE_##request, WIRE_SIZE_##reply, TAIL_##tail, &vector_##name},
	WIRE_OPS(X)
#undef X
};

size_t from_hex(const char *hex, uint8_t *out)
{
	size_t length = 0;

	for (; *hex; hex++) {
		const char digits[] = {hex[0], hex[1], '\0'};

		if (*hex == ' ')
			continue;
		out[length++] = (uint8_t)strtoul(digits, NULL, 16);
		hex++;
	}
	return length;
}

size_t make_any_message(
	const struct op *op, size_t body, size_t tail, unsigned int seed, uint8_t *bytes)
{
	const struct wire_header header = {
		.version = htole16(WIRE_VERSION),
		.op = htole16(op->number),
		.serial = htole32(seed),
		.length = htole32((uint32_t)(sizeof(header) + body + tail)),
	};
	size_t length = sizeof(header) + body + tail;

	memcpy(bytes, &header, sizeof(header));
	for (size_t i = sizeof(header); i < length; i++)
		bytes[i] = (uint8_t)(rand_r(&seed) >> 4);
	return length;
}
