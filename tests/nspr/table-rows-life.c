/* SPDX-License-Identifier: MIT */

/*
 * Rows about how long things live: deletion while attached or open, the next generation under the
 * same name, a creator that was killed.
 */
#include "table.h"

/* One row a line: */
/* clang-format off */
const struct step rows_life[] = {
	CASE("delete, then again"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	DELETE("@/a"),
	LOOK("@/a"),
	DELETE("@/a"),
	LOOK("@/a"),
	DELETE("@/never"),
	LOOK("@/never"),

	CASE("delete while attached"),
	OPEN(1, "@/l", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "old"),
	DELETE("@/l"),
	READ(1),
	ATTACH(2, 1, 0),
	COMPARE(1, 2),
	OPEN(2, "@/l", K64, 0, 0600),
	OPEN(2, "@/l", K64, CREATE | EXCL, 0600),
	ATTACH(3, 2, 0),
	READ(3),
	READ(1),
	DETACH(1, 1, 0),
	DETACH(1, 2, 0),
	ATTACH(1, 1, 0),
	READ(1),
	CLOSE(1),

	CASE("delete while open, not attached"),
	OPEN(1, "@/l2", K64, CREATE, 0600),
	DELETE("@/l2"),
	ATTACH(1, 1, 0),

	CASE("handle of an earlier generation"),
	OPEN(1, "@/l3", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "first"),
	DETACH(1, 1, 0),
	DELETE("@/l3"),
	OPEN(2, "@/l3", K64, CREATE | EXCL, 0600),
	ATTACH(2, 2, 0),
	PUT(2, "second"),
	ATTACH(3, 1, 0),
	READ(3),
	READ(2),

	CASE("creator killed"),
	OPEN(1, "@/crash", (PRSize)1 << 20, CREATE | EXCL, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "secret of a dead process"),
	KILL(OWNER),
	OPEN(1, "@/crash", (PRSize)1 << 20, CREATE | EXCL, 0600),
	OPEN(1, "@/crash", (PRSize)1 << 20, 0, 0600),
	ATTACH(1, 1, 0),
	READ(1),
	DELETE("@/crash"),
	OPEN(2, "@/crash", (PRSize)1 << 20, CREATE | EXCL, 0600),
	ATTACH(2, 2, 0),
	READ(2),
	{ .operation = END_OF_ROWS},
};
