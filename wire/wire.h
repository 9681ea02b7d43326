/* SPDX-License-Identifier: MIT */
/*
 * The protocol between prshmd and its clients: all its numbers and structs, in one place.
 *
 * One SOCK_SEQPACKET message is one request or one reply: a fixed header, the fixed body of its
 * op, then a tail (a name, or the entries of a list). All integers are little-endian.
 * prshm-protocol(7) is the specification. The tables below are its form in code.
 */
#ifndef PRSHM_WIRE_H
#define PRSHM_WIRE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "wire/fields.h"

#define WIRE_VERSION     1
#define WIRE_MESSAGE_MAX 4096 /* bytes, header included */
#define WIRE_NAME_MAX    1023 /* bytes, without a terminating NUL (there is none on the wire) */
#define WIRE_PART_MAX    255  /* bytes of one component of a name */
#define WIRE_FDS_MAX     64   /* descriptors in a reply to OPEN_MANY; other replies have 0 or 1 */
#define WIRE_ENTRIES_MAX 32   /* entries for named users and groups on one segment */

/*
 * The outcome of a request. The core returns these everywhere; the client maps them to PR_* errors.
 */
#define STATUSES(X)                                                                                \
	X(OK, 0, "done")                                                                           \
	X(VERSION, 1, "the broker speaks another version of the protocol")                         \
	X(UNSUPPORTED, 2, "the broker does not know this operation")                               \
	X(MALFORMED, 3, "the message breaks the protocol")                                         \
	X(INTERNAL, 4, "the broker is broken; its log says how")                                   \
	X(NOT_FOUND, 5, "no such segment")                                                         \
	X(EXISTS, 6, "a segment of that name exists")                                              \
	X(DENIED, 7, "the segment's rights do not allow it")                                       \
	X(NOT_OWNER, 8, "only the owner may do that")                                              \
	X(BAD_NAME, 9, "not an absolute name in normal form")                                      \
	X(NAME_TOO_LONG, 10, "a component of the name is too long")                                \
	X(BAD_SIZE, 11, "the size is 0, or more than the segment has")                             \
	X(TOO_BIG, 12, "more bytes than a segment may have")                                       \
	X(NO_RESOURCES, 13, "a limit of the broker is reached")                                    \
	X(NO_MEMORY, 14, "out of memory")                                                          \
	X(BAD_RIGHTS, 15, "rights that no segment can have")                                       \
	X(REFUSED, 16, "the name policy does not allow it")                                        \
	X(RESTARTED, 17, "the broker was restarted and has all it had: ask again")                 \
	X(SEALED, 18, "the size is fixed, since the segment is shared")

enum status {
#define X(name, value, text) STATUS_##name = (value),
	STATUSES(X)
#undef X
};

#define WIRE_HEADER_FIELDS(F)                                                                      \
	F(16, version)                                                                             \
	F(16, op)                                                                                  \
	F(32, serial) /* chosen by the client, returned in the reply */                            \
	F(16, status) /* enum status; 0 in requests */                                             \
	F(16, fds)    /* how many descriptors come with this message */                            \
	F(32, length) /* bytes of the whole message, this header included */

#define WIRE_NONE_FIELDS(F) /* the body is empty */

#define WIRE_OPEN_FIELDS(F)                                                                        \
	F(64, size)        /* bytes wanted; 0: whatever the segment has */                         \
	F(32, flags)       /* enum wire_open_flag */                                               \
	F(32, mode)        /* of a new segment: permission bits, 0..0777 */                        \
	F(32, lifetime)    /* of a new segment: enum wire_lifetime */                              \
	F(32, linger)      /* of a new segment: seconds it stays without a holder */               \
	F(32, entry_count) /* of a new segment: entries before the name */                         \
	F(32, reserved)

#define WIRE_OPENED_FIELDS(F)                                                                      \
	F(64, segment) /* the segment's number; no other segment ever gets it */                   \
	F(64, size)    /* bytes */                                                                 \
	F(32, handle)  /* for CLOSE, on this connection */                                         \
	F(32, access)  /* enum wire_access; 0: no rights, and no descriptor in the reply */

