/* SPDX-License-Identifier: MIT */
/*
 * What NSPR has no call for: opening with rights, lifetime and read-only; looking at and changing a
 * segment; and looking at all of them, at who holds them, at what happens to them, and at the
 * broker. Handles are those of prshm.h, so that both kinds of calls may be mixed.
 *
 *	struct prshm_options options = {
 *		.flags = PRSHM_CREATE, .size = 65536, .rights = {.mode = 0640}};
 *	PRSharedMemory *handle;
 *	enum prshm_result result = prshm_open("/demo/words", &options, &handle);
 *	if (result != PRSHM_OK)
 *		errx(1, "%s", prshm_strerror(result));
 *
 * Names, threads and fork: as in prshm.h. Every call returns PRSHM_OK or what went wrong, and on
 * failure leaves what its out-parameters point to as it was. None sets NSPR's error. The contract
 * is this file and prshm(7); there is no other library's to follow.
 */
#ifndef PRSHM_PRSHM_CLIENT_H
#define PRSHM_PRSHM_CLIENT_H

/* C89 has no bool: without this line, compilers would warn in each program. */
#if !defined(__cplusplus) && (!defined(__STDC_VERSION__) || __STDC_VERSION__ < 199901L)
#pragma GCC system_header
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "prerror.h"
#include "prshm.h"

PR_BEGIN_EXTERN_C

enum prshm_result {
	PRSHM_OK = 0,
	PRSHM_INVALID,   /* an argument is NULL or out of its range */
	PRSHM_NOT_FOUND, /* no such segment, or none that the caller may see */
	PRSHM_EXISTS,    /* PRSHM_EXCL, and there is one */
	PRSHM_DENIED,    /* the segment's rights do not allow it */
	PRSHM_NOT_OWNER, /* only the owner, or only root, may do that */
	PRSHM_REFUSED,   /* the name policy does not let the caller create there */
	/* empty, too long, a component too long, or it ends like a directory */
	PRSHM_BAD_NAME,
	PRSHM_BAD_SIZE,      /* 0 for a new segment, or more than the existing one has */
	PRSHM_BAD_RIGHTS,    /* too many entries, one id twice, unknown bits or kinds */
	PRSHM_TOO_BIG,       /* more than one segment may have, or than a 32-bit program can map */
	PRSHM_NO_RESOURCES,  /* a limit of the broker is reached; its log says which */
	PRSHM_NO_MEMORY,     /* here or in the broker */
	PRSHM_NO_DESCRIPTOR, /* this process, or the system, has no descriptor left */
	PRSHM_NO_BROKER,     /* none is there, and none could be started */
	PRSHM_TIMEOUT,       /* the broker did not answer within ten seconds */
	PRSHM_UNSUPPORTED,   /* the broker is too old for this call */
	PRSHM_BROKEN,        /* the broker is broken, or what answered is none */
	PRSHM_AGAIN          /* prshm_watch_next only: nothing has happened yet */
};

/* A sentence for people, without a full stop. Never NULL; static. */
NSPR_API(const char *) prshm_strerror(enum prshm_result result);

/* Rights, as a set. */
#define PRSHM_READ   0x1
#define PRSHM_WRITE  0x2 /* counts only with PRSHM_READ: memory cannot be mapped write-only */
#define PRSHM_DELETE 0x4
#define PRSHM_MANAGE 0x8  /* change the rights */
#define PRSHM_MAKE   0x10 /* prshm_explain only: create a segment of that name */

#define PRSHM_ENTRIES_MAX 32

enum prshm_kind { PRSHM_USER = 1, PRSHM_GROUP = 2 };

struct prshm_entry {
	enum prshm_kind kind;
	uint32_t id;         /* uid or gid */
	unsigned int rights; /* PRSHM_READ | ... | PRSHM_MANAGE; 0 denies */
};

struct prshm_rights {
	mode_t mode; /* permission bits, 0 to 0777 */
	size_t entry_count;
	struct prshm_entry entries[PRSHM_ENTRIES_MAX]; /* no user and no group twice */
};

