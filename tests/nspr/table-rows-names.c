/* SPDX-License-Identifier: MIT */

/*
 * Rows about names: what is missing, empty, a directory, relative, NULL. Most of what differs here
 * does so because a name is a path to a file in NSPR, and only a name in the broker.
 */
#include "table.h"

/* One row a line: */
/* clang-format off */
const struct step rows_names[] = {
	CASE("missing name"),
	OPEN(1, "@/missing", K64, 0, 0600),
	OPEN(1, "@/missing", 0, 0, 0600),
	OPEN(1, "@/missing", K64, EXCL, 0600),
	LOOK("@/missing"),

	CASE("missing segment, file exists"),
	FILE_OF_MODE("@/stray", 0600),
	OPEN(1, "@/stray", K64, 0, 0600),
	OPEN(1, "@/stray", 0, 0, 0600),

	CASE("missing directory"),
	OPEN(1, "@/nodir/x", K64, CREATE, 0600),
	OPEN(1, "@/nodir/x", K64, 0, 0600),
	DELETE("@/nodir/x"),

	CASE("empty name"),
	OPEN(1, "", K64, CREATE, 0600),
	OPEN(1, "", K64, 0, 0600),
	DELETE(""),

	CASE("name is a directory"),
	DIRECTORY("@/dir", 0755),
	OPEN(1, "@/dir", K64, CREATE, 0600),
	OPEN(1, "@/dir", K64, 0, 0600),
	DELETE("@/dir"),

	CASE("name is the root"),
	OPEN(1, "/", K64, CREATE, 0600),
	OPEN(1, "/", K64, 0, 0600),
	DELETE("/"),
	OPEN(1, "//", K64, CREATE, 0600),

	CASE("name ends like a directory"),
	DIRECTORY("@/dir", 0755),
	OPEN(1, "@/x/", K64, CREATE, 0600),
	OPEN(1, "@/x/", K64, 0, 0600),
	DELETE("@/x/"),
	OPEN(1, "@/dir/.", K64, CREATE, 0600),
	OPEN(1, "@/dir/.", K64, 0, 0600),
	DELETE("@/dir/."),
	OPEN(1, "@/dir/..", K64, CREATE, 0600),
	OPEN(1, ".", K64, CREATE, 0600),
	OPEN(1, "..", K64, CREATE, 0600),
	DELETE(".."),

	CASE("path component is a file"),
	FILE_OF_MODE("@/f", 0600),
	OPEN(1, "@/f/x", K64, CREATE, 0600),
	OPEN(1, "@/f/x", K64, 0, 0600),
	DELETE("@/f/x"),

	CASE("spellings of one name"),
	DIRECTORY("@/dir", 0755),
	OPEN(1, "@/dir/x", K64, CREATE | EXCL, 0600),
	OPEN(1, "@/dir//x", K64, CREATE | EXCL, 0600),
	OPEN(1, "@/dir/./x", K64, CREATE | EXCL, 0600),
	OPEN(1, "@/dir/../dir/x", K64, CREATE | EXCL, 0600),
	OPEN(1, "@/DIR/x", K64, 0, 0600),
	DELETE("@/./dir//x"),
	OPEN(1, "@/dir/x", K64, 0, 0600),

	CASE("a missing directory that \"..\" leaves again"),
	OPEN(1, "@/x", K64, CREATE, 0600),
	OPEN(2, "@/nodir/../x", K64, 0, 0600),

	CASE("names of any bytes"),
	OPEN(1, "@/\xff\xfe", K64, CREATE | EXCL, 0600),
	OPEN(1, "@/a b\nc", K64, CREATE | EXCL, 0600),
	OPEN(1, "@/\xff\xfe", K64, 0, 0600),
	DELETE("@/\xff\xfe"),
	DELETE("@/a b\nc"),

	CASE("relative names"),
	DIRECTORY("@/one", 0755),
	DIRECTORY("@/two", 0755),
	CHDIR("@/one"),
	OPEN(1, "rel", K64, CREATE | EXCL, 0600),
	CHDIR("@/two"),
	OPEN(2, "rel", K64, 0, 0600),
	OPEN(2, "./../one/rel", K64, 0, 0600),
	OPEN(2, "@/one/rel", K64, 0, 0600),
	DELETE("rel"),
	DELETE("../one/rel"),

	CASE("relative name through a symlink to a directory"),
	DIRECTORY("@/deep", 0755),
	DIRECTORY("@/deep/inner", 0755),
	SYMLINK("@/link", "@/deep/inner"),
	OPEN(1, "x", K64, CREATE, 0600),
	OPEN(2, "link/../x", K64, 0, 0600),

	CASE("NULL argument"),
	OPEN(1, NULL, K64, CREATE, 0600),
	ATTACH(1, NULL_HANDLE, 0),
	CLOSE(NULL_HANDLE),
	DELETE(NULL),
	OPEN(1, "@/a", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	DETACH(NULL_HANDLE, 1, 0),
	DETACH(NULL_HANDLE, NULL_ADDRESS, 0),
	{ .operation = END_OF_ROWS},
};
