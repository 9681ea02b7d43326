/* SPDX-License-Identifier: MIT */
/* What each user has of what the host has. */
#include "daemon/core/charge.h"

#include <stdlib.h>
#include <string.h>

static int compare(const struct account *a, const struct account *b)
{
	return (a->id > b->id) - (a->id < b->id);
}

RB_PROTOTYPE(account_tree, account, by_id, compare)
RB_GENERATE(account_tree, account, by_id, compare)

const char *resource_unit(enum resource resource, uint64_t number)
{
	static const char *const units[][2] = {
#define X(name, key, one, many) {one, many},
		RESOURCES(X)
#undef X
	};
	return units[resource][number != 1];
}

const char *refusal_key(const struct refusal *refusal)
{
	static const char *const host_keys[] = {
#define X(name, key, one, many) "host-" key,
		RESOURCES(X)
#undef X
	};
	static const char *const user_keys[] = {
#define X(name, key, one, many) "user-" key,
		RESOURCES(X)
#undef X
	};
	/*
	 * A fair share grows with what the host has, or is replaced by a number of the user's own.
	 */
	return refusal->kind == REFUSED_HOST ? host_keys[refusal->resource]
					     : user_keys[refusal->resource];
}

void accounts_init(struct accounts *accounts, const uint64_t host[RESOURCE_COUNT])
{
	*accounts = (struct accounts){0};
	RB_INIT(&accounts->by_id);
	SLIST_INIT(&accounts->noted);
	TAILQ_INIT(&accounts->lingering);
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
	assert(RB_EMPTY(&accounts->by_id));
}

static struct account *find_or_add(struct accounts *accounts, uint64_t id)
{
	struct account key = {.id = id};
	struct account *account = RB_FIND(account_tree, &accounts->by_id, &key);

	if (account) {
		account->references++;
		return account;
	}
	account = calloc(1, sizeof(*account));
	if (!account)
		return NULL;
	*account =
		(struct account){.accounts = accounts, .id = id, .uid = (uid_t)id, .references = 1};
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		account->limit[i] = LIMIT_SHARE;
	RB_INSERT(account_tree, &accounts->by_id, account);
	accounts->count++;
	return account;
}

struct account *account_get(struct accounts *accounts, uid_t uid)
{
	const uint64_t payer = principals_find(accounts->principals, uid);
	struct account *account = find_or_add(accounts, uid);

	if (!account || account->principal || account->references > 1 || payer == account->id)
		return account;
	account->principal = find_or_add(accounts, payer);
	return account->principal ? account : account_unref(account);
}

bool accounts_note_refusal(struct accounts *accounts, uid_t uid, uint64_t minute)
{
	struct account *account;

	if (accounts->noted_minute != minute)
		forget_refusals(accounts);
	accounts->noted_minute = minute;
	account = find_or_add(accounts, principals_find(accounts->principals, uid));
	if (!account || account->noted) {
		account_unref(account);
		return false;
	}
	account->noted = true; /* the list keeps the reference */
	SLIST_INSERT_HEAD(&accounts->noted, account, in_noted);
	return true;
}

bool account_is_only_noted(const struct account *account)
{
	return account->noted && account->references == 1;
}

uint32_t accounts_count(const struct accounts *accounts)
{
	const struct account *account;
	uint32_t count = accounts->count;

	SLIST_FOREACH(account, &accounts->noted, in_noted)
		count -= account_is_only_noted(account);
	return count;
}

struct account *account_payer(struct account *account)
{
	return account->principal ? account->principal : account;
}

struct account *accounts_next(struct accounts *accounts, uid_t uid)
{
	struct account key = {.id = uid};
	struct account *account = RB_NFIND(account_tree, &accounts->by_id, &key);

	return account && account->id < PRINCIPAL_RANGE ? account : NULL;
}

struct account *account_unref(struct account *account)
{
	if (account && --account->references == 0) {
		account->accounts->count--;
		RB_REMOVE(account_tree, &account->accounts->by_id, account);
		account_unref(account->principal);
		free(account);
	}
	return NULL;
}

static uint64_t divide_up(uint64_t amount, uint64_t by)
{
	return amount / by + (amount % by != 0);
}

/* What a principal may have in all. The last eighth goes only to those who have next to nothing. */
static uint64_t fair_share(const struct account *payer, enum resource resource)
{
	const struct accounts *all = payer->accounts;
	uint64_t own = payer->total[resource];
	uint64_t others = all->used[resource] - own;
	uint64_t left = all->host[resource] > others ? all->host[resource] - others : 0;
	uint64_t kept = all->host[resource] / 8;
	uint64_t users = all->users[resource] + (own == 0 ? 1U : 0U);
	uint64_t share = left > kept ? divide_up(left - kept, users + 1) : 0;
	uint64_t least = divide_up(all->host[resource], 4096);

	return share > least ? share : least;
}

/* What a principal may have in all. */
static uint64_t payer_limit(
	const struct account *payer, enum resource resource, enum refusal_kind *kind)
{
	uint64_t limit = payer->limit[resource];
	uint64_t share = LIMIT_SHARE;

	if (payer->id != 0 && !payer->has_own[resource])
		share = fair_share(payer, resource);
	*kind = REFUSED_USER;
	if (share < limit) {
		*kind = REFUSED_SHARE;
		limit = share;
	} else if (limit == LIMIT_SHARE) {
		*kind = REFUSED_HOST;
		limit = payer->accounts->host[resource];
	}
	return limit;
}