#define WIRE_CLOSE_FIELDS(F)                                                                       \
	F(32, handle)                                                                              \
	F(32, reserved)

#define WIRE_REOPEN_FIELDS(F) F(64, segment) /* or WIRE_REOPEN_HANDLE and a handle */
#define WIRE_REOPEN_HANDLE    (UINT64_C(1) << 63)

#define WIRE_ANONYMOUS_FIELDS(F)                                                                   \
	F(64, size)     /* bytes, from 1 */                                                        \
	F(32, readonly) /* 1: nobody, the caller included, gets a descriptor that can write */     \
	F(32, reserved)

/*
 * The token is 128 random bits. A client that knows it, and has the creator's uid, gets the memory.
 */
#define WIRE_REDEEM_FIELDS(F)                                                                      \
	F(64, token_high)                                                                          \
	F(64, token_low)

#define WIRE_MADE_FIELDS(F)                                                                        \
	F(64, segment)                                                                             \
	F(64, token_high)                                                                          \
	F(64, token_low)                                                                           \
	F(32, handle)                                                                              \
	F(32, access)

#define WIRE_STATED_FIELDS(F)                                                                      \
	F(64, segment)                                                                             \
	F(64, size)    /* bytes */                                                                 \
	F(64, used)    /* bytes of memory the segment takes now */                                 \
	F(64, created) /* nanoseconds since 1970 */                                                \
	F(64, opened)  /* nanoseconds since 1970: the last OPEN */                                 \
	F(32, uid)                                                                                 \
	F(32, gid)                                                                                 \
	F(32, mode)                                                                                \
	F(32, holders)  /* opens that are not closed */                                            \
	F(16, lifetime) /* enum wire_lifetime, never DEFAULT */                                    \
	F(16, flags)    /* enum wire_segment_flag */                                               \
	F(32, linger)   /* seconds it stays without a holder; 0 with KEPT: for ever */             \
	F(32, entry_count)                                                                         \
	F(32, name_length)

/* The rights of one named user or group. In a tail, entries stand before the name. */
#define WIRE_ENTRY_FIELDS(F)                                                                       \
	F(32, id)                                                                                  \
	F(16, kind)   /* enum wire_entry_kind */                                                   \
	F(16, rights) /* enum wire_access bits */

#define WIRE_SET_RIGHTS_FIELDS(F)                                                                  \
	F(32, mode)                                                                                \
	F(32, entry_count)

#define WIRE_SET_OWNER_FIELDS(F)                                                                   \
	F(32, uid) /* 0xffffffff: no change */                                                     \
	F(32, gid) /* 0xffffffff: no change */

#define WIRE_EXPLAIN_FIELDS(F)                                                                     \
	F(32, right)       /* one of enum wire_access */                                           \
	F(32, entry_count) /* 0: about the client itself; else about the entries' user */

#define WIRE_EXPLAINED_FIELDS(F)                                                                   \
	F(32, allowed) /* 1 or 0 */                                                                \
	F(32, reserved)

#define WIRE_LIST_FIELDS(F) F(64, after) /* list segments with a larger number than this */

#define WIRE_LISTED_FIELDS(F)                                                                      \
	F(64, next) /* the next request's after; 0: the list is complete */                        \
	F(32, count)                                                                               \
	F(32, reserved)

/*
 * The list is in the order of connection, then handle. The reply has the holders behind this
 * connection and this handle; a first request has 0 in both.
 */
#define WIRE_HOLDERS_FIELDS(F)                                                                     \
	F(64, segment)                                                                             \
	F(64, connection)                                                                          \
	F(32, handle)                                                                              \
	F(32, reserved)

#define WIRE_HELD_FIELDS(F)                                                                        \
	F(64, connection) /* the next request's connection; 0: the list is complete */             \
	F(32, handle)     /* the next request's handle */                                          \
	F(32, count)

#define WIRE_HOLDER_FIELDS(F)                                                                      \
	F(64, since)      /* nanoseconds since 1970 */                                             \
	F(64, connection) /* its number; connection and handle together are unique */              \
	F(32, handle)                                                                              \
	F(32, access) /* enum wire_access: READ, WRITE */                                          \
	F(32, pid)                                                                                 \
	F(32, uid)

