/* SPDX-License-Identifier: MIT */
/* One row of a table of world.h: who asks what, and what the answer is. words.h writes them. */
#ifndef PRSHM_TESTS_STEPS_H
#define PRSHM_TESTS_STEPS_H

#include "daemon/core/broker.h"

enum who {
	END, /* of the table */
	ROOT,
	ALICE,     /* uid 1000, gid 1000 */
	ALICE_TOO, /* another connection of hers */
	BOB,       /* uid 1001, gid 1001, and in group 2000 by supplement */
	CAROL,     /* uid 1002, gid 2000 */
	DAVE,      /* uid 1003, gid 1003: a stranger to all */
	NOBODY,    /* of a user namespace whose ids have no numbers here */
	WHO_COUNT,
};

struct step {
	enum who who;
	bool leaves;    /* instead of a request: the connection ends, and a new one is tried */
	uint32_t rings; /* instead of a request: in its ring it closes the handle before this one */
	uint32_t parks; /* the same: it parks the handle before this one */
	uint32_t takes; /* the same: it takes that back */
	bool frozen;    /* of these two: the broker has frozen the handle */
	uint32_t passes; /* instead of a request: so many seconds go by */
	struct wire_request request;
	bool last_time;     /* the request is not kept any longer */
	size_t room;        /* OPEN_MANY: how many descriptors the reply may bring; 0: one */
	bool again;         /* a copy of the last request, which the last broker had handled */
	bool ignored;       /* a copy of the last request, which has had its reply */
	size_t name_length; /* 0: the name ends with a NUL */
	uint64_t token_of;  /* REDEEM: of this segment; what the request has is XORed to it */
	/* of an OPEN, SET_RIGHTS or EXPLAIN; or what STAT tells */
	const struct wire_entry *entries;
	uint32_t entry_count;
	const char *expires;       /* names that go meanwhile, a blank behind each */
	enum status status;        /* and, where it is OK: */
	struct wire_opened opened; /* OPEN, ANONYMOUS, REDEEM */
	struct wire_stated stated; /* STAT; used, created and opened are not compared */
	struct lives {
		uint32_t lifetime; /* 0: KEPT */
		uint32_t linger;
	} lives;           /* STAT */
	const char *names; /* LIST: names in their order, a blank between two */
	uint64_t next;     /* LIST, ACCOUNTS */
	uint64_t reopened; /* REOPEN: the segment's number */
	bool early;        /* OPEN: the descriptor can only read, whatever access tells */
	bool loud;         /* RING: the broker wants to hear of what is closed */
	bool allowed;      /* EXPLAIN */
	/* EXPLAIN: what it begins with; HOLDERS, ACCOUNTS, OPEN_MANY: all, see expect.c */
	const char *text;
	struct refusal refusal; /* where it is NO_RESOURCES: of this kind, if any, and resource */
};

#endif