enum prshm_lifetime {
	PRSHM_DEFAULT = 0, /* what the name policy says, else PRSHM_KEPT */
	PRSHM_KEPT = 1,    /* until it is deleted */
	/*
	 * Goes with its last handle; that a holder crashed counts, a copy that fork made does not.
	 */
	PRSHM_UNTIL_UNUSED = 2
};

/* Flags of prshm_open. */
/* None is a flag of prshm.h, whose PR_SHM_READONLY is another's PR_SHM_CREATE. */
#define PRSHM_CREATE   0x100 /* make the segment if there is none */
#define PRSHM_EXCL     0x200 /* with PRSHM_CREATE: fail if there is one */
#define PRSHM_READONLY 0x400 /* a descriptor that can only read, even for who may write */
/* Of a new segment, where the configuration of the broker is not to decide: */
#define PRSHM_PREALLOCATE    0x800 /* find memory for all of it now, or fail with PRSHM_NO_MEMORY */
#define PRSHM_NO_PREALLOCATE 0x1000 /* find it as it is touched; not with PRSHM_PREALLOCATE */
#define PRSHM_HUGE_PAGES     0x2000 /* in huge pages, where they can be had */

struct prshm_options {
	unsigned int flags;
	size_t size; /* bytes; of an existing segment: what is needed at least, or 0 */
	/* The rest is about a new segment, and ignored where one exists. */
	struct prshm_rights rights;
	enum prshm_lifetime lifetime;
	uint32_t linger; /* seconds it stays without a handle; with PRSHM_KEPT 0 is for ever */
	/*
	 * Milliseconds to wait for a segment that does not exist; 0: do not wait. With PRSHM_CREATE
	 * it means nothing.
	 */
	uint32_t wait_ms;
	uint32_t unused;      /* 0, as reserved: else PRSHM_INVALID */
	uint64_t reserved[7]; /* 0, so that fields may come */
};

/*
 * Opens or creates a segment.
 *   name     borrowed
 *   options  borrowed
 *   out      the handle, which the caller owns until PR_CloseSharedMemory
 * PRSHM_INVALID, and all from PRSHM_NOT_FOUND to PRSHM_BROKEN but PRSHM_NOT_OWNER.
 */
NSPR_API(enum prshm_result)
prshm_open(const char *name, const struct prshm_options *options, PRSharedMemory **out);

#define PRSHM_MANY_MAX 64 /* names in one call */

/*
 * Opens several segments that exist, in one exchange with the broker, or a few if the names are
 * long or the broker is short of descriptors.
 *   names    count of them, borrowed; none is NULL; the same one twice gives two handles
 *   count    0 to PRSHM_MANY_MAX
 *   options  borrowed; flags: 0 or PRSHM_READONLY; size: what is needed of each at least, or 0;
 *            wait_ms: 0; unused and reserved: 0; the rest is not looked at
 *   handles  room for count; each the caller's until PR_CloseSharedMemory, NULL where its result is
 *            not PRSHM_OK
 *   results  room for count: for each name what prshm_open would have returned
 * PRSHM_OK: handles and results are filled in, though each name may have failed. Anything else: no
 * handle is open, and both are as they were: PRSHM_INVALID, PRSHM_NO_MEMORY, and all from
 * PRSHM_NO_BROKER to PRSHM_BROKEN. What the broker does with one name has no effect on another.
 */
NSPR_API(enum prshm_result)
prshm_open_many(const char *const *names, size_t count, const struct prshm_options *options,
	PRSharedMemory **handles, enum prshm_result *results);

/*
 * The handle's descriptor, borrowed: for mmap(2), fstat(2) or passing on. -1, and errno says why:
 * EINVAL (NULL), EACCES (it has no rights), or what prshm_open(3) tells: it was opened without a
 * descriptor, and there is none to be had now.
 */
NSPR_API(int) prshm_fd(const PRSharedMemory *handle);
/* Bytes of the whole segment. */
NSPR_API(size_t) prshm_size(const PRSharedMemory *handle);

/* Flags of a segment that has no name. */
#define PRSHM_ANONYMOUS 0x1 /* it never had one */
#define PRSHM_DELETED   0x2 /* it had: it was deleted while somebody held it */

