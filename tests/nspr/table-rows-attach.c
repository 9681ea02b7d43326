/* SPDX-License-Identifier: MIT */

/*
 * Rows about handles and addresses: flags of open, several attachments, detach by address, close
 * while attached.
 */
#include "table.h"

/* One row a line: */
/* clang-format off */
const struct step rows_attach[] = {
	CASE("existing name"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	LENGTH(1),
	READ(1),
	OPEN(2, "@/a", K64, CREATE | EXCL, 0600),
	OPEN(2, "@/a", K64, CREATE, 0600),
	ATTACH(2, 2, 0),
	COMPARE(1, 2),

	CASE("flags"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	OPEN(2, "@/a", K64, EXCL, 0600),
	OPEN(2, "@/a", K64, 0xF0, 0600),

	CASE("attach twice on one handle"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	ATTACH(2, 1, 0),
	COMPARE(1, 2),
	DETACH(1, 1, 0),
	DETACH(1, 2, 0),

	CASE("detach, wrong address"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	DETACH(1, NULL_ADDRESS, 0),
	DETACH(1, 1, 4096),
	DETACH(1, STATIC_PAGE, 0),
	DETACH(1, 1, 1),
	LENGTH(1),

	CASE("detach through another handle"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	OPEN(2, "@/b", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	DETACH(2, 1, 0),
	LENGTH(1),

	CASE("second detach"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "left here"),
	DETACH(1, 1, 0),
	LENGTH(1),
	DETACH(1, 1, 0),
	ATTACH(1, 1, 0),
	READ(1),

	CASE("close while attached"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	OPEN(2, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "still here"),
	CLOSE(1),
	READ(1),
	WRITE(1, 65535),
	DETACH(2, 1, 0),
	CLOSE(2),

	CASE("closed by all, not deleted"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "kept"),
	DETACH(1, 1, 0),
	CLOSE(1),
	OPEN(2, "@/a", K64, 0, 0600),
	ATTACH(2, 2, 0),
	READ(2),

	CASE("READONLY attach"),
	OPEN(1, "@/ro", K64, CREATE, 0600),
	ATTACH(1, 1, READONLY),
	LENGTH(1),
	WRITE(1, 0),
	WIDEN(1),
	ATTACH(2, 1, 0),
	PUT(2, "seen by the reader"),
	READ(1),
	DETACH(1, 1, 0),
	{ .operation = END_OF_ROWS},
};
