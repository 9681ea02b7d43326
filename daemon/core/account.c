/* SPDX-License-Identifier: MIT */
/* What each user has of what the host has. */
#include "daemon/core/account.h"

#include <stdlib.h>
#include <string.h>

static int compare(const struct account *a, const struct account *b)
{
	return (a->uid > b->uid) - (a->uid < b->uid);
}

RB_PROTOTYPE(account_tree, account, by_uid, compare)
RB_GENERATE(account_tree, account, by_uid, compare)

const char *resource_unit(enum resource resource)
{
	static const char *const units[] = {
#define X(name, key, unit) unit,
		RESOURCES(X)
#undef X
	};
	return units[resource];
}

const char *refusal_key(const struct refusal *refusal)
{
	static const char *const host_keys[] = {
#define X(name, key, unit) "host-" key,
		RESOURCES(X)
#undef X
	};
	static const char *const user_keys[] = {
#define X(name, key, unit) "user-" key,
		RESOURCES(X)
#undef X
	};
	/* A fair share grows with what the host has, or is replaced by a number of the user's own. */
	return refusal->kind == REFUSED_HOST ? host_keys[refusal->resource]
					     : user_keys[refusal->resource];
}

void accounts_init(struct accounts *accounts, const uint64_t host[RESOURCE_COUNT])
{
	*accounts = (struct accounts){0};
	RB_INIT(&accounts->by_uid);
	SLIST_INIT(&accounts->noted);
	memcpy(accounts->host, host, sizeof(accounts->host));
}

static void forget_refusals(struct accounts *accounts)
{
	struct account *account;

	while ((account = SLIST_FIRST(&accounts->noted))) {
		SLIST_REMOVE_HEAD(&accounts->noted, in_noted);
		account->noted = false;
		account_unref(account);
	}
}

void accounts_deinit(struct accounts *accounts)
{
	forget_refusals(accounts);
	assert(RB_EMPTY(&accounts->by_uid));
}

bool accounts_note_refusal(struct accounts *accounts, uid_t uid, uint64_t minute)
{
	struct account *account;

	if (accounts->noted_minute != minute)
		forget_refusals(accounts);
	accounts->noted_minute = minute;
	account = account_get(accounts, uid);
	if (!account || account->noted) {
		account_unref(account);
		return false;
	}
	account->noted = true; /* the list keeps the reference */
	SLIST_INSERT_HEAD(&accounts->noted, account, in_noted);
	return true;
}

struct account *account_get(struct accounts *accounts, uid_t uid)
{
	struct account key = {.uid = uid};
	struct account *account = RB_FIND(account_tree, &accounts->by_uid, &key);

	if (!account) {
		account = calloc(1, sizeof(*account));
		if (!account)
			return NULL;
		account->accounts = accounts;
		account->uid = uid;
		for (size_t i = 0; i < RESOURCE_COUNT; i++)
			account->limit[i] = LIMIT_SHARE;
		RB_INSERT(account_tree, &accounts->by_uid, account);
		accounts->count++;
	}
	account->references++;
	return account;
}

struct account *accounts_next(struct accounts *accounts, uid_t uid)
{
	struct account key = {.uid = uid};

	return RB_NFIND(account_tree, &accounts->by_uid, &key);
}

struct account *account_unref(struct account *account)
{
	if (account && --account->references == 0) {
		account->accounts->count--;
		RB_REMOVE(account_tree, &account->accounts->by_uid, account);
		free(account);
	}
	return NULL;
}

static uint64_t divide_up(uint64_t amount, uint64_t by)
{
	return amount / by + (amount % by != 0);
}

