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
#define ENTRIES(bytes)                                                                             \
	.entries = (const uint8_t *)(bytes), .entry_count = (sizeof(bytes) - 1) / WIRE_SIZE_entry
/* The parts of tails, which test_wire.c reads. */
#define HOLDER      "4847464544434241 5857565554535251 64636261 74737271 84838281 94939291"
#define USAGE       "5857565554535251 6867666564636261 74737271 84838281"
#define COUNT       "1817161514131211 24232221 34333231"
#define OUTCOME     "0807060504030201 1817161514131211 24232221 34333231 44434241 54535251"
#define ONE_ENTRY   "\x84\x83\x82\x81\x92\x91\xa2\xa1"
#define TWO_ENTRIES ONE_ENTRY "\xb4\xb3\xb2\xb1\xc2\xc1\xd2\xd1"

static const struct vector vector_OPEN = {
	.request_bytes = "0100 0100 efcdab89 0000 0000 44000000"
			 "8877665544332211 03000000 a0010000 54535251 64636261 02000000 74737271"
			 "84838281 9291 a2a1 b4b3b2b1 c2c1 d2d1 2f612fff",
	.request = {HEADER(1, 0x89abcdef), ENTRIES(TWO_ENTRIES), NAME("/a/\xff"),
		.open = {.size = 0x1122334455667788,
			.flags = 3,
			.mode = 0640,
			.lifetime = 0x51525354,
			.linger = 0x61626364,
			.entry_count = 2,
			.reserved = 0x71727374}},
	.reply_bytes = "0100 0100 efcdab89 0000 0100 40000000"
		       "0807060504030201 1817161514131211 24232221 03000000 3837363534333231"
		       "34333231 44434241 54535251 64636261",
	.reply = {.header = {.version = 1, .op = 1, .serial = 0x89abcdef, .fds = 1},
		TAIL("\x38\x37\x36\x35\x34\x33\x32\x31\x34\x33\x32\x31\x44\x43\x42\x41"
		     "\x54\x53\x52\x51\x64\x63\x62\x61"),
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
	.reply_bytes = "0100 0400 00000000 0000 0000 68000000"
		       "0807060504030201 1817161514131211 2827262524232221 3837363534333231"
		       "4847464544434241 54535251 64636261 74737271 84838281 94939291 a4a3a2a1"
		       "b4b3b2b1 c4c3c2c1 84838281 9291 a2a1 b4b3b2b1 c2c1 d2d1",
	.reply = {HEADER(4, 0), TAIL(TWO_ENTRIES),
		.stated = {.segment = 0x0102030405060708,
			.size = 0x1112131415161718,
			.used = 0x2122232425262728,
			.created = 0x3132333435363738,
			.opened = 0x4142434445464748,
			.uid = 0x51525354,
			.gid = 0x61626364,
			.mode = 0x71727374,
			.holders = 0x81828384,
			.lifetime = 0x9394,
			.flags = 0x9192,
			.linger = 0xa1a2a3a4,
			.entry_count = 0xb1b2b3b4,
			.name_length = 0xc1c2c3c4}},
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

static const struct vector vector_ANONYMOUS = {
	.request_bytes = "0100 0700 04030201 0000 0000 20000000 0807060504030201 14131211 24232221",
	.request = {HEADER(7, 0x01020304), .anonymous = {.size = 0x0102030405060708,
						   .readonly = 0x11121314,
						   .reserved = 0x21222324}},
	.reply_bytes = "0100 0700 04030201 0000 0100 30000000"
		       "0807060504030201 1817161514131211 2827262524232221 34333231 44434241",
	.reply = {.header = {.version = 1, .op = 7, .serial = 0x01020304, .fds = 1},
		.made = {.segment = 0x0102030405060708,
			.token_high = 0x1112131415161718,
			.token_low = 0x2122232425262728,
			.handle = 0x31323334,
			.access = 0x41424344}},
};

static const struct vector vector_REDEEM = {
	.request_bytes = "0100 0800 04030201 0000 0000 20000000 0807060504030201 1817161514131211",
	.request = {HEADER(8, 0x01020304),
		.redeem = {.token_high = 0x0102030405060708, .token_low = 0x1112131415161718}},
	.reply_bytes = "0100 0800 04030201 0000 0100 28000000"
		       "0807060504030201 1817161514131211 24232221 34333231",
	.reply = {.header = {.version = 1, .op = 8, .serial = 0x01020304, .fds = 1},

		.opened = {0x0102030405060708, 0x1112131415161718, 0x21222324, 0x31323334}},
};

static const struct vector vector_SET_RIGHTS = {
	.request_bytes = "0100 0900 04030201 0000 0000 22000000"
			 "14131211 01000000 84838281 9291 a2a1 2f78",
	.request = {HEADER(9, 0x01020304), ENTRIES(ONE_ENTRY), NAME("/x"),
		.set_rights = {.mode = 0x11121314, .entry_count = 1}},
	.reply_bytes = "0100 0900 04030201 0000 0000 10000000",
	.reply = {HEADER(9, 0x01020304)},
};

static const struct vector vector_SET_OWNER = {
	.request_bytes = "0100 0a00 04030201 0000 0000 1a000000 14131211 24232221 2f78",
	.request = {HEADER(10, 0x01020304), NAME("/x"),
		.set_owner = {.uid = 0x11121314, .gid = 0x21222324}},
	.reply_bytes = "0100 0a00 04030201 0000 0000 10000000",
	.reply = {HEADER(10, 0x01020304)},
};

static const struct vector vector_EXPLAIN = {
	.request_bytes = "0100 0b00 04030201 0000 0000 22000000"
			 "14131211 01000000 84838281 9291 a2a1 2f78",
	.request = {HEADER(11, 0x01020304), ENTRIES(ONE_ENTRY), NAME("/x"),
		.explain = {.right = 0x11121314, .entry_count = 1}},
	.reply_bytes = "0100 0b00 04030201 0000 0000 1a000000 14131211 24232221 6e6f",
	.reply = {HEADER(11, 0x01020304), TAIL("no"),
		.explained = {.allowed = 0x11121314, .reserved = 0x21222324}},
};

static const struct vector vector_HOLDERS = {
	.request_bytes = "0100 0c00 04030201 0000 0000 28000000"
			 "0807060504030201 1817161514131211 24232221 34333231",
	.request = {HEADER(12, 0x01020304), .holders = {.segment = 0x0102030405060708,
						    .connection = 0x1112131415161718,
						    .handle = 0x21222324,
						    .reserved = 0x31323334}},
	.reply_bytes = "0100 0c00 04030201 0000 0000 40000000"
		       "0807060504030201 14131211 24232221" HOLDER,
	.reply = {HEADER(12, 0x01020304),
		TAIL("\x48\x47\x46\x45\x44\x43\x42\x41"
		     "\x58\x57\x56\x55\x54\x53\x52\x51"
		     "\x64\x63\x62\x61\x74\x73\x72\x71"
		     "\x84\x83\x82\x81\x94\x93\x92\x91"),
		.held = {.connection = 0x0102030405060708,
			.handle = 0x11121314,
			.count = 0x21222324}},
};

static const struct vector vector_ACCOUNTS = {
	.request_bytes = "0100 0d00 04030201 0000 0000 18000000 14131211 24232221",
	.request = {HEADER(13, 0x01020304), .accounts = {.uid = 0x11121314, .only = 0x21222324}},
	.reply_bytes = "0100 0d00 04030201 0000 0000 38000000 14131211 24232221"
		       "34333231 44434241" USAGE,
	.reply = {HEADER(13, 0x01020304),
		TAIL("\x34\x33\x32\x31\x44\x43\x42\x41"
		     "\x58\x57\x56\x55\x54\x53\x52\x51"
		     "\x68\x67\x66\x65\x64\x63\x62\x61"
		     "\x74\x73\x72\x71\x84\x83\x82\x81"),
		.accounted = {.next = 0x11121314, .count = 0x21222324}},
};

static const struct vector vector_STATUS = {
	.request_bytes = "0100 0e00 04030201 0000 0000 10000000",
	.request = {HEADER(14, 0x01020304)},
	.reply_bytes = "0100 0e00 04030201 0000 0000 6a000000"
		       "0807060504030201 1817161514131211 2827262524232221 3837363534333231"
		       "4847464544434241 5857565554535251 6867666564636261"
		       "74737271 84838281 94939291 a4a3a2a1" COUNT "3031",
	.reply = {HEADER(14, 0x01020304),
		TAIL("\x18\x17\x16\x15\x14\x13\x12\x11"
		     "\x24\x23\x22\x21\x34\x33\x32\x31"
		     "01"),
		.condition = {.started = 0x0102030405060708,
			.handed = 0x1112131415161718,
			.segments = 0x2122232425262728,
			.bytes = 0x3132333435363738,
			.connections = 0x4142434445464748,
			.handles = 0x5152535455565758,
			.users = 0x6162636465666768,
			.restarts = 0x71727374,
			.keeper = 0x81828384,
			.count = 0x91929394,
			.reserved = 0xa1a2a3a4}},
};

static const struct vector vector_WATCH = {
	.request_bytes = "0100 0f00 04030201 0000 0000 1a000000 14131211 24232221 2f70",
	.request = {HEADER(15, 0x01020304), NAME("/p"),
		.watch = {.events = 0x11121314, .flags = 0x21222324}},
	.reply_bytes = "0100 0f00 04030201 0000 0000 43000000 14131211 24232221"
		       "0807060504030201 1817161514131211 2827262524232221"
		       "34333231 44434241 54535251 03000000 2f7079",
	.reply = {HEADER(15, 0x01020304),
		TAIL("\x08\x07\x06\x05\x04\x03\x02\x01"
		     "\x18\x17\x16\x15\x14\x13\x12\x11"
		     "\x28\x27\x26\x25\x24\x23\x22\x21"
		     "\x34\x33\x32\x31\x44\x43\x42\x41"
		     "\x54\x53\x52\x51\x03\0\0\0/py"),
		.watched = {.count = 0x11121314, .reserved = 0x21222324}},
};

static const struct vector vector_OPEN_MANY = {
	.request_bytes = "0100 1000 04030201 0000 0000 2c000000"
			 "0807060504030201 14131211 03000000 0200 2f78 0000 0400 2f790079",
	.request = {HEADER(16, 0x01020304), NAME("\2\0/x\0\0\4\0/y\0y"),
		.open_many = {.size = 0x0102030405060708, .flags = 0x11121314, .count = 3}},
	.reply_bytes = "0100 1000 04030201 0000 0200 38000000 14131211 24232221" OUTCOME,
	.reply = {.header = {.version = 1, .op = 16, .serial = 0x01020304, .fds = 2},
		TAIL("\x08\x07\x06\x05\x04\x03\x02\x01"
		     "\x18\x17\x16\x15\x14\x13\x12\x11"
		     "\x24\x23\x22\x21\x34\x33\x32\x31"
		     "\x44\x43\x42\x41\x54\x53\x52\x51"),
		.opened_many = {.count = 0x11121314, .reserved = 0x21222324}},
};

static const struct vector vector_RING = {
	.request_bytes = "0100 1100 04030201 0000 0000 10000000",
	.request = {HEADER(17, 0x01020304)},
	.reply_bytes = "0100 1100 04030201 0000 0100 10000000",
	.reply = {.header = {.version = 1, .op = 17, .serial = 0x01020304, .fds = 1}},
};

static const struct vector vector_TAKE_BACK = {
	.request_bytes = "0100 1200 04030201 0000 0000 18000000 14131211 24232221",
	.request = {HEADER(18, 0x01020304),
		.close = {.handle = 0x11121314, .reserved = 0x21222324}},
	.reply_bytes = "0100 1200 04030201 0000 0000 10000000",
	.reply = {HEADER(18, 0x01020304)},
};

static const struct vector vector_ORIGIN = {
	.request_bytes = "0100 1300 04030201 0000 0000 18000000 0807060504030201",
	.request = {HEADER(19, 0x01020304), .reopen = {.segment = 0x0102030405060708}},
	.reply_bytes = "0100 1300 04030201 0000 0000 20000000 14131211 24232221 34333231 44434241",
	.reply = {HEADER(19, 0x01020304),
		.origin = {0x11121314, 0x21222324, 0x31323334, 0x41424344}},
};

static const struct vector vector_STOP = {
	.request_bytes = "0100 1400 04030201 0000 0000 10000000",
	.request = {HEADER(20, 0x01020304)},
	.reply_bytes = "0100 1400 04030201 0000 0000 10000000",
	.reply = {HEADER(20, 0x01020304)},
};

static const struct vector vector_HOLD = {
	.request_bytes = "0100 1500 04030201 0000 0000 22000000 "
			 "0807060504030201 1817161514131211 2f78",
	.request = {HEADER(21, 0x01020304), NAME("/x"),
		.hold = {.segment = 0x0102030405060708, .inode = 0x1112131415161718}},
	.reply_bytes = "0100 1500 04030201 0000 0000 28000000"
		       "0807060504030201 1817161514131211 24232221 34333231",
	.reply = {HEADER(21, 0x01020304),
		.opened = {0x0102030405060708, 0x1112131415161718, 0x21222324, 0x31323334}},
};

static const struct vector vector_SIZE = {
	.request_bytes = "0100 1600 04030201 0000 0000 20000000 0807060504030201 14131211 24232221",
	.request = {HEADER(22, 0x01020304),
		.size = {.size = 0x0102030405060708, .handle = 0x11121314, .flags = 0x21222324}},
	.reply_bytes = "0100 1600 04030201 0000 0100 58000000"
		       "0807060504030201 1817161514131211 2827262524232221 3837363534333231"
		       "4847464544434241 54535251 64636261 74737271 84838281 94939291 a4a3a2a1"
		       "b4b3b2b1 c4c3c2c1",
	.reply = {.header = {.version = 1, .op = 22, .serial = 0x01020304, .fds = 1},
		.stated = {.segment = 0x0102030405060708,
			.size = 0x1112131415161718,
			.used = 0x2122232425262728,
			.created = 0x3132333435363738,
			.opened = 0x4142434445464748,
			.uid = 0x51525354,
			.gid = 0x61626364,
			.mode = 0x71727374,
			.holders = 0x81828384,
			.lifetime = 0x9394,
			.flags = 0x9192,
			.linger = 0xa1a2a3a4,
			.entry_count = 0xb1b2b3b4,
			.name_length = 0xc1c2c3c4}},
};

static const struct vector vector_CHANGE = {
	.request_bytes =
		"0100 1700 04030201 0000 0000 20000000 14131211 24232221 34333231 44434241",
	.request = {HEADER(23, 0x01020304),
		.change = {0x11121314, 0x21222324, 0x31323334, 0x41424344}},
	.reply_bytes = "0100 1700 04030201 0000 0000 10000000",
	.reply = {HEADER(23, 0x01020304)},
};

static const struct vector vector_RENAME = {
	.request_bytes = "0100 1800 04030201 0000 0000 1c000000 14131211 02000000 2f78 2f79",
	.request = {HEADER(24, 0x01020304), NAME("/x/y"),
		.rename = {.flags = 0x11121314, .name_length = 2}},
	.reply_bytes = "0100 1800 04030201 0000 0000 10000000",
	.reply = {HEADER(24, 0x01020304)},
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

bool has_reply_tail(const struct op *op)
{
	return op->number == WIRE_OP_STAT || op->number == WIRE_OP_LIST ||
	       op->number == WIRE_OP_EXPLAIN || op->number == WIRE_OP_HOLDERS ||
	       op->number == WIRE_OP_ACCOUNTS || op->number == WIRE_OP_STATUS ||
	       op->number == WIRE_OP_WATCH || op->number == WIRE_OP_OPEN_MANY;
}

void set_entry_count(const struct op *op, uint32_t count, uint8_t *bytes)
{
	const size_t at =
		WIRE_SIZE_header + (op->number == WIRE_OP_OPEN
						   ? offsetof(struct wire_open, entry_count)
						   : offsetof(struct wire_set_rights, entry_count));

	count = htole32(count);
	memcpy(bytes + at, &count, sizeof(count));
}

static void set_one_name(size_t body, size_t tail, uint8_t *bytes)
{
	const uint32_t count = htole32(1);
	const uint16_t length = htole16((uint16_t)(tail - sizeof(length)));
	uint8_t *end = bytes + WIRE_SIZE_header + body;

	memcpy(end - sizeof(count), &count, sizeof(count)); /* the body's last field */
	memcpy(end, &length, sizeof(length));
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
	if (op->tail == TAIL_ENTRIES)
		set_entry_count(op, (uint32_t)(tail / WIRE_SIZE_entry / 2), bytes);
	if (op->tail == TAIL_NAMES && body == op->request_body && tail > 1)
		set_one_name(body, tail, bytes);
	return length;
}