#define WIRE_ACCOUNTS_FIELDS(F)                                                                    \
	F(32, uid)  /* the first user of the list */                                               \
	F(32, only) /* 1: this user alone; 0: all users with a larger uid follow */

#define WIRE_ACCOUNTED_FIELDS(F)                                                                   \
	F(32, next) /* the next request's uid; 0xffffffff: the list is complete */                 \
	F(32, count)

/* One user; usage_count usages follow. */
#define WIRE_ACCOUNT_FIELDS(F)                                                                     \
	F(32, uid)                                                                                 \
	F(32, usage_count)

#define WIRE_USAGE_FIELDS(F)                                                                       \
	F(64, used)                                                                                \
	F(64, limit)    /* the limit at this moment */                                             \
	F(32, resource) /* enum wire_resource */                                                   \
	F(32, kind)     /* enum wire_limit: where the limit comes from */

#define WIRE_CONDITION_FIELDS(F)                                                                   \
	F(64, started) /* nanoseconds since 1970: when this broker was started */                  \
	F(64, handed)  /* descriptors that this broker has sent to a keeper */                     \
	F(64, segments)                                                                            \
	F(64, bytes) /* charged: whole pages of all segments */                                    \
	F(64, connections)                                                                         \
	F(64, handles)  /* open ones */                                                            \
	F(64, users)    /* users that are charged for anything */                                  \
	F(32, restarts) /* how often a broker has taken over from another */                       \
	F(32, keeper)   /* enum wire_keeper */                                                     \
	F(32, count)    /* counters in the tail; version and configuration follow them */          \
	F(32, reserved)

#define WIRE_COUNT_FIELDS(F)                                                                       \
	F(64, value)                                                                               \
	F(32, counter) /* enum wire_counter */                                                     \
	F(32, of)      /* REQUESTS: an op; REFUSALS, USED, LIMIT: enum wire_resource; else 0 */

/* From then on the client must send nothing more on this connection, and gets events there. */
#define WIRE_WATCH_FIELDS(F)                                                                       \
	F(32, events) /* a set of enum wire_event_kind */                                          \
	F(32, flags)  /* enum wire_watch_flag */

/* The reply to WATCH, with count 0; and each later message, which brings events. */
#define WIRE_WATCHED_FIELDS(F)                                                                     \
	F(32, count) /* events in the tail */                                                      \
	F(32, reserved)

#define WIRE_EVENT_FIELDS(F)                                                                       \
	F(64, time) /* nanoseconds since 1970 */                                                   \
	F(64, segment)                                                                             \
	F(64, size) /* bytes */                                                                    \
	F(32, kind) /* one of enum wire_event_kind */                                              \
	F(32, uid)  /* of the client that caused it; 0xffffffff: no client did */                  \
	F(32, pid)  /* of that client; 0: no client did, or the broker does not know it */         \
	F(32, name_length)

/* Opens several segments that exist. Each name has its own outcome, as with OPEN. */
#define WIRE_OPEN_MANY_FIELDS(F)                                                                   \
	F(64, size)  /* bytes wanted of each segment; 0: whatever it has */                        \
	F(32, flags) /* enum wire_open_flag: READONLY and INODE count */                           \
	F(32, count) /* names in the tail */

#define WIRE_OPENED_MANY_FIELDS(F)                                                                 \
	F(32, count) /* how many names, from the first, were done; as many structs follow */       \
	F(32, reserved)

/* The outcome of one name. If status is OK, the fields are as in OPENED, and a descriptor came. */
#define WIRE_OUTCOME_FIELDS(F)                                                                     \
	F(64, segment)                                                                             \
	F(64, size) /* bytes */                                                                    \
	F(32, handle)                                                                              \
	F(32, access) /* enum wire_access */                                                       \
	F(32, status) /* enum status; RESTARTED: ask for this name again */                        \
	F(32, reserved)

/*
 * With the flag INODE: of the memory that a descriptor of the reply belongs to. 0: no descriptor.
 */
#define WIRE_INODE_FIELDS(F) F(64, inode)

