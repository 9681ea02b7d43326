/* SPDX-License-Identifier: MIT */
/* What the bytes of an input ask for: messages, in bytes as they would travel. */
#ifndef PRSHM_FUZZ_MAKE_REQUEST_H
#define PRSHM_FUZZ_MAKE_REQUEST_H

#include "wire/wire.h"

/* What is left of the input; one that ends early goes on as zeros. */
struct input {
	const uint8_t *at;
	size_t left;
};

uint8_t take_byte(struct input *input);

/*
 * A request of this op and serial, whose fields the input chooses; returns its length. token: the
 * one that REDEEM has, or one that the input makes wrong.
 */
size_t make_request(
	struct input *input, struct wire_header header, const uint64_t token[2], uint8_t *out);

/* Any bytes at all; mended, with a header good enough for the rest of them to be looked at. */
size_t make_raw(struct input *input, bool mend, uint8_t *out);

#endif