/* What the user may have in all. The last eighth goes only to those who have next to nothing. */
static uint64_t fair_share(const struct account *account, enum resource resource)
{
	const struct accounts *all = account->accounts;
	uint64_t own = account->used[resource];
	uint64_t others = all->used[resource] - own;
	uint64_t left = all->host[resource] > others ? all->host[resource] - others : 0;
	uint64_t kept = all->host[resource] / 8;
	uint64_t users = all->users[resource] + (own == 0 ? 1U : 0U);
	uint64_t share = left > kept ? divide_up(left - kept, users + 1) : 0;
	uint64_t least = divide_up(all->host[resource], 4096);

	return share > least ? share : least;
}

uint64_t account_limit(
	const struct account *account, enum resource resource, enum refusal_kind *kind)
{
	uint64_t limit = account->limit[resource];
	uint64_t share = LIMIT_SHARE;

	if (account->uid != 0 && !account->has_own[resource])
		share = fair_share(account, resource);
	*kind = REFUSED_USER;
	if (share < limit) {
		*kind = REFUSED_SHARE;
		limit = share;
	} else if (limit == LIMIT_SHARE) {
		*kind = REFUSED_HOST;
		limit = account->accounts->host[resource];
	}
	return limit;
}

static enum refusal_kind check(
	const struct account *account, enum resource resource, uint64_t amount, uint64_t *limit)
{
	const struct accounts *all = account->accounts;
	uint64_t own = account->used[resource];

	*limit = all->host[resource];
	if (*limit < all->used[resource] || amount > *limit - all->used[resource])
		return REFUSED_HOST;
	*limit = account->limit[resource];
	if (*limit != LIMIT_SHARE && (*limit < own || amount > *limit - own))
		return REFUSED_USER;
	if (account->uid == 0 || account->has_own[resource])
		return REFUSED_NOT;
	*limit = fair_share(account, resource);
	return *limit < own || amount > *limit - own ? REFUSED_SHARE : REFUSED_NOT;
}

static void take(struct account *account, enum resource resource, uint64_t amount)
{
	if (amount > 0 && account->used[resource] == 0)
		account->accounts->users[resource]++;
	account->used[resource] += amount;
	account->accounts->used[resource] += amount;
}

static void give_back(struct account *account, enum resource resource, uint64_t amount)
{
	account->used[resource] -= amount;
	account->accounts->used[resource] -= amount;
	if (amount > 0 && account->used[resource] == 0)
		account->accounts->users[resource]--;
}

enum status charge_init(struct charge *charge, struct account *account, enum resource resource,
	uint64_t amount, struct refusal *why)
{
	uint64_t limit;
	enum refusal_kind kind = amount > 0 ? check(account, resource, amount, &limit) : REFUSED_NOT;

	if (kind != REFUSED_NOT) {
		*why = (struct refusal){resource, kind, limit, account->uid};
		return STATUS_NO_RESOURCES;
	}
	charge_restore(charge, account, resource, amount);
	return STATUS_OK;
}

void charge_restore(struct charge *charge, struct account *account, enum resource resource,
	uint64_t amount)
{
	take(account, resource, amount);
	account->references++;
	*charge = (struct charge){account, resource, amount};
}

enum status charges_move(
	struct charge *charges, size_t count, struct account *account, struct refusal *why)
{
	struct charge moved[RESOURCE_COUNT] = {0};
	enum status status = STATUS_OK;

	for (size_t i = 0; i < count; i++)
		give_back(charges[i].account, charges[i].resource, charges[i].amount);
	for (size_t i = 0; i < count && status == STATUS_OK; i++)
		status = charge_init(
			&moved[i], account, charges[i].resource, charges[i].amount, why);
	for (size_t i = 0; i < count; i++) {
		if (status == STATUS_OK) {
			account_unref(charges[i].account);
			charges[i] = moved[i];
		} else {
			charge_deinit(&moved[i]);
			take(charges[i].account, charges[i].resource, charges[i].amount);
		}
	}
	return status;
}

void charge_deinit(struct charge *charge)
{
	struct account *account = charge->account;

	if (!account)
		return;
	give_back(account, charge->resource, charge->amount);
	charge->account = NULL;
	account_unref(account);
}