/*
 * What fstat(2) tells of a segment, in the tail of a reply to OPEN with VIEW. It stays so until the
 * broker counts up ring_page::changes.
 */
#define WIRE_VIEWED_FIELDS(F)                                                                      \
	F(32, uid)                                                                                 \
	F(32, gid)                                                                                 \
	F(32, mode)                                                                                \
	F(32, reserved)

/* Who made a segment, and who opened it last. A uid of 0xffffffff: the broker cannot tell. */
#define WIRE_ORIGIN_FIELDS(F)                                                                      \
	F(32, creator_uid)                                                                         \
	F(32, creator_pid)                                                                         \
	F(32, opener_uid)                                                                          \
	F(32, opener_pid)

/*
 * To become a holder without a new descriptor: the client has one already, from its parent or from
 * another process. The segment is found by its number, or, if that is 0, by the name in the tail.
 */
#define WIRE_HOLD_FIELDS(F)                                                                        \
	F(64, segment)                                                                             \
	F(64, inode) /* of the memory; another inode: NOT_FOUND */

/* Looks at a segment that the client holds, and, by the flags, sizes it or opens it again. */
#define WIRE_SIZE_FIELDS(F)                                                                        \
	F(64, size) /* bytes, with SET: not less than it has */                                    \
	F(32, handle)                                                                              \
	F(32, flags) /* enum wire_size_flag */

/* Sets mode, owner and group of a segment that the client holds. 0xffffffff: no change. */
#define WIRE_CHANGE_FIELDS(F)                                                                      \
	F(32, handle)                                                                              \
	F(32, mode) /* the entries stay */                                                         \
	F(32, uid)                                                                                 \
	F(32, gid)

/* Gives a segment another name. The tail has the name, and behind it the new one. */
#define WIRE_RENAME_FIELDS(F)                                                                      \
	F(32, flags)       /* enum wire_rename_flag */                                             \
	F(32, name_length) /* bytes of the name that the segment has */

/* The ops: name, number, request body, reply body, the request's tail. CLOSE alone has no reply. */
#define WIRE_OPS(X)                                                                                \
	X(OPEN, 1, open, opened, ENTRIES)                                                          \
	X(CLOSE, 2, close, none, NONE)                                                             \
	X(DELETE, 3, none, none, NAME)                                                             \
	X(STAT, 4, none, stated, NAME)                                                             \
	X(LIST, 5, list, listed, PREFIX)                                                           \
	X(REOPEN, 6, reopen, none, NONE)                                                           \
	X(ANONYMOUS, 7, anonymous, made, NONE)                                                     \
	X(REDEEM, 8, redeem, opened, NONE)                                                         \
	X(SET_RIGHTS, 9, set_rights, none, ENTRIES)                                                \
	X(SET_OWNER, 10, set_owner, none, NAME)                                                    \
	X(EXPLAIN, 11, explain, explained, ENTRIES)                                                \
	X(HOLDERS, 12, holders, held, NONE)                                                        \
	X(ACCOUNTS, 13, accounts, accounted, NONE)                                                 \
	X(STATUS, 14, none, condition, NONE)                                                       \
	X(WATCH, 15, watch, watched, PREFIX)                                                       \
	X(OPEN_MANY, 16, open_many, opened_many, NAMES)                                            \
	X(RING, 17, none, none, NONE)                                                              \
	X(TAKE_BACK, 18, close, none, NONE)                                                        \
	X(ORIGIN, 19, reopen, origin, NONE)                                                        \
	X(STOP, 20, none, none, NONE)                                                              \
	X(HOLD, 21, hold, opened, NAME)                                                            \
	X(SIZE, 22, size, stated, NONE)                                                            \
	X(CHANGE, 23, change, none, NONE)                                                          \
	X(RENAME, 24, rename, none, NAME)

