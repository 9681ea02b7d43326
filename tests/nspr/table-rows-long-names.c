/* SPDX-License-Identifier: MIT */

/*
 * Rows about the length of names. NSPR returns without setting an error when its buffer of 1024
 * bytes is too small, so what the caller reads depends on errno before the call.
 */
#include "table.h"

#include <errno.h>

/* One row a line: */
/* clang-format off */
#define TOO_LONG(name_) \
	OPEN(1, name_, K64, CREATE, 0600), \
	OPEN(1, name_, K64, CREATE, 0600, .error_before = EACCES), \
	OPEN(1, name_, K64, CREATE, 0600, .error_before = EINTR), \
	DELETE(name_), \
	DELETE(name_, .error_before = EACCES)

const struct step rows_long_names[] = {
	CASE("long name"),
	LONG_DIRECTORIES,
	OPEN(1, "#1022", K64, CREATE, 0600),
	OPEN(1, "#1023", K64, CREATE, 0600),
	OPEN(1, "#1023", K64, 0, 0600),
	DELETE("#1023"),
	TOO_LONG("#1024"),
	TOO_LONG("#1025"),
	TOO_LONG("#5000"),

	CASE("long component"),
	OPEN(1, "%255", K64, CREATE, 0600),
	DELETE("%255"),
	OPEN(1, "%256", K64, CREATE, 0600),
	OPEN(1, "%256", K64, 0, 0600),
	DELETE("%256"),
	{ .operation = END_OF_ROWS},
};