uint64_t account_limit(
	const struct account *account, enum resource resource, enum refusal_kind *kind)
{
	const struct account *payer = account->principal;
	uint64_t limit;

	if (!payer)
		return payer_limit(account, resource, kind);
	limit = payer_limit(payer, resource, kind);
	limit = limit > payer->total[resource] ? limit - payer->total[resource] : 0;
	limit += account->used[resource];
	if (account->limit[resource] >= limit)
		return limit;
	*kind = REFUSED_USER;
	return account->limit[resource];
}

static bool exceeds(uint64_t limit, uint64_t used, uint64_t amount)
{
	return limit < used || amount > limit - used;
}

static enum refusal_kind check(
	struct account *account, enum resource resource, uint64_t amount, uint64_t *limit)
{
	const struct accounts *all = account->accounts;
	const struct account *payer = account_payer(account);

	*limit = all->host[resource];
	if (exceeds(*limit, all->used[resource], amount))
		return REFUSED_HOST;
	*limit = account->limit[resource];
	if (payer != account && *limit != LIMIT_SHARE &&
		exceeds(*limit, account->used[resource], amount))
		return REFUSED_USER;
	*limit = payer->limit[resource];
	if (*limit != LIMIT_SHARE && exceeds(*limit, payer->total[resource], amount))
		return REFUSED_USER;
	if (payer->id == 0 || payer->has_own[resource])
		return REFUSED_NOT;
	*limit = fair_share(payer, resource);
	return exceeds(*limit, payer->total[resource], amount) ? REFUSED_SHARE : REFUSED_NOT;
}

static void add_to_payer(struct account *payer, enum resource resource, uint64_t amount)
{
	if (amount > 0 && payer->total[resource] == 0)
		payer->accounts->users[resource]++;
	payer->total[resource] += amount;
}

static void take_from_payer(struct account *payer, enum resource resource, uint64_t amount)
{
	payer->total[resource] -= amount;
	if (amount > 0 && payer->total[resource] == 0)
		payer->accounts->users[resource]--;
}

static void take(struct account *account, enum resource resource, uint64_t amount)
{
	account->used[resource] += amount;
	account->accounts->used[resource] += amount;
	add_to_payer(account_payer(account), resource, amount);
}

static void give_back(struct account *account, enum resource resource, uint64_t amount)
{
	account->used[resource] -= amount;
	account->accounts->used[resource] -= amount;
	take_from_payer(account_payer(account), resource, amount);
}

/*
 * What the uid has counts where it now belongs. Principals of ranges have no uid, and only payers.
 */
static bool move_to(struct account *account, uint64_t payer)
{
	struct account *principal = NULL;
	struct account *old = account->principal;

	if (payer == account_payer(account)->id)
		return true;
	if (payer != account->id) {
		principal = find_or_add(account->accounts, payer);
		if (!principal)
			return false;
	}
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		take_from_payer(account_payer(account), (enum resource)i, account->used[i]);
	account->principal = principal;
	for (size_t i = 0; i < RESOURCE_COUNT; i++)
		add_to_payer(account_payer(account), (enum resource)i, account->used[i]);
	account_unref(old);
	return true;
}

bool accounts_set_principals(struct accounts *accounts, const struct principals *principals)
{
	struct account *account = accounts_next(accounts, 0);
	bool all = true;

	accounts->principals = principals;
	while (account) {
		struct account *next;

		account->references++; /* or the old principal might go as the next account */
		all = move_to(account, principals_find(principals, account->uid)) && all;
		next = account->uid < UINT32_MAX ? accounts_next(accounts, account->uid + 1) : NULL;
		account_unref(account);
		account = next;
	}
	return all;
}

enum status charge_check(
	struct account *account, enum resource resource, uint64_t amount, struct refusal *why)
{
	uint64_t limit;
	enum refusal_kind kind =
		amount > 0 ? check(account, resource, amount, &limit) : REFUSED_NOT;

	if (kind == REFUSED_NOT)
		return STATUS_OK;
	*why = (struct refusal){resource, kind, limit, account->uid};
	return STATUS_NO_RESOURCES;
}

enum status charge_init(struct charge *charge, struct account *account, enum resource resource,
	uint64_t amount, struct refusal *why)
{
	const enum status status = charge_check(account, resource, amount, why);

	if (status == STATUS_OK)
		charge_restore(charge, account, resource, amount);
	return status;
}

void charge_restore(
	struct charge *charge, struct account *account, enum resource resource, uint64_t amount)
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

enum status charge_resize(struct charge *charge, uint64_t amount, struct refusal *why)
{
	struct charge more = {0};
	enum status status = STATUS_OK;

	if (amount > charge->amount)
		status = charge_init(
			&more, charge->account, charge->resource, amount - charge->amount, why);
	charge_deinit(&more);
	if (status != STATUS_OK)
		return status;
	give_back(charge->account, charge->resource, charge->amount);
	take(charge->account, charge->resource, amount);
	charge->amount = amount;
	return STATUS_OK;
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