/* Every struct of the protocol: its name, the bytes it takes on the wire, its fields. */
#define WIRE_STRUCTS(X)                                                                            \
	X(header, 16, WIRE_HEADER_FIELDS)                                                          \
	X(none, 0, WIRE_NONE_FIELDS)                                                               \
	X(open, 32, WIRE_OPEN_FIELDS)                                                              \
	X(opened, 24, WIRE_OPENED_FIELDS)                                                          \
	X(close, 8, WIRE_CLOSE_FIELDS)                                                             \
	X(reopen, 8, WIRE_REOPEN_FIELDS)                                                           \
	X(anonymous, 16, WIRE_ANONYMOUS_FIELDS)                                                    \
	X(redeem, 16, WIRE_REDEEM_FIELDS)                                                          \
	X(made, 32, WIRE_MADE_FIELDS)                                                              \
	X(stated, 72, WIRE_STATED_FIELDS)                                                          \
	X(entry, 8, WIRE_ENTRY_FIELDS)                                                             \
	X(set_rights, 8, WIRE_SET_RIGHTS_FIELDS)                                                   \
	X(set_owner, 8, WIRE_SET_OWNER_FIELDS)                                                     \
	X(explain, 8, WIRE_EXPLAIN_FIELDS)                                                         \
	X(explained, 8, WIRE_EXPLAINED_FIELDS)                                                     \
	X(list, 8, WIRE_LIST_FIELDS)                                                               \
	X(listed, 16, WIRE_LISTED_FIELDS)                                                          \
	X(holders, 24, WIRE_HOLDERS_FIELDS)                                                        \
	X(held, 16, WIRE_HELD_FIELDS)                                                              \
	X(holder, 32, WIRE_HOLDER_FIELDS)                                                          \
	X(accounts, 8, WIRE_ACCOUNTS_FIELDS)                                                       \
	X(accounted, 8, WIRE_ACCOUNTED_FIELDS)                                                     \
	X(account, 8, WIRE_ACCOUNT_FIELDS)                                                         \
	X(usage, 24, WIRE_USAGE_FIELDS)                                                            \
	X(condition, 72, WIRE_CONDITION_FIELDS)                                                    \
	X(count, 16, WIRE_COUNT_FIELDS)                                                            \
	X(watch, 8, WIRE_WATCH_FIELDS)                                                             \
	X(watched, 8, WIRE_WATCHED_FIELDS)                                                         \
	X(event, 40, WIRE_EVENT_FIELDS)                                                            \
	X(open_many, 16, WIRE_OPEN_MANY_FIELDS)                                                    \
	X(opened_many, 8, WIRE_OPENED_MANY_FIELDS)                                                 \
	X(outcome, 32, WIRE_OUTCOME_FIELDS)                                                        \
	X(inode, 8, WIRE_INODE_FIELDS)                                                             \
	X(origin, 16, WIRE_ORIGIN_FIELDS)                                                          \
	X(hold, 16, WIRE_HOLD_FIELDS)                                                              \
	X(size, 16, WIRE_SIZE_FIELDS)                                                              \
	X(change, 16, WIRE_CHANGE_FIELDS)                                                          \
	X(rename, 8, WIRE_RENAME_FIELDS)                                                           \
	X(viewed, 16, WIRE_VIEWED_FIELDS)

/* The structs that may stand in a tail, one behind the other. */
#define WIRE_PARTS(X) X(holder) X(account) X(usage) X(count) X(outcome) X(inode) X(viewed)

enum wire_op {
#define X(name, value, request, reply, tail) WIRE_OP_##name = (value),
	WIRE_OPS(X)
#undef X
};

/* The ops are numbered from 1, without a gap. */
#define X(name, value, request, reply, tail) +1
enum { WIRE_OP_LAST = 0 WIRE_OPS(X) };
#undef X

