/* SPDX-License-Identifier: MIT */

/*
 * Rows about the files under NSPR's names: removed, renamed, linked, planted by another user. NSPR
 * makes the key of a segment from the file's inode, so who can move files can move names.
 *
 * Not rows, because they depend on the machine: chance collisions of two names (16 bits of the
 * inode and the file system decide), directories with the sticky bit (fs.protected_* decide), the
 * number of segments (kernel.shmmni).
 */
#include "table.h"

/* One row a line: */
/* clang-format off */
const struct step rows_files[] = {
	CASE("directory not writable at delete"),
	DIRECTORY("@/nowr", 0755),
	OPEN(1, "@/nowr/d", K64, CREATE, 0600),
	CHMOD("@/nowr", 0555),
	DELETE("@/nowr/d"),
	OPEN(2, "@/nowr/d", K64, 0, 0600),
	LOOK("@/nowr/d"),
	CHMOD("@/nowr", 0755),

	/* The hard link keeps the inode's number from being used for the next file. */
	CASE("file removed while in use"),
	OPEN(1, "@/tc", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	LINK("@/kept", "@/tc"),
	REMOVE("@/tc"),
	OPEN(2, "@/tc", K64, 0, 0600),
	OPEN(2, "@/tc", K64, CREATE | EXCL, 0600),
	OPEN(2, "@/tc", K64, CREATE, 0600),
	ATTACH(2, 2, 0),
	COMPARE(1, 2),

	CASE("file renamed"),
	OPEN(1, "@/before", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	PUT(1, "memory of another name"),
	RENAME("@/before", "@/after"),
	OPEN(2, "@/after", K64, CREATE, 0600),
	ATTACH(2, 2, 0),
	READ(2),
	OPEN(3, "@/before", K64, 0, 0600),

	CASE("symlink loop"),
	SYMLINK("@/loop", "@/loop"),
	OPEN(1, "@/loop", K64, CREATE, 0600),
	OPEN(1, "@/loop", K64, 0, 0600),
	DELETE("@/loop"),

	CASE("symlink of one's own"),
	OPEN(1, "@/real", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	SYMLINK("@/alias", "@/real"),
	OPEN(2, "@/alias", K64, CREATE | EXCL, 0600),
	OPEN(2, "@/alias", K64, CREATE, 0600),
	ATTACH(2, 2, 0),
	COMPARE(1, 2),

	CASE("hard link"),
	OPEN(1, "@/real", K64, CREATE, 0600),
	LINK("@/hard", "@/real"),
	OPEN(2, "@/hard", K64, 0, 0600),

	CASE_NEEDS(NEEDS_ROOT, "symlink planted by another user in a shared directory"),
	DIRECTORY("@/open", 0777),
	FILE_OF_MODE("@/mine", 0600),
	AS(OTHER),
	SYMLINK("@/open/trap", "@/target"),
	SYMLINK("@/open/trap2", "@/mine"),
	SYMLINK("@/open/trap3", "@/target3"),
	AS(OWNER),
	OPEN(1, "@/open/trap", K64, CREATE | EXCL, 0666),
	LOOK("@/target"),
	OPEN(1, "@/open/trap2", K64, CREATE | EXCL, 0666),
	DELETE("@/open/trap"),
	LOOK("@/target"),
	DELETE("@/open/trap2"),
	DELETE("@/open/trap3"),
	LOOK("@/target3"),

	/* 01000 in mode is IPC_CREAT, so that NSPR creates without CREATE and needs no right to the
	   file. */
	CASE_NEEDS(NEEDS_ROOT, "key squatted by another user"),
	FILE_OF_MODE("@/keyed", 0600),
	AS(OTHER),
	OPEN(1, "@/keyed", K64, 0, 01666),
	ATTACH(1, 1, 0),
	PUT(1, "put here by another user"),
	AS(OWNER),
	OPEN(1, "@/keyed", K64, CREATE, 0600),
	ATTACH(1, 1, 0),
	READ(1),
	OPEN(2, "@/keyed", K64, CREATE | EXCL, 0600),
	DELETE("@/keyed"),
	{ .operation = END_OF_ROWS},
};