struct prshm_segment {
	uint64_t size;    /* bytes */
	uint64_t used;    /* bytes of memory it takes now */
	uint64_t created; /* nanoseconds since 1970 */
	uint64_t opened;  /* nanoseconds since 1970: the last open */
	uid_t uid;
	gid_t gid;
	struct prshm_rights rights;
	enum prshm_lifetime lifetime; /* never PRSHM_DEFAULT */
	uint32_t linger;              /* seconds */
	uint32_t holders;             /* handles that are open, in all processes */
	unsigned int flags;           /* 0, or in a list PRSHM_ANONYMOUS or PRSHM_DELETED */
	uint64_t number;              /* for prshm_holders; the broker gives it to no other */
	uint64_t reserved[7];
};

/*
 * Looks at a segment without opening it. PRSHM_NOT_FOUND also where the caller has no right at all.
 */
NSPR_API(enum prshm_result) prshm_stat(const char *name, struct prshm_segment *out);

/*
 * Sets mode and entries; needs PRSHM_MANAGE, which owner and root have. The name policy may take
 * some of them away. It counts from the next open on: what is open or mapped stays so.
 */
NSPR_API(enum prshm_result)
prshm_set_rights(const char *name, const struct prshm_rights *rights);

/*
 * Sets owner and group; (uid_t)-1 and (gid_t)-1 leave them as they are. Only root gives a segment
 * to another user, whose limits then pay for it; with PRSHM_MANAGE one may set a group of one's
 * own.
 */
NSPR_API(enum prshm_result) prshm_set_owner(const char *name, uid_t uid, gid_t gid);

/*
 * Whether the caller has a right, and by which rule: a numbered rule of prshm(7), a line of the
 * configuration, or a limit.
 *   right    one of the PRSHM_READ ... PRSHM_MAKE
 *   allowed  the answer; may be NULL
 *   text     the rule, for people, cut to size bytes with its NUL; may be NULL with size 0
 * PRSHM_NOT_FOUND: no such segment (PRSHM_MAKE needs none).
 */
NSPR_API(enum prshm_result)
prshm_explain(const char *name, unsigned int right, bool *allowed, char *text, size_t size);

/* Groups of a prshm_user, at most. */
#define PRSHM_GROUPS_MAX 379

struct prshm_user {
	uid_t uid;
	gid_t gid;
	size_t group_count;
	const gid_t *groups;  /* supplementary ones, as getgrouplist(3) tells them; NULL with 0 */
	uint64_t reserved[4]; /* 0, so that fields may come: else PRSHM_INVALID */
};

/*
 * As prshm_explain, of another user: for root and observers, see prshmd.conf(5).
 *   user  borrowed, with its groups
 * PRSHM_DENIED: the caller is neither. PRSHM_BAD_RIGHTS also: more than PRSHM_GROUPS_MAX groups, or
 * an id of (uid_t)-1 or (gid_t)-1.
 */
NSPR_API(enum prshm_result)
prshm_explain_for(const char *name, unsigned int right, const struct prshm_user *user,
	bool *allowed, char *text, size_t size);

/*
 * Removes the name; who has the segment open keeps it. Needs PRSHM_DELETE. PRSHM_NOT_OWNER: the
 * caller may write the segment, but not delete it.
 */
NSPR_API(enum prshm_result) prshm_delete(const char *name);

/*
 * One segment of a list. Of its rights only mode and entry_count are there: prshm_stat has the
 * entries.
 *   name  in normal form; "" for anonymous memory; with PRSHM_DELETED the one it had, which may be
 *         another's by now; borrowed for the call
 *   segment  borrowed for the call
 * It may make any call of this library. False ends the list.
 */
typedef bool prshm_list_function(
	void *context, const char *name, const struct prshm_segment *segment);

/*
 * Calls function for each segment that the caller may see and whose name begins with prefix, in the
 * order they were made. What is made or deleted meanwhile may be among them or not; no other is
 * missing, and none comes twice.
 *   prefix   the first bytes of names in normal form; "" for all, those without a name included
 *   context  handed to function
 * PRSHM_OK also when function has ended the list. PRSHM_BAD_NAME: a prefix longer than a name.
 */