enum wire_open_flag {
	WIRE_OPEN_CREATE = 1 << 0,
	WIRE_OPEN_EXCL = 1 << 1,     /* without CREATE it means nothing */
	WIRE_OPEN_READONLY = 1 << 2, /* for a descriptor that can only read */
	/* For a new segment. Without these flags the broker's policy decides. */
	WIRE_OPEN_PREALLOCATE = 1 << 3,
	WIRE_OPEN_NO_PREALLOCATE = 1 << 4, /* wins over PREALLOCATE */
	WIRE_OPEN_HUGE = 1 << 5,           /* in huge pages where they can be had */
	/*
	 * As shm_open(3) opens: a new segment has size 0, and its creator gets what it asks for,
	 * whatever the mode; a descriptor has an offset of its own; what exists is DENIED without
	 * the right to write, but for READONLY.
	 */
	WIRE_OPEN_POSIX = 1 << 6,
	/*
	 * With POSIX: a segment that exists gets new memory, of size 0. That needs the right to
	 * write.
	 */
	WIRE_OPEN_TRUNCATE = 1 << 7,
	WIRE_OPEN_INODE = 1 << 8, /* tell the memory's inode, too, if a descriptor comes */
	/* The reply's tail is a viewed struct, if the size is fixed. */
	WIRE_OPEN_VIEW = 1 << 9,
};

enum wire_size_flag {
	WIRE_SIZE_SET = 1 << 0, /* the segment gets that size */
	/* send a descriptor that can write, if there may be one by now */
	WIRE_SIZE_WRITER = 1 << 1,
};

/* What a client may do with a segment. */
enum wire_access {
	WIRE_READ = 1 << 0,
	WIRE_WRITE = 1 << 1, /* never without READ: memory cannot be mapped write-only */
	WIRE_DELETE = 1 << 2,
	WIRE_MANAGE = 1 << 3, /* change rights */
	WIRE_CREATE = 1 << 4, /* in EXPLAIN only: to create the name, by the policy */
	/* These are in the reply to an open only, and only with READ. */
	/*
	 * The client has created the segment, and preallocates its memory. With OPEN's flag POSIX:
	 * the size is not fixed, and this client may change it.
	 */
	WIRE_FILL = 1 << 8,
	WIRE_HUGE = 1 << 9, /* it may be in huge pages: map it at a multiple of their size */
	WIRE_OWN = 1 << 10, /* no other client has the descriptor's open file description */
};

enum wire_lifetime {
	WIRE_LIFETIME_DEFAULT = 0, /* the name policy's lifetime for the name, else KEPT */
	WIRE_LIFETIME_KEPT = 1,    /* until the segment is deleted */
	WIRE_LIFETIME_UNTIL_UNUSED = 2,
};

enum wire_segment_flag {
	WIRE_SEGMENT_ANONYMOUS = 1 << 0, /* the segment never had a name */
	WIRE_SEGMENT_DELETED = 1 << 1,   /* the segment has lost its name, and still has holders */
	WIRE_SEGMENT_UNSEALED = 1 << 2,  /* the size is not fixed yet, and may be 0 */
};

enum wire_resource {
	WIRE_RESOURCE_SEGMENTS = 1,
	WIRE_RESOURCE_BYTES = 2,
	WIRE_RESOURCE_CONNECTIONS = 3,
	WIRE_RESOURCE_HANDLES = 4,
	WIRE_RESOURCE_WATCHES = 5,
	/*
	 * No resource: the usage's "used" says who pays for this uid, where that is not the uid
	 * itself.
	 */
	WIRE_RESOURCE_PRINCIPAL = 64,
};

enum wire_limit {
	WIRE_LIMIT_NUMBER = 1, /* a number in the configuration */
	WIRE_LIMIT_SHARE = 2,  /* the fair share, which depends on what other users have */
	WIRE_LIMIT_NONE = 3,   /* no limit but that of the machine */
};

enum wire_keeper {
	WIRE_KEEPER_UNWANTED = 0, /* the broker was started to run without one */
	WIRE_KEEPER_THERE = 1,
	WIRE_KEEPER_MISSING = 2, /* if the broker dies now, all segments are lost */
};

