/* SPDX-License-Identifier: MIT */
/* The words that the tables of world.h are written in: who asks what, and what the answer is. */
#ifndef PRSHM_TESTS_STEPS_H
#define PRSHM_TESTS_STEPS_H

#include "daemon/broker.h"

enum who {
	END, /* of the table */
	ROOT,
	ALICE,     /* uid 1000, gid 1000 */
	ALICE_TOO, /* another connection of hers */
	BOB,       /* uid 1001, gid 1001, and in group 2000 by supplement */
	CAROL,     /* uid 1002, gid 2000 */
	DAVE,      /* uid 1003, gid 1003: a stranger to all */
	WHO_COUNT,
};

#define RW ((uint32_t)(WIRE_READ | WIRE_WRITE))
#define RO ((uint32_t)WIRE_READ)

struct step {
	enum who who;
	bool leaves; /* instead of a request: the connection ends, and a new one comes */
	struct wire_request request;
	size_t name_length;        /* 0: the name ends with a NUL */
	enum status status;        /* and, where it is OK: */
	struct wire_opened opened; /* OPEN */
	struct wire_stated stated; /* STAT; used and created are not compared */
	const char *names;         /* LIST: names in their order, a blank between two */
	uint64_t next;             /* LIST */
	uint64_t reopened;         /* REOPEN: the segment's number */
};

/* Requests: */
#define REQUEST(op_, name_, ...) .request = {.header = {.op = (op_)}, .name = (name_), __VA_ARGS__}
#define OPEN_WITH(name_, size_, flags_, mode_)                                                     \
	REQUEST(WIRE_OP_OPEN, name_, .open = {(size_), (flags_), (mode_)})
#define OPEN(name, size)              OPEN_WITH(name, size, 0, 0)
#define CREATE(name, size, mode)      OPEN_WITH(name, size, WIRE_OPEN_CREATE, mode)
#define CREATE_EXCL(name, size, mode) OPEN_WITH(name, size, WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, mode)
#define CLOSE(handle_)                REQUEST(WIRE_OP_CLOSE, "", .close = {.handle = (handle_)})
#define DELETE(name)                  REQUEST(WIRE_OP_DELETE, name, .none = {})
#define STAT(name)                    REQUEST(WIRE_OP_STAT, name, .none = {})
#define LIST(after_, prefix)          REQUEST(WIRE_OP_LIST, prefix, .list = {(after_)})
#define REOPEN(number)                REQUEST(WIRE_OP_REOPEN, "", .reopen = {(number)})
#define LEAVES                        .leaves = true

/* Replies: */
#define DONE                                 .status = STATUS_OK
#define FAILS(status_)                       .status = STATUS_##status_
#define OPENED(number, size, handle, access) .opened = {(number), (size), (handle), (access)}
#define LISTED(next_, names_)                .next = (next_), .names = (names_)
#define REOPENED(number)                     .reopened = (number)
#define STATED(number, size_, owner, group, mode_, holders_)                                       \
	.stated = {.segment = (number),                                                            \
		.size = (size_),                                                                   \
		.uid = (owner),                                                                    \
		.gid = (group),                                                                    \
		.mode = (mode_),                                                                   \
		.holders = (holders_)}

#endif
