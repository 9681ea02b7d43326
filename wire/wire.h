/* SPDX-License-Identifier: MIT */
/*
 * The protocol between prshmd and its clients: every number and every struct of it, in one place.
 *
 * One SOCK_SEQPACKET message is one request or one reply: a fixed header, the fixed body of its
 * op, then a tail (a name, or the entries of a list). All integers are little-endian.
 * prshm-protocol(7) is the specification; the tables below are where the code takes it from.
 */
#ifndef PRSHM_WIRE_H
#define PRSHM_WIRE_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define WIRE_VERSION     1
#define WIRE_MESSAGE_MAX 4096 /* bytes, header included */
#define WIRE_NAME_MAX    1023 /* bytes, without a terminating NUL (there is none on the wire) */
#define WIRE_PART_MAX    255  /* bytes of one component of a name */
#define WIRE_FDS_MAX     1    /* descriptors in one reply */
#define WIRE_ENTRIES_MAX 32   /* entries for named users and groups on one segment */

/* What became of a request. The whole core speaks in these; the client maps them to PR_* errors. */
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
	X(REFUSED, 16, "the name policy does not allow it")

enum status {
#define X(name, value, text) STATUS_##name = (value),
	STATUSES(X)
#undef X
};

#define WIRE_HEADER_FIELDS(F)                                                                      \
	F(16, version)                                                                             \
	F(16, op)                                                                                  \
	F(32, serial) /* chosen by the client, returned in the reply */                            \
	F(16, status) /* enum status; 0 in requests */                                        \
	F(16, fds)    /* how many descriptors come with this message */                            \
	F(32, length) /* bytes of the whole message, this header included */

#define WIRE_NONE_FIELDS(F) /* a body of nothing */

#define WIRE_OPEN_FIELDS(F)                                                                        \
	F(64, size)  /* bytes wanted; 0: whatever the segment has */                               \
	F(32, flags) /* enum wire_open_flag */                                                     \
	F(32, mode)  /* of a new segment: permission bits, 0..0777 */                              \
	F(32, lifetime) /* of a new segment: enum wire_lifetime */                                 \
	F(32, linger)   /* of a new segment: seconds it stays without a holder */                  \
	F(32, entry_count) /* of a new segment: entries before the name */                         \
	F(32, reserved)

#define WIRE_OPENED_FIELDS(F)                                                                      \
	F(64, segment) /* the segment's number; never used again for another */                    \
	F(64, size)    /* bytes */                                                                 \
	F(32, handle)  /* names this open to CLOSE, on this connection */                          \
	F(32, access)  /* enum wire_access bits granted; 0: no descriptor comes along */

#define WIRE_CLOSE_FIELDS(F)                                                                       \
	F(32, handle)                                                                              \
	F(32, reserved)

#define WIRE_REOPEN_FIELDS(F) F(64, segment)

#define WIRE_ANONYMOUS_FIELDS(F)                                                                   \
	F(64, size)     /* bytes, from 1 */                                                        \
	F(32, readonly) /* 1: nobody, the caller included, gets a descriptor that can write */     \
	F(32, reserved)

/* Who knows the token, and has the creator's uid, may have the memory: 128 random bits. */
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
	F(64, opened)  /* nanoseconds since 1970: last OPEN */                                     \
	F(32, uid)                                                                                 \
	F(32, gid)                                                                                 \
	F(32, mode)                                                                                \
	F(32, holders)  /* opens that are not closed */                                            \
	F(32, lifetime) /* enum wire_lifetime, never DEFAULT */                                    \
	F(32, linger)   /* seconds it stays without a holder; 0 with KEPT: for ever */             \
	F(32, entry_count)                                                                         \
	F(32, name_length)

/* Rights of one named user or group; wherever entries travel they stand before a name. */
#define WIRE_ENTRY_FIELDS(F)                                                                       \
	F(32, id)                                                                                  \
	F(16, kind)   /* enum wire_entry_kind */                                                   \
	F(16, rights) /* enum wire_access bits */

#define WIRE_SET_RIGHTS_FIELDS(F)                                                                  \
	F(32, mode)                                                                                \
	F(32, entry_count)

#define WIRE_SET_OWNER_FIELDS(F)                                                                   \
	F(32, uid) /* 0xffffffff: as it is */                                                      \
	F(32, gid) /* 0xffffffff: as it is */

#define WIRE_EXPLAIN_FIELDS(F)                                                                     \
	F(32, right) /* one of enum wire_access */                                                 \
	F(32, reserved)

#define WIRE_EXPLAINED_FIELDS(F)                                                                   \
	F(32, allowed) /* 1 or 0 */                                                                \
	F(32, reserved)

#define WIRE_LIST_FIELDS(F) F(64, after) /* list segments with a larger number than this */

#define WIRE_LISTED_FIELDS(F)                                                                      \
	F(64, next) /* ask again with after = next; 0: that was all */                             \
	F(32, count)                                                                               \
	F(32, reserved)

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
	X(EXPLAIN, 11, explain, explained, NAME)

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
	X(listed, 16, WIRE_LISTED_FIELDS)