NSPR_API(enum prshm_result)
prshm_list(const char *prefix, prshm_list_function *function, void *context);

/* One handle that is open. */
struct prshm_holder {
	uint64_t since;      /* nanoseconds since 1970 */
	uint64_t connection; /* the broker's number for it; a process has one, or a few */
	uint32_t handle;     /* of that connection */
	unsigned int access; /* PRSHM_READ, PRSHM_WRITE, or 0: it got no descriptor */
	/* who connected, as the broker sees it; it may have ended, or have forked */
	pid_t pid;
	uid_t uid;
	uint64_t reserved[4];
};

/* One of the holders, borrowed for the call. It may make any call. False ends the list. */
typedef bool prshm_holder_function(void *context, const struct prshm_holder *holder);

/*
 * Calls function for each handle of a segment, in the order of connections and their handles. What
 * is opened or closed meanwhile may be among them or not; no other is missing, and none comes
 * twice.
 *   number   of the segment, from prshm_stat or prshm_list
 *   context  handed to function
 * PRSHM_NOT_FOUND: no such segment, or none that the caller may see; also when it goes meanwhile.
 */
NSPR_API(enum prshm_result)
prshm_holders(uint64_t number, prshm_holder_function *function, void *context);

/* Who made a segment, and who opened it last, as the broker saw them. */
struct prshm_actors {
	uid_t creator_uid; /* (uid_t)-1: not known, as after a restart of the broker */
	pid_t creator_pid; /* 0: not known */
	uid_t opener_uid;
	pid_t opener_pid;
	uint64_t reserved[4];
};

/*
 * number: of the segment, from prshm_stat or prshm_list. PRSHM_NOT_FOUND: no such segment, or none
 * that the caller may see. PRSHM_UNSUPPORTED: the broker is older than this call.
 */
NSPR_API(enum prshm_result) prshm_origin(uint64_t number, struct prshm_actors *out);

enum prshm_resource {
	PRSHM_SEGMENTS = 1,
	PRSHM_BYTES = 2, /* of memory, each segment rounded up to pages, touched or not */
	PRSHM_CONNECTIONS = 3,
	PRSHM_HANDLES = 4, /* open, or kept for a connection's next opens */
	PRSHM_WATCHES = 5
};

/* Where a limit comes from. */
enum prshm_limit {
	PRSHM_LIMIT_NUMBER = 1, /* the configuration */
	PRSHM_LIMIT_SHARE = 2,  /* a fair share, as it is now: what others have changes it */
	PRSHM_LIMIT_NONE = 3    /* none of the user's own: limit is what all together may have */
};

struct prshm_usage {
	uint64_t used;
	uint64_t limit;        /* that used may grow to */
	enum prshm_limit kind; /* 0: the broker does not know this resource */
};

#define PRSHM_RESOURCES_MAX 16

struct prshm_account {
	uid_t uid;
	struct prshm_usage usage[PRSHM_RESOURCES_MAX]; /* by enum prshm_resource */
	/*
	 * The uid that pays for this one: itself, or the owner of the subordinate range (subuid(5))
	 * that it is in. PRSHM_PRINCIPAL_RANGE with a uid: the range that begins there has no
	 * owner, and pays for itself. What a principal uses is told with what all its uids use.
	 */
	uint64_t principal;
	uint64_t reserved[3];
};

#define PRSHM_PRINCIPAL_RANGE ((uint64_t)1 << 32)

/* One user's account, borrowed for the call. It may make any call. False ends the list. */
typedef bool prshm_account_function(void *context, const struct prshm_account *account);

/*
 * Calls function for each user who has anything of the broker, in the order of their uids; only
 * root and observers see others than themselves.
 *   uid      that user alone, for whom function is not called if they have nothing; or (uid_t)-1:
 *            all that the caller may see
 *   context  handed to function
 * PRSHM_DENIED: another user, and the caller is neither root nor an observer.
 */
NSPR_API(enum prshm_result)
prshm_accounts(uid_t uid, prshm_account_function *function, void *context);

