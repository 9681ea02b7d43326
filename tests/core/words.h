/* SPDX-License-Identifier: MIT */
/* The words that the tables of world.h are written in. */
#ifndef PRSHM_TESTS_WORDS_H
#define PRSHM_TESTS_WORDS_H

#include "tests/core/steps.h"

#define RW     ((uint32_t)(WIRE_READ | WIRE_WRITE))
#define RO     ((uint32_t)WIRE_READ)
#define KEPT   WIRE_LIFETIME_KEPT
#define UNUSED WIRE_LIFETIME_UNTIL_UNUSED
#define AS_IS  UINT32_MAX /* SET_OWNER */

/* Requests: */
#define REQUEST(op_, name_, ...) .request = {.header = {.op = (op_)}, .name = (name_), __VA_ARGS__}
#define OPEN_WITH(name_, size_, flags_, mode_)                                                     \
	REQUEST(WIRE_OP_OPEN, name_, .open = {.size = (size_), .flags = (flags_), .mode = (mode_)})
#define OPEN(name, size)              OPEN_WITH(name, size, 0, 0)
#define OPEN_READONLY(name, size)     OPEN_WITH(name, size, WIRE_OPEN_READONLY, 0)
#define CREATE(name, size, mode)      OPEN_WITH(name, size, WIRE_OPEN_CREATE, mode)
#define CREATE_EXCL(name, size, mode) OPEN_WITH(name, size, WIRE_OPEN_CREATE | WIRE_OPEN_EXCL, mode)
#define CREATE_LIVING(name_, mode_, lifetime_, linger_)                                            \
	REQUEST(WIRE_OP_OPEN, name_,                                                               \
		.open = {.size = 1,                                                                \
			.flags = WIRE_OPEN_CREATE,                                                 \
			.mode = (mode_),                                                           \
			.lifetime = (lifetime_),                                                   \
			.linger = (linger_)})
#define CLOSE(handle_)        REQUEST(WIRE_OP_CLOSE, "", .close = {.handle = (handle_)})
#define TAKE_BACK(handle_)    REQUEST(WIRE_OP_TAKE_BACK, "", .close = {.handle = (handle_)})
#define DELETE(name)          REQUEST(WIRE_OP_DELETE, name, .none = {})
#define STAT(name)            REQUEST(WIRE_OP_STAT, name, .none = {})
#define LIST(after_, prefix)  REQUEST(WIRE_OP_LIST, prefix, .list = {(after_)})
#define REOPEN(number)        REQUEST(WIRE_OP_REOPEN, "", .reopen = {(number)})
#define REOPEN_HANDLE(handle) REOPEN(WIRE_REOPEN_HANDLE | (uint64_t)(handle))
#define ANONYMOUS(size_, readonly_)                                                                \
	REQUEST(WIRE_OP_ANONYMOUS, "", .anonymous = {.size = (size_), .readonly = (readonly_)})
#define REDEEM(number) REDEEM_NEARLY(number, 0, 0)
#define REDEEM_NEARLY(number, high, low)                                                           \
	.token_of = (number), REQUEST(WIRE_OP_REDEEM, "", .redeem = {(high), (low)})
#define SET_RIGHTS(name, mode_)   REQUEST(WIRE_OP_SET_RIGHTS, name, .set_rights = {.mode = (mode_)})
#define SET_OWNER(name, uid, gid) REQUEST(WIRE_OP_SET_OWNER, name, .set_owner = {(uid), (gid)})
#define EXPLAIN(name, right_)     REQUEST(WIRE_OP_EXPLAIN, name, .explain = {.right = (right_)})
#define HOLDERS(number)           HOLDERS_AFTER(number, 0, 0)
#define HOLDERS_AFTER(number, connection, handle)                                                  \
	REQUEST(WIRE_OP_HOLDERS, "", .holders = {(number), (connection), (handle), 0})
#define ACCOUNTS(uid_, only_)  REQUEST(WIRE_OP_ACCOUNTS, "", .accounts = {(uid_), (only_)})
#define WATCH(prefix, events_) REQUEST(WIRE_OP_WATCH, prefix, .watch = {.events = (events_)})
#define WATCH_EXACT(name, events_)                                                                 \
	REQUEST(WIRE_OP_WATCH, name, .watch = {(events_), WIRE_WATCH_EXACT})
#define OPEN_MANY(room, names) OPEN_MANY_WITH(room, names, 0, 0) /* names: a blank between */
#define OPEN_MANY_WITH(room_, names_, size_, flags_)                                               \
	.room = (room_),                                                                           \
	REQUEST(WIRE_OP_OPEN_MANY, names_, .open_many = {.size = (size_), .flags = (flags_)})
#define RING            REQUEST(WIRE_OP_RING, "", .none = {})
#define RINGS(handle)   .rings = (handle) + 1
#define PARKS(handle)   .parks = (handle) + 1
#define TAKES(handle)   .takes = (handle) + 1 /* back, what it has parked */
#define FROZEN          .frozen = true
#define LEAVES          .leaves = true
#define PASSES(seconds) .passes = (seconds)
#define AGAIN           .again = true
#define IGNORED         .ignored = true

/* Entries, of a request or of STAT's reply: */
#define ENTRIES(...)                                                                               \
	.entries = (const struct wire_entry[]){__VA_ARGS__},                                       \
	.entry_count =                                                                             \
		sizeof((const struct wire_entry[]){__VA_ARGS__}) / sizeof(struct wire_entry)
#define ENTRY(kind_, id_, rights_)                                                                 \
	{                                                                                          \
		.id = (id_), .kind = (kind_), .rights = (uint16_t)(rights_)                        \
	}
#define USER(id, rights)    ENTRY(WIRE_ENTRY_USER, id, rights)
#define MEMBERS(id, rights) ENTRY(WIRE_ENTRY_GROUP, id, rights)

/* Replies: */
#define DONE                                 .status = STATUS_OK
#define FAILS(status_)                       .status = STATUS_##status_
#define OPENED(number, size, handle, access) .opened = {(number), (size), (handle), (access)}
#define LISTED(next_, names_)                .next = (next_), .names = (names_)
#define REOPENED(number)                     .reopened = (number)
#define REOPENED_AS(number, access_)         .reopened = (number), .opened = {.access = (access_)}
#define QUIET                                .loud = false
#define LOUD                                 .loud = true
#define MADE(number, handle, access)         .opened = {(number), 0, (handle), (access)}
#define TOLD(text_)                          .text = (text_)
#define HELD(text_)                          .text = (text_)
#define ACCOUNTED(next_, text_)              .next = (next_), .text = (text_)
#define EXPLAINED(allowed_, text_)           .allowed = (allowed_), .text = (text_)
#define LIVES(lifetime, linger)              .lives = {(lifetime), (linger)}
#define EXPIRES(names)                       .expires = (names)
#define LIMITED(resource_, kind_)                                                                  \
	.status = STATUS_NO_RESOURCES,                                                             \
	.refusal = {.resource = RESOURCE_##resource_, .kind = REFUSED_##kind_}
#define STATED(number, size_, owner, group, mode_, holders_)                                       \
	.stated = {.segment = (number),                                                            \
		.size = (size_),                                                                   \
		.uid = (owner),                                                                    \
		.gid = (group),                                                                    \
		.mode = (mode_),                                                                   \
		.holders = (holders_)}

#endif
