/* SPDX-License-Identifier: MIT */
/*
 * What each user has of what the host has, by charges (charge.h).
 *
 * Each uid has an account. What is bounded is the account of its principal (principals.h): its own,
 * or that of the owner of the range that the uid is in. A charge counts in both.
 *
 * Without a limit of its own a principal may have its fair share: of n principals that have some of
 * a resource, each may take what is left divided by n + 1, an eighth of all set aside. So one can
 * take nearly half, and a crowd ever less each; the eighth is for those who come then, a 4096th of
 * all for each at least. Root takes without sharing, but never more than the host has.
 */
#ifndef PRSHM_DAEMON_CORE_ACCOUNT_H
#define PRSHM_DAEMON_CORE_ACCOUNT_H

#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stdint.h>

#include "daemon/core/principals.h"
#include "daemon/core/resource.h"
#include "daemon/core/rights.h"
#include "daemon/core/shell-account.h"
#include "wire/wire.h"

#define LIMIT_SHARE UINT64_MAX /* no number: the fair share */

struct account {
	struct accounts *accounts; /* who else there is */
	uint64_t id;               /* a uid, or for a range PRINCIPAL_RANGE with its first uid */
	uid_t uid;                 /* the uid, or the first one of the range */
	struct account *principal; /* a reference; NULL: it is one itself */
	unsigned int references; /* peers, charges, lists, accounts of which it is the principal */
	uint64_t used[RESOURCE_COUNT];  /* by this uid */
	uint64_t total[RESOURCE_COUNT]; /* of a principal: by all its uids together; else 0 */
	uint64_t limit[RESOURCE_COUNT]; /* LIMIT_SHARE, or a number */
	bool has_own[RESOURCE_COUNT];   /* the limit is the user's own, and no share bounds it */
	struct shell_account shell;
	bool noted;       /* in accounts::noted */
	uint64_t gone_at; /* of a dynamic user without connections: when what it kept goes; or 0 */
	TAILQ_ENTRY(account) in_lingering; /* accounts::lingering */
	RB_ENTRY(account) by_id;           /* accounts::by_id */
	SLIST_ENTRY(account) in_noted;     /* accounts::noted */
};

RB_HEAD(account_tree, account);

struct accounts {
	struct account_tree by_id;
	uint32_t count;                      /* in by_id */
	const struct principals *principals; /* borrowed; NULL: each uid is its own */
	uint64_t host[RESOURCE_COUNT];       /* what there is */
	uint64_t used[RESOURCE_COUNT];
	uint32_t users[RESOURCE_COUNT]; /* principals that have some of it */
	SLIST_HEAD(, account) noted;    /* who were refused something in that minute: */
	uint64_t noted_minute;
	TAILQ_HEAD(, account) lingering; /* by account::gone_at: see dynamic-users.h */
};

void accounts_init(struct accounts *accounts, const uint64_t host[RESOURCE_COUNT]);
void accounts_deinit(struct accounts *accounts);

/* The user's account, made if need be, to be given back by unref; NULL: no memory. */
struct account *account_get(struct accounts *accounts, uid_t uid);
struct account *account_unref(struct account *account);    /* takes NULL, returns NULL */
bool account_is_only_noted(const struct account *account); /* has nothing; was refused something */
uint32_t accounts_count(const struct accounts *accounts);  /* without those */
struct account *account_payer(struct account *account);    /* its principal, or itself */
/* The one with the smallest uid from this one on, or NULL; a range without an owner has no uid. */
struct account *accounts_next(struct accounts *accounts, uid_t uid);
/*
 * Other ranges from now on, borrowed: what each uid has already is counted where it now belongs.
 * False: no memory for a principal; some uids are counted as before until the next call.
 */
bool accounts_set_principals(struct accounts *accounts, const struct principals *principals);
/* What this uid may have in all, as of now; REFUSED_HOST: nothing bounds it but what there is. */
uint64_t account_limit(
	const struct account *account, enum resource resource, enum refusal_kind *kind);
/* True for the principal's first refusal in this minute, also if the user left and came back. */
bool accounts_note_refusal(struct accounts *accounts, uid_t uid, uint64_t minute);

#endif
