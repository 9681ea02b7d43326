/* SPDX-License-Identifier: MIT */
/* Replies, compared with what a table says. */
#ifndef PRSHM_TESTS_EXPECT_H
#define PRSHM_TESTS_EXPECT_H

#include "tests/core/world.h"

/* Adds to the description of the step that is being played. */
__attribute__((format(printf, 2, 3))) void describe(struct world *world, const char *format, ...);

/* Ends the test with that description, and this one, unless it holds. */
__attribute__((format(printf, 3, 4))) void expect(
	const struct world *world, bool holds, const char *format, ...);

void expect_reply(struct world *world, const struct step *step, const struct reply *reply);

/* A descriptor as a client gets it: of this segment, sealed, and for no more than access. */
void expect_descriptor(
	const struct world *world, int fd, const struct segment *segment, uint32_t access);

#endif
