/* SPDX-License-Identifier: MIT */
/*
 * What each user has of what the host has. A charge is an object in the thing it pays for, which
 * refunds it when it is freed.
 *
 * Each uid has an account. What is bounded is the account of its principal (principals.h): its own, or that
 * of the owner of the range that the uid is in. A charge counts in both.
 *
 * Without a limit of its own a principal may have its fair share: of n principals that have some of a
 * resource, each may take what is left divided by n + 1, an eighth of all set aside. So one can take
 * nearly half, and a crowd ever less each; the eighth is for those who come then, a 4096th of all
 * for each at least. Root takes without sharing, but never more than the host has.
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
	uint64_t id; /* as principals_find has it: a uid, or for a range PRINCIPAL_RANGE with its first uid */
	uid_t uid;   /* the uid, or the first one of the range */
	struct account *principal; /* a reference; NULL: it is one itself */
	unsigned int references; /* peers, charges, lists of accounts, accounts that it is the principal of */
	uint64_t used[RESOURCE_COUNT];  /* by this uid */
	uint64_t total[RESOURCE_COUNT]; /* of a principal: by all its uids together; else 0 */
	uint64_t limit[RESOURCE_COUNT]; /* LIMIT_SHARE, or a number */
	bool has_own[RESOURCE_COUNT];   /* the limit is the user's own, and no share bounds it */
	struct shell_account shell;
	bool noted;                     /* in accounts::noted */
	uint64_t gone_at; /* of a dynamic user without connections: when what it kept goes; or 0 */
	TAILQ_ENTRY(account) in_lingering; /* accounts::lingering */
	RB_ENTRY(account) by_id;        /* accounts::by_id */
	SLIST_ENTRY(account) in_noted;  /* accounts::noted */
};

RB_HEAD(account_tree, account);

struct accounts {
	struct account_tree by_id;
	uint32_t count; /* in by_id */
	const struct principals *principals; /* borrowed; NULL: each uid is its own */
	uint64_t host[RESOURCE_COUNT]; /* what there is */
	uint64_t used[RESOURCE_COUNT];
	uint32_t users[RESOURCE_COUNT]; /* principals that have some of it */
	SLIST_HEAD(, account) noted;    /* who were refused something in that minute: */
	uint64_t noted_minute;
	TAILQ_HEAD(, account) lingering; /* by account::gone_at: see dynamic-users.h */
};
struct charge {
	struct account *account; /* NULL: nothing is charged */
	enum resource resource;
	uint64_t amount;
};

void accounts_init(struct accounts *accounts, const uint64_t host[RESOURCE_COUNT]);
void accounts_deinit(struct accounts *accounts);

/* The user's account, made if need be, to be given back by unref; NULL: no memory. */
struct account *account_get(struct accounts *accounts, uid_t uid);
struct account *account_unref(struct account *account); /* takes NULL, returns NULL */
bool account_is_only_noted(const struct account *account); /* has nothing; was refused something */
uint32_t accounts_count(const struct accounts *accounts);   /* without those */
struct account *account_payer(struct account *account); /* its principal, or itself */
/* The account with the smallest uid from this one on, or NULL. Ranges without an owner have no uid. */
struct account *accounts_next(struct accounts *accounts, uid_t uid);
/*
 * Other ranges from now on, borrowed: what each uid has already is counted where it now belongs. False: there was
 * no memory for a principal, and some uids are counted as before until the next call.
 */
bool accounts_set_principals(struct accounts *accounts, const struct principals *principals);
/* What this uid may have in all, as of now; REFUSED_HOST: nothing bounds it but what there is. */
uint64_t account_limit(const struct account *account, enum resource resource, enum refusal_kind *kind);
/* OK or NO_RESOURCES; *why is filled in then. A charge of 0 is always taken. charge_check: charges nothing. */
enum status charge_check(struct account *account, enum resource resource, uint64_t amount, struct refusal *why);
enum status charge_init(struct charge *charge, struct account *account, enum resource resource,
	uint64_t amount, struct refusal *why);
void charge_restore( /* for what exists already: no limit is looked at */
	struct charge *charge, struct account *account, enum resource resource, uint64_t amount);
/* Has another account pay for up to RESOURCE_COUNT charges; the host is not charged twice meanwhile. */
enum status charges_move(struct charge *charges, size_t count, struct account *to, struct refusal *why);
/* Another amount from now on. Both: OK, or NO_RESOURCES, and then all is as it was. */
enum status charge_resize(struct charge *charge, uint64_t amount, struct refusal *why);
void charge_deinit(struct charge *charge); /* takes one that is not charged */

/* True for the principal's first refusal in this minute, also if the user left and came back: a line. */
bool accounts_note_refusal(struct accounts *accounts, uid_t uid, uint64_t minute);

#endif
