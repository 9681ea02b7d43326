/* SPDX-License-Identifier: MIT */

/*
 * Rows about sizes: none, smaller, larger, a page more or less, more than there is.
 */
#include "table.h"

#include <stdint.h>

/* One row a line: */
/* clang-format off */
const struct step rows_sizes[] = {
	CASE("size 0"),
	OPEN(1, "@/z", 0, CREATE, 0600),
	LOOK("@/z"),
	OPEN(1, "@/existing", K64, CREATE, 0600),
	OPEN(2, "@/existing", 0, 0, 0600),
	ATTACH(1, 2, 0),
	LENGTH(1),
	WRITE(1, 65535),
	OPEN(3, "@/existing", 0, CREATE, 0600),
	OPEN(3, "@/existing", 0, CREATE | EXCL, 0600),

	CASE("size smaller than existing"),
	OPEN(1, "@/s", K64, CREATE, 0600),
	OPEN(2, "@/s", 4096, 0, 0600),
	ATTACH(1, 2, 0),
	LENGTH(1),
	WRITE(1, 65535),
	OPEN(3, "@/s", 4096, CREATE, 0600),

	CASE("size larger than existing"),
	OPEN(1, "@/l", K64, CREATE, 0600),
	OPEN(2, "@/l", K64 + 1, 0, 0600),
	OPEN(2, "@/l", K64 + 1, CREATE, 0600),
	OPEN(2, "@/l", K64 + 1, CREATE | EXCL, 0600),
	OPEN(2, "@/l", SIZE_MAX, 0, 0600),

	CASE("size 1"),
	OPEN(1, "@/y", 1, CREATE, 0600),
	ATTACH(1, 1, 0),
	LENGTH(1),
	WRITE(1, 4095),
	OPEN(2, "@/y", 1, 0, 0600),
	OPEN(2, "@/y", 2, 0, 0600),

	CASE("sizes around a page"),
	OPEN(1, "@/4095", 4095, CREATE, 0600),
	ATTACH(1, 1, 0),
	LENGTH(1),
	OPEN(1, "@/4096", 4096, CREATE, 0600),
	ATTACH(1, 1, 0),
	LENGTH(1),
	OPEN(1, "@/4097", 4097, CREATE, 0600),
	ATTACH(1, 1, 0),
	LENGTH(1),
	WRITE(1, 8191),

	CASE_NEEDS(NEEDS_OVERCOMMIT_CHECK, "huge size"),
	OPEN(1, "@/x", (PRSize)1 << 62, CREATE, 0600),
	OPEN(1, "@/x", SIZE_MAX, CREATE, 0600),
	OPEN(1, "@/x", SIZE_MAX, CREATE | EXCL, 0600),
	LOOK("@/x"),
	OPEN(1, "@/x", K64, CREATE | EXCL, 0600),
	{ .operation = END_OF_ROWS},
};
