/* SPDX-License-Identifier: MIT */
/*
 * One request and one reply of every op, written by hand in hexadecimal as prshm-protocol(7) lays
 * them out, and what the tests of the codec make of them.
 */
#ifndef PRSHM_TESTS_WIRE_VECTORS_H
#define PRSHM_TESTS_WIRE_VECTORS_H

#include "wire/wire.h"

struct vector {
	const char *request_bytes; /* hexadecimal; blanks are for the reader */
	struct wire_request request;
	const char *reply_bytes;
	struct wire_reply reply;
};

enum tail { TAIL_NONE, TAIL_NAME, TAIL_PREFIX, TAIL_ENTRIES, TAIL_NAMES };

struct op {
	uint16_t number;
	const char *name;
	size_t request_body; /* bytes between the header and the tail */
	size_t reply_body;
	enum tail tail;
	const struct vector *vector;
};

/* All ops of wire.h. */
#define X(name, value, request, reply, tail) +1
enum { OP_COUNT = 0 WIRE_OPS(X) };
#undef X
extern const struct op ops[OP_COUNT];

/* Returns how many bytes it put there. */
size_t from_hex(const char *hex, uint8_t *out);

bool has_reply_tail(const struct op *op);

/* Of a request whose tail begins with entries. */
void set_entry_count(const struct op *op, uint32_t count, uint8_t *bytes);

/*
 * A message of this op with a body and a tail of any bytes, for one seed always the same ones;
 * where entries are in the tail they are half of it, and where names are, it is one, of 2 bytes
 * less.
 */
size_t make_any_message(
	const struct op *op, size_t body, size_t tail, unsigned int seed, uint8_t *bytes);

#endif