enum prshm_keeper {
	PRSHM_KEEPER_UNWANTED = 0, /* the broker was told to go without */
	PRSHM_KEEPER_THERE = 1,
	PRSHM_KEEPER_MISSING = 2 /* were the broker to die now, all would go with it */
};

#define PRSHM_OPS_MAX 64

struct prshm_broker_status {
	char version[32];  /* of the broker; "": it does not tell */
	uint64_t started;  /* nanoseconds since 1970; the counters below begin then */
	uint32_t restarts; /* how often a broker has taken over from another */
	enum prshm_keeper keeper;
	uint64_t handed;   /* descriptors, to a keeper */
	uint64_t segments; /* what there is now: */
	uint64_t bytes;    /* as in PRSHM_BYTES */
	uint64_t connections;
	uint64_t handles;                       /* that are open */
	uint64_t users;                         /* who have any of it */
	uint64_t requests[PRSHM_OPS_MAX];       /* done, by operation: see prshm_op_name */
	uint64_t refusals[PRSHM_RESOURCES_MAX]; /* by a limit, by enum prshm_resource */
	uint64_t opens;                         /* handles given, those of new segments included */
	uint64_t creations;                     /* segments */
	uint64_t deletions;   /* names, by prshm_delete or PR_DeleteSharedMemory */
	uint64_t closes;      /* handles, also by the end of their process */
	uint64_t denials;     /* requests that rights or the name policy did not allow */
	uint64_t expiries;    /* names that went because nobody held the segment */
	uint64_t accepted;    /* connections */
	uint64_t ended;       /* connections */
	uint64_t records;     /* of the journal */
	uint64_t compactions; /* of the journal */
	/*
	 * What all together have, and may have, of a resource: limit 0 is "the broker does not
	 * tell".
	 */
	uint64_t watches_used;
	uint64_t segments_limit;
	uint64_t bytes_limit;
	uint64_t connections_limit;
	/* for handles, and those that are kept for a connection's next opens: */
	uint64_t handles_limit;
	uint64_t handles_used;
	uint64_t watches_limit;
	uint32_t pid; /* of the broker, as the broker sees it; 0: it does not tell */
	uint32_t uid; /* of the broker, if it tells its pid */
	/*
	 * Nanoseconds since 1970: since when something is wrong with the files of the
	 * configuration, so that the last good one counts; 0: the files count.
	 */
	uint64_t misconfigured;
	uint64_t reserved[7];
};

/* How the broker is, for everybody. out: filled in; what an older broker does not tell is 0. */
NSPR_API(enum prshm_result) prshm_status(struct prshm_broker_status *out);

/* A file of the broker's configuration. was_read: false where there is no file at that path. */
typedef bool prshm_file_function(void *context, const char *path, bool was_read);

/*
 * Calls function for each file of the configuration that the broker has read, in their order; where
 * there is none, once, with the path of the file that would be read. It is not called at all for a
 * broker that does not tell. path is borrowed for the call. False ends the list.
 */
NSPR_API(enum prshm_result) prshm_configuration(prshm_file_function *function, void *context);

/*
 * What is wrong with the files of the configuration, so that the last good one counts.
 *   text  where one line goes, cut to size bytes with its NUL; "": nothing is wrong, or the caller
 *         is neither root nor an observer nor the user who runs the broker
 */
NSPR_API(enum prshm_result) prshm_misconfiguration(char *text, size_t size);

/*
 * Ends the broker, and with it all names. For the user who runs it, and root; others get
 * PRSHM_NOT_OWNER. PRSHM_REFUSED: a service manager runs it, and ends it.
 */
NSPR_API(enum prshm_result) prshm_stop(void);

/* Why a process talks to the broker that it talks to. */
enum prshm_choice {
	PRSHM_BY_ENVIRONMENT = 1, /* PRSHM_SOCKET names its socket */
	PRSHM_BY_HOST = 2,        /* it is the host's */
	PRSHM_BY_USER = 3         /* it is the user's own; there is none of the host */
};

#define PRSHM_PATH_MAX 108 /* bytes of a socket's path, with its NUL */

struct prshm_place {
	char path[PRSHM_PATH_MAX]; /* of the socket */
	enum prshm_choice choice;
	uint64_t reserved[8];
};