/* What STATUS counts, since the broker was started. */
enum wire_counter {
	WIRE_COUNTER_REQUESTS = 1,  /* requests of one op that were handled */
	WIRE_COUNTER_REFUSALS = 2,  /* requests that a limit of one resource refused */
	WIRE_COUNTER_OPENS = 3,     /* handles that were opened, for new and old segments */
	WIRE_COUNTER_CREATIONS = 4, /* handles that were opened with a new segment */
	WIRE_COUNTER_DELETIONS = 5, /* names that DELETE has removed */
	WIRE_COUNTER_CLOSES = 6,    /* handles that were closed, also by the end of a connection */
	WIRE_COUNTER_DENIALS = 7,   /* requests that ended DENIED, NOT_OWNER or REFUSED */
	WIRE_COUNTER_EXPIRIES = 8,  /* names that were removed since the segment had no holder */
	WIRE_COUNTER_ACCEPTED = 9,  /* connections that began */
	WIRE_COUNTER_ENDED = 10,    /* connections that ended */
	WIRE_COUNTER_RECORDS = 11,  /* records that were written to the journal */
	WIRE_COUNTER_COMPACTIONS = 12, /* journals that a snapshot has replaced */
	/* These four are no counts, but tell how the broker is now. */
	WIRE_COUNTER_USED = 13,  /* how much of one resource all users have together */
	WIRE_COUNTER_LIMIT = 14, /* how much of one resource all users may have together */
	WIRE_COUNTER_UID = 15,   /* the uid of the broker's process, as the broker sees it */
	WIRE_COUNTER_PID = 16,   /* the pid of the broker's process, as the broker sees it */
	/*
	 * Nanoseconds since 1970: since when the configuration's files are wrong. Not told: they
	 * are not.
	 */
	WIRE_COUNTER_MISCONFIGURED = 17,
};

enum wire_entry_kind {
	WIRE_ENTRY_USER = 1,
	WIRE_ENTRY_GROUP = 2,
};

enum wire_rename_flag {
	WIRE_RENAME_KEEP = 1 << 0, /* a segment that has the new name keeps it: EXISTS */
};

enum wire_watch_flag {
	WIRE_WATCH_EXACT = 1 << 0, /* the tail is a whole name, not a prefix */
};

enum wire_event_kind {
	WIRE_EVENT_CREATED = 1 << 0,
	WIRE_EVENT_DELETED = 1 << 1,
	WIRE_EVENT_EXPIRED = 1 << 2, /* the name was removed, since the segment had no holder */
	WIRE_EVENT_OPENED = 1 << 3,  /* also follows CREATED */
	WIRE_EVENT_CLOSED = 1 << 4,
	WIRE_EVENT_UNUSED = 1 << 5,   /* the last holder has gone */
	WIRE_EVENT_RIGHTS = 1 << 6,   /* mode, entries, owner or group were set */
	WIRE_EVENT_OVERFLOW = 1 << 7, /* this watcher has lost events; sent even if not asked for */
};

/*
 * struct wire_open, struct wire_opened, ...: each has the size that it has on the wire: no padding.
 */
