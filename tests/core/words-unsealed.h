/* SPDX-License-Identifier: MIT */
/* Words for segments that are made without a size. */
#ifndef PRSHM_TESTS_WORDS_UNSEALED_H
#define PRSHM_TESTS_WORDS_UNSEALED_H

#include "tests/core/words.h"

#define POSIX_OPEN_WITH(name, flags, mode) OPEN_WITH(name, 0, WIRE_OPEN_POSIX | (flags), mode)
#define POSIX_OPEN(name)                   POSIX_OPEN_WITH(name, 0, 0)
#define POSIX_CREATE(name, mode)           POSIX_OPEN_WITH(name, WIRE_OPEN_CREATE, mode)
#define RESIZE(handle_, size_, flags_)                                                             \
	REQUEST(WIRE_OP_SIZE, "", .size = {(size_), (handle_), (flags_)})
#define HOLD(number, inode, name) REQUEST(WIRE_OP_HOLD, name, .hold = {(number), (inode)})
#define CHANGE(handle, mode, uid, gid)                                                             \
	REQUEST(WIRE_OP_CHANGE, "", .change = {(handle), (mode), (uid), (gid)})
#define RENAME(from, to, flags_)                                                                   \
	REQUEST(WIRE_OP_RENAME, from to, .rename = {(flags_), sizeof(from) - 1})

/* Of a segment that has no fixed size, and mostly of ALICE; what SIZE brings is for that access. */
#define UNSEALED_STATED(number, size_, owner, group, mode_, holders_)                              \
	.stated = {.segment = (number),                                                            \
		.size = (size_),                                                                   \
		.uid = (owner),                                                                    \
		.gid = (group),                                                                    \
		.mode = (mode_),                                                                   \
		.holders = (holders_),                                                             \
		.flags = WIRE_SEGMENT_UNSEALED}
#define SIZED_OF(id, number, size_, access_, mode_, holders_, flags_)                              \
	.opened = {.access = (access_)}, .stated = {.segment = (number),                           \
						 .size = (size_),                                  \
						 .uid = (id),                                      \
						 .gid = (id),                                      \
						 .mode = (mode_),                                  \
						 .holders = (holders_),                            \
						 .flags = (flags_),                                \
						 .name_length = 2}
#define SIZED_WITH(number, size, access, mode, holders, flags)                                     \
	SIZED_OF(1000, number, size, access, mode, holders, flags)
#define SIZED(number, size, access, mode, holders)                                                 \
	SIZED_WITH(number, size, access, mode, holders, WIRE_SEGMENT_UNSEALED)
#define SEALED_SIZED(number, size, access, mode, holders)                                          \
	SIZED_WITH(number, size, access, mode, holders, 0)
#define EARLY   .early = true
#define CREATOR (RW | WIRE_FILL | WIRE_OWN)

#endif
