/* SPDX-License-Identifier: MIT */
/*
 * What NSPR has no call for: opening with rights, lifetime and read-only, and looking at and
 * changing a segment. Handles are those of prshm.h, so that both kinds of calls may be mixed.
 *
 *	struct prshm_options options = {.flags = PRSHM_CREATE, .size = 65536, .rights.mode = 0640};
 *	PRSharedMemory *handle;
 *	enum prshm_result result = prshm_open("/demo/words", &options, &handle);
 *	if (result != PRSHM_OK)
 *		errx(1, "%s", prshm_strerror(result));
 *
 * Names, threads and fork: as in prshm.h. Every call returns PRSHM_OK or what went wrong, and on
 * failure leaves what its out-parameters point to as it was. None sets NSPR's error. The contract is
 * this file and prshm(7); there is no other library's to follow.
 */
#ifndef PRSHM_PRSHM_CLIENT_H
#define PRSHM_PRSHM_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "prshm.h"

PR_BEGIN_EXTERN_C

enum prshm_result {
	PRSHM_OK = 0,
	PRSHM_INVALID,       /* an argument is NULL or out of its range */
	PRSHM_NOT_FOUND,     /* no such segment, or none that the caller may see */
	PRSHM_EXISTS,        /* PRSHM_EXCL, and there is one */
	PRSHM_DENIED,        /* the segment's rights do not allow it */
	PRSHM_NOT_OWNER,     /* only the owner, or only root, may do that */
	PRSHM_REFUSED,       /* the name policy does not let the caller create there */
	PRSHM_BAD_NAME,      /* empty, too long, a component too long, or it ends like a directory */
	PRSHM_BAD_SIZE,      /* 0 for a new segment, or more than the existing one has */
	PRSHM_BAD_RIGHTS,    /* too many entries, one id twice, unknown bits or kinds */
	PRSHM_TOO_BIG,       /* more than one segment may have */
	PRSHM_NO_RESOURCES,  /* a limit of the broker is reached; its log says which */
	PRSHM_NO_MEMORY,     /* here or in the broker */
	PRSHM_NO_DESCRIPTOR, /* this process, or the system, has no descriptor left */
	PRSHM_NO_BROKER,     /* none is there, and none could be started */
	PRSHM_TIMEOUT,       /* the broker did not answer within ten seconds */
	PRSHM_UNSUPPORTED,   /* the broker is too old for this call */
	PRSHM_BROKEN         /* the broker is broken, or what answered is none */
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
	PRSHM_DEFAULT = 0,     /* what the name policy says, else PRSHM_KEPT */
	PRSHM_KEPT = 1,        /* until it is deleted */
	/* Goes with its last handle; that a holder crashed counts, a copy that fork made does not. */
	PRSHM_UNTIL_UNUSED = 2
};

/* Flags of prshm_open. */
/* None is a flag of prshm.h, whose PR_SHM_READONLY is another's PR_SHM_CREATE. */
#define PRSHM_CREATE   0x100 /* make the segment if there is none */
#define PRSHM_EXCL     0x200 /* with PRSHM_CREATE: fail if there is one */
#define PRSHM_READONLY 0x400 /* a descriptor that can only read, even for who may write */

struct prshm_options {
	unsigned int flags;
	size_t size; /* bytes; of an existing segment: what is needed at least, or 0 */
	/* The rest is about a new segment, and ignored where one exists. */
	struct prshm_rights rights;
	enum prshm_lifetime lifetime;
	uint32_t linger; /* seconds it stays without a handle; with PRSHM_KEPT 0 is for ever */
	uint64_t reserved[8]; /* 0, so that fields may come */
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

/* The handle's descriptor, borrowed: for mmap(2), fstat(2) or passing on; -1 if it has no rights. */
NSPR_API(int) prshm_fd(const PRSharedMemory *handle);
/* Bytes of the whole segment. */
NSPR_API(size_t) prshm_size(const PRSharedMemory *handle);

struct prshm_stat {
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
	uint64_t reserved[8];
};

/* Looks at a segment without opening it. PRSHM_NOT_FOUND also where the caller has no right at all. */
NSPR_API(enum prshm_result) prshm_stat(const char *name, struct prshm_stat *out);

/*
 * Sets mode and entries; needs PRSHM_MANAGE, which owner and root have. The name policy may take
 * some of them away. It counts from the next open on: what is open or mapped stays so.
 */
NSPR_API(enum prshm_result)
prshm_set_rights(const char *name, const struct prshm_rights *rights);

/*
 * Sets owner and group; (uid_t)-1 and (gid_t)-1 leave them as they are. Only root gives a segment
 * to another user, whose limits then pay for it; with PRSHM_MANAGE one may set a group of one's own.
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

PR_END_EXTERN_C

#endif
