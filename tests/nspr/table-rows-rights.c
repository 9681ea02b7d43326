/* SPDX-License-Identifier: MIT */

/*
 * Rows about mode and rights of the owner alone. In NSPR mode is also what an open of an existing
 * segment asks for, and the mode of a file that stands between the owner and its own segment.
 */
#include "table.h"

/* One row a line: */
/* clang-format off */
const struct step rows_rights[] = {
	CASE("owner, segment 0400"),
	OPEN(1, "@/r", K64, CREATE, 0400),
	ATTACH(1, 1, 0),
	ATTACH(1, 1, READONLY),
	DETACH(1, 1, 0),
	OPEN(2, "@/r", K64, 0, 0400),
	OPEN(2, "@/r", K64, 0, 0600),
	ATTACH(2, 2, 0),
	OPEN(3, "@/r", K64, CREATE, 0400),
	DELETE("@/r"),
	OPEN(1, "@/r2", K64, CREATE, 0400),
	CHMOD("@/r2", 0600),
	DELETE("@/r2"),

	CASE("owner, segment 0200"),
	OPEN(1, "@/w", K64, CREATE, 0200),
	ATTACH(1, 1, 0),
	ATTACH(1, 1, READONLY),

	CASE("mode 0"),
	OPEN(1, "@/m0", K64, CREATE, 0),
	ATTACH(1, 1, 0),
	ATTACH(1, 1, READONLY),
	OPEN(2, "@/m0", K64, 0, 0),
	OPEN(2, "@/m0", K64, 0, 0600),
	CHMOD("@/m0", 0600),
	OPEN(2, "@/m0", K64, CREATE, 0600),
	OPEN(2, "@/m0", K64, CREATE | EXCL, 0600),
	DELETE("@/m0"),

	CASE("mode asked of an existing segment"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	OPEN(2, "@/a", K64, 0, 0),
	ATTACH(1, 2, 0),
	OPEN(2, "@/a", K64, 0, 0400),
	ATTACH(1, 2, 0),
	OPEN(2, "@/a", K64, 0, 0666),
	OPEN(2, "@/a", K64, 0, 0777),

	/* NSPR hands the word to shmget() and shmat(), where these bits are SHM_RDONLY and
	   IPC_CREAT. */
	CASE("mode with bit 010000"),
	OPEN(1, "@/rb", K64, CREATE, 010600),
	ATTACH(1, 1, 0),
	WRITE(1, 0),

	CASE("mode with bit 01000"),
	FILE_OF_MODE("@/stray", 0600),
	OPEN(1, "@/stray", K64, 0, 01600),
	{ .operation = END_OF_ROWS},
};