#define X(name, bytes, fields)                                                                     \
	struct wire_##name {                                                                       \
		fields(FIELD_DECLARE)                                                              \
	};                                                                                         \
	enum { WIRE_SIZE_##name = (bytes) };                                                       \
	static_assert(sizeof(struct wire_##name) == (bytes), "size of wire_" #name);
WIRE_STRUCTS(X)
#undef X

/*
 * A decoded request. name and entries are borrowed: they point into the message. The name has no
 * NUL at its end. The entries are still encoded: wire_get_right reads one of them. In OPEN_MANY,
 * name has all names, still encoded: wire_get_name reads one of them.
 */
struct wire_request {
	struct wire_header header;
	union {
		struct wire_none none;
		struct wire_open open;
		struct wire_close close;
		struct wire_reopen reopen;
		struct wire_list list;
		struct wire_anonymous anonymous;
		struct wire_redeem redeem;
		struct wire_set_rights set_rights;
		struct wire_set_owner set_owner;
		struct wire_explain explain;
		struct wire_holders holders;
		struct wire_accounts accounts;
		struct wire_watch watch;
		struct wire_open_many open_many;
		struct wire_hold hold;
		struct wire_size size;
		struct wire_change change;
		struct wire_rename rename;
	};
	const uint8_t *entries;
	size_t entry_count;
	const char *name;
	size_t name_length;
};

/* A reply, decoded or to be encoded. A status other than OK comes without body and tail. */
struct wire_reply {
	struct wire_header header;
	union {
		struct wire_none none;
		struct wire_opened opened;
		struct wire_stated stated;
		struct wire_listed listed;
		struct wire_made made;
		struct wire_explained explained;
		struct wire_held held;
		struct wire_accounted accounted;
		struct wire_condition condition;
		struct wire_watched watched;
		struct wire_opened_many opened_many;
		struct wire_origin origin;
	};
	const uint8_t *tail; /* borrowed; what follows the body in some replies */
	size_t tail_length;
};

/* One message as it is sent and received. */
struct wire_message {
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length;
	int fds[WIRE_FDS_MAX]; /* owned by the message, until the caller takes them out */
	size_t fd_count;
};

/* How many descriptors a reply to this op may bring. */
size_t wire_descriptors_of(uint16_t op);
const char *wire_op_name(uint16_t op);    /* "OPEN", or "unknown" */
const char *status_text(uint16_t status); /* a sentence for people */

/*
 * Whether a name may stand in a message: absolute, 2 to WIRE_NAME_MAX bytes, no NUL, and in normal
 * form (no empty, "." or ".." component), so that one segment has one spelling. Returns OK,
 * BAD_NAME or NAME_TOO_LONG.
 */
enum status wire_check_name(const char *name, size_t length);

/*
 * Bytes to structs. OK: *out is filled in. VERSION, UNSUPPORTED: only out->header is filled in.
 * MALFORMED: *out is untouched. The name is not checked here.
 */
enum status wire_decode_request(const uint8_t *bytes, size_t length, struct wire_request *out);
enum status wire_decode_reply(const uint8_t *bytes, size_t length, struct wire_reply *out);

/* Structs to bytes, without descriptors. Fills in length and version, too. False: no room. */
bool wire_encode_request(const struct wire_request *request, struct wire_message *out);
bool wire_encode_reply(const struct wire_reply *reply, struct wire_message *out);

/* An entry of LIST's tail: a stated struct, then its name, unaligned. False: no room, no entry. */
bool wire_put_entry(uint8_t *tail, size_t size, size_t *used, const struct wire_stated *entry,
	const char *name);
bool wire_get_entry(const uint8_t *tail, size_t size, size_t *used, struct wire_stated *entry,
	const char **name);

/* The same for an event of WATCH's tail. */
bool wire_put_event(
	uint8_t *tail, size_t size, size_t *used, const struct wire_event *event, const char *name);
bool wire_get_event(const uint8_t *tail, size_t size, size_t *used, struct wire_event *event,
	const char **name);

/* A name of OPEN_MANY's tail: its length, 2 bytes, then the name, unaligned. */
bool wire_put_name(uint8_t *tail, size_t size, size_t *used, const char *name, size_t length);
bool wire_get_name(const char *tail, size_t size, size_t *used, const char **name, size_t *length);

/* The entry with this index, in the tail of a request or of STAT's reply. It must exist. */
void wire_get_right(const uint8_t *entries, size_t index, struct wire_entry *out);
void wire_put_right(uint8_t *entries, size_t index, const struct wire_entry *entry);

/* The next struct in a tail. False: no room for it, or too few bytes are left. */
#define X(name)                                                                                    \
	bool wire_put_##name(                                                                      \
		uint8_t *tail, size_t size, size_t *used, const struct wire_##name *part);         \
	bool wire_get_##name(                                                                      \
		const uint8_t *tail, size_t size, size_t *used, struct wire_##name *part);
WIRE_PARTS(X)
#undef X

/*
 * Both return 0 or a negative errno. flags: MSG_DONTWAIT or 0. wire_send never raises SIGPIPE.
 * -EINTR is returned, too: only the caller knows how long it wants to wait.
 * -ECONNRESET, wire_receive: the connection has ended. A message of length 0 looks the same,
 * unix(7).
 * -EBADMSG, wire_receive: the message is too long, or has more descriptors than fd_limit.
 * If fewer descriptors come than the header declares, the descriptor table of this process is full:
 * the first ones came, and the kernel dropped the others.
 */
int wire_receive(int fd, struct wire_message *message, size_t fd_limit, int flags);
int wire_send(int fd, const struct wire_message *message, int flags);
void wire_message_deinit(struct wire_message *message); /* closes the descriptors in fds */

#endif