/*
 * Which broker this process talks to; connects to one, if it has none yet. PRSHM_NO_BROKER ...
 * BROKEN.
 */
NSPR_API(enum prshm_result) prshm_broker(struct prshm_place *out);

/*
 * Why the last call of this thread failed, where its result alone does not tell: the paths where no
 * broker answered, and what was wrong there; what is wrong with a name. For people, without a full
 * stop. "" where there is nothing to add. Never NULL; good until the thread's next call that fails.
 * After a PR_ call that failed, PR_GetErrorText has the same.
 */
NSPR_API(const char *) prshm_error_text(void);

/*
 * The name of an operation, "OPEN", by its number, from 1 to PRSHM_OPS_MAX - 1; see
 * prshm-protocol(7). NULL: this library knows none of that number. Static.
 */
NSPR_API(const char *) prshm_op_name(unsigned int op);

#define PRSHM_NAME_MAX 1023 /* bytes of a segment's name */

/* What may happen to a segment: one of these in an event, a set of them to watch for. */
#define PRSHM_EVENT_CREATED  0x01
#define PRSHM_EVENT_DELETED  0x02
#define PRSHM_EVENT_EXPIRED  0x04 /* its name went, as its lifetime says, because nobody held it */
#define PRSHM_EVENT_OPENED   0x08 /* a handle more; behind CREATED as well */
#define PRSHM_EVENT_CLOSED   0x10 /* a handle less, also by the end of its process */
#define PRSHM_EVENT_UNUSED   0x20 /* behind the last CLOSED */
#define PRSHM_EVENT_RIGHTS   0x40 /* its mode, entries, owner or group were set */
#define PRSHM_EVENT_OVERFLOW 0x80 /* events were missed; comes whether it was asked for or not */
#define PRSHM_EVENT_ALL      0xff

struct prshm_event {
	unsigned int kind;  /* one PRSHM_EVENT_; with OVERFLOW only the time means something */
	uint64_t time;      /* nanoseconds since 1970 */
	uint64_t segment;   /* its number: another segment of the same name has another one */
	uint64_t size;      /* bytes */
	uid_t uid;          /* by whom; (uid_t)-1: by nobody (EXPIRED) */
	pid_t pid;          /* 0: by nobody, or the broker cannot tell */
	size_t name_length; /* 0: it is anonymous */
	char name[PRSHM_NAME_MAX + 1]; /* as it is, not made printable; a NUL behind it */
	uint64_t reserved[8];
};

struct prshm_watcher;

/* flag of prshm_watch: the prefix is a whole name, and told as to prshm_open */
#define PRSHM_EXACT 0x1

/*
 * Watches what happens to segments from now on, of those that the caller may list.
 *   prefix   names begin with these bytes; "" for all
 *   events   a set of PRSHM_EVENT_, not empty
 *   flags    0 or PRSHM_EXACT
 *   out      the watch, which the caller owns until prshm_watch_free
 * For one thread at a time, and not for a child of fork. PRSHM_INVALID, PRSHM_BAD_NAME, and all
 * from PRSHM_NO_RESOURCES to PRSHM_BROKEN.
 */
NSPR_API(enum prshm_result)
prshm_watch(
	const char *prefix, unsigned int events, unsigned int flags, struct prshm_watcher **out);

/*
 * A descriptor, borrowed, for poll(2), epoll(7) or any event loop, and for nothing else. It is
 * readable when prshm_watch_next has something to say, and stays the same. -1: in a child of fork.
 */
NSPR_API(int) prshm_watch_fd(const struct prshm_watcher *watch);

/*
 * The next event, without waiting for one. PRSHM_AGAIN: none yet. PRSHM_INVALID: NULL, in a child
 * of fork, or its descriptors were closed. Any other result is told once when the broker is lost:
 * the watch goes on looking for one, and tells PRSHM_EVENT_OVERFLOW when it has found it.
 */
NSPR_API(enum prshm_result)
prshm_watch_next(struct prshm_watcher *watch, struct prshm_event *event);

NSPR_API(void) prshm_watch_free(struct prshm_watcher *watch); /* takes NULL */

PR_END_EXTERN_C

#endif