enum wire_op {
#define X(name, value, request, reply, tail) WIRE_OP_##name = (value),
	WIRE_OPS(X)
#undef X
};

enum wire_open_flag {
	WIRE_OPEN_CREATE = 1 << 0,
	WIRE_OPEN_EXCL = 1 << 1,     /* without CREATE it means nothing */
	WIRE_OPEN_READONLY = 1 << 2, /* a descriptor that can only read, whoever asks */
};

/* What one may do with a segment. */
enum wire_access {
	WIRE_READ = 1 << 0,
	WIRE_WRITE = 1 << 1, /* never without READ: memory cannot be mapped write-only */
	WIRE_DELETE = 1 << 2,
	WIRE_MANAGE = 1 << 3, /* change rights */
	WIRE_CREATE = 1 << 4, /* EXPLAIN only: of a name, by the name policy */
};

enum wire_lifetime {
	WIRE_LIFETIME_DEFAULT = 0, /* what the name policy says, else KEPT */
	WIRE_LIFETIME_KEPT = 1,    /* until it is deleted */
	WIRE_LIFETIME_UNTIL_UNUSED = 2,
};

enum wire_entry_kind {
	WIRE_ENTRY_USER = 1,
	WIRE_ENTRY_GROUP = 2,
};

/* struct wire_open, struct wire_opened, ...: in memory as on the wire, so no padding may hide. */
#define WIRE_FIELD(bits, field) uint##bits##_t field;
#define X(name, bytes, fields)                                                                     \
	struct wire_##name {                                                                       \
		fields(WIRE_FIELD)                                                                 \
	};                                                                                         \
	enum { WIRE_SIZE_##name = (bytes) };                                                       \
	static_assert(sizeof(struct wire_##name) == (bytes), "size of wire_" #name);
WIRE_STRUCTS(X)
#undef X

/*
 * A request, decoded. The name is borrowed from the message and not terminated; so are the entries,
 * as they travel: wire_get_right reads one.
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
	};
	const uint8_t *entries;
	size_t entry_count;
	const char *name;
	size_t name_length;
};

/* A reply, decoded or to be encoded. With a status other than OK there is neither body nor tail. */
struct wire_reply {
	struct wire_header header;
	union {
		struct wire_none none;
		struct wire_opened opened;
		struct wire_stated stated;
		struct wire_listed listed;
		struct wire_made made;
		struct wire_explained explained;
	};
	const uint8_t *tail; /* borrowed: what LIST, STAT and EXPLAIN say besides */
	size_t tail_length;
};

/* One message as it travels. */
struct wire_message {
	uint8_t bytes[WIRE_MESSAGE_MAX];
	size_t length;
	int fds[WIRE_FDS_MAX]; /* owned by the message until taken */
	size_t fd_count;
};

const char *wire_op_name(uint16_t op);                   /* "OPEN", or "unknown" */
const char *status_text(uint16_t status);           /* a sentence for people */

/*
 * Whether a name may stand on the wire: absolute, 2 to WIRE_NAME_MAX bytes, no NUL, and normal: no
 * empty, "." or ".." component, so that one segment has one spelling. OK, BAD_NAME, NAME_TOO_LONG.
 */
enum status wire_check_name(const char *name, size_t length);

/*
 * Bytes to structs. OK: *out is filled in. VERSION, UNSUPPORTED: its header is. MALFORMED: nothing
 * is. The name is not checked here.
 */
enum status wire_decode_request(
	const uint8_t *bytes, size_t length, struct wire_request *out);
enum status wire_decode_reply(const uint8_t *bytes, size_t length, struct wire_reply *out);

/* Structs to bytes, without descriptors; length and version are filled in. False: no room. */
bool wire_encode_request(const struct wire_request *request, struct wire_message *out);
bool wire_encode_reply(const struct wire_reply *reply, struct wire_message *out);

/* An entry of LIST's tail: a stated struct, then its name, unaligned. False: no room, no entry. */
bool wire_put_entry(uint8_t *tail, size_t size, size_t *used, const struct wire_stated *entry,
	const char *name);
bool wire_get_entry(const uint8_t *tail, size_t size, size_t *used, struct wire_stated *entry,
	const char **name);

/* The index-th entry of a request's or of STAT's tail; the caller knows how many there are. */
void wire_get_right(const uint8_t *entries, size_t index, struct wire_entry *out);
void wire_put_right(uint8_t *entries, size_t index, const struct wire_entry *entry);

/*
 * The only recvmsg and sendmsg of the tree. Both return 0 or a negative errno; -EINTR is left to the
 * caller, who knows how long it wants to wait.
 * wire_receive: -ECONNRESET at the end of the connection (a message of length 0 reads the same,
 * unix(7)), -EBADMSG for a message that is too long or brings more descriptors than fd_limit. Fewer
 * descriptors than the header declares: this process's table is full.
 * wire_send never raises SIGPIPE. flags: MSG_DONTWAIT or 0.
 */
int wire_receive(int fd, struct wire_message *message, size_t fd_limit, int flags);
int wire_send(int fd, const struct wire_message *message, int flags);
void wire_message_deinit(struct wire_message *message); /* closes what nobody took */

#endif
