/* SPDX-License-Identifier: MIT */
/*
 * What each account has used is the sum of the charges that lie in segments, handles and
 * connections, no more and no less; and an account lives as long as one of them refers to it.
 */
#include "tests/core/invariants-accounts.h"

#include <unistd.h>

#define ACCOUNTS_MAX 64 /* more than any test has users */

struct bill {
	const struct account *account;
	uint64_t used[RESOURCE_COUNT];
	unsigned int references;
};

struct books {
	struct bill bills[ACCOUNTS_MAX];
	size_t count;
	const char *broken;
};

static void demand(struct books *books, bool holds, const char *sentence)
{
	if (!holds && !books->broken)
		books->broken = sentence;
}

static struct bill *find_bill(struct books *books, const struct account *account)
{
	for (size_t i = 0; i < books->count; i++) {
		if (books->bills[i].account == account)
			return &books->bills[i];
	}
	demand(books, false, "a charge is to an account that is not in the tree");
	return NULL;
}

static void add_charge(
	struct books *books, const struct charge *charge, enum resource resource, uint64_t amount)
{
	struct bill *bill = find_bill(books, charge->account);

	demand(books, charge->resource == resource, "a charge is of another resource");
	demand(books, charge->amount == amount, "a charge is of another amount");
	if (!bill)
		return;
	bill->used[charge->resource] += charge->amount;
	bill->references++;
}

static void open_bills(struct books *books, const struct account *at)
{
	if (!at || books->broken)
		return;
	open_bills(books, RB_LEFT(at, by_id));
	demand(books, books->count < ACCOUNTS_MAX, "there are more accounts than expected");
	demand(books, books->count == 0 || books->bills[books->count - 1].account->id < at->id,
		"accounts are in no order");
	if (!books->broken)
		books->bills[books->count++] =
			(struct bill){.account = at, .references = at->noted};
	open_bills(books, RB_RIGHT(at, by_id));
}

/* Each account refers to its principal. */
static void add_principals(struct books *books)
{
	for (size_t i = 0; i < books->count && !books->broken; i++) {
		struct bill *bill = books->bills[i].account->principal
					    ? find_bill(books, books->bills[i].account->principal)
					    : NULL;

		if (bill)
			bill->references++;
	}
}

/* What is not sealed may have memory behind its size, which is charged, too. */
static uint64_t bytes_of(const struct segment *at)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	const uint64_t least = (at->size / page + (at->size % page != 0) +
				       (at->name_length + 8 * at->rights.entry_count > 256)) *
			       page;

	return at->sealing != SEALED && at->charges[1].amount > least ? at->charges[1].amount
								      : least;
}

static void add_segments(struct books *books, struct registry *registry)
{
	for (const struct segment *at = registry_next(registry, 0); at;
		at = registry_next(registry, at->number)) {
		add_charge(books, &at->charges[0], RESOURCE_SEGMENTS, 1);
		add_charge(books, &at->charges[1], RESOURCE_BYTES, bytes_of(at));
		demand(books, at->charges[0].account == at->charges[1].account,
			"two users pay for one segment");
	}
}

static void add_peer(struct books *books, const struct peer *peer)
{
	struct bill *bill;

	if (!peer->account)
		return; /* not connected */
	bill = find_bill(books, peer->account);
	if (!bill)
		return;
	bill->references++;
	demand(books, peer->account->uid == peer->credentials.uid, "a peer has another's account");
	demand(books, peer->connection.account == peer->account, "another pays for a connection");
	add_charge(books, &peer->connection, RESOURCE_CONNECTIONS, 1);
	if (peer->watcher) {
		demand(books, peer->watcher->charge.account == peer->account,
			"another pays for a watch");
		add_charge(books, &peer->watcher->charge, RESOURCE_WATCHES, 1);
	}
	for (uint32_t i = 0; i < peer->holder_count; i++) {
		const struct holder *holder = peer->holders[i];

		if (!holder->segment && !holder->charge.account)
			continue; /* released */
		/* A free one as well: it is kept for the next open, and so it is paid for. */
		demand(books, holder->charge.account == peer->account, "another pays for a handle");
		add_charge(books, &holder->charge, RESOURCE_HANDLES, 1);
	}
}

/* A principal's total is what all its uids have used; nobody else has one. */
static void compare_totals(struct books *books, const struct accounts *accounts, size_t resource)
{
	uint32_t principals = 0;

	for (size_t i = 0; i < books->count; i++) {
		const struct account *payer = books->bills[i].account;
		uint64_t total = 0;

		for (size_t j = 0; j < books->count; j++) {
			const struct account *account = books->bills[j].account;

			if (account == payer ? !payer->principal : account->principal == payer)
				total += account->used[resource];
		}
		demand(books, payer->total[resource] == total, "a principal's total is wrong");
		demand(books, total == 0 || !payer->principal, "who is paid for pays");
		principals += total > 0;
	}
	demand(books, accounts->users[resource] == principals, "principals are miscounted");
}

static void compare(struct books *books, const struct accounts *accounts)
{
	for (size_t resource = 0; resource < RESOURCE_COUNT; resource++) {
		uint64_t total = 0;

		for (size_t i = 0; i < books->count; i++) {
			const struct bill *bill = &books->bills[i];

			demand(books, bill->account->used[resource] == bill->used[resource],
				"an account has used what nothing is charged for, or not enough");
			total += bill->used[resource];
		}
		demand(books, accounts->used[resource] == total, "the host's sum is wrong");
		compare_totals(books, accounts, resource);
		demand(books, total <= accounts->host[resource], "more is used than the host has");
	}
	for (size_t i = 0; i < books->count; i++)
		demand(books, books->bills[i].account->references == books->bills[i].references,
			"an account's references are miscounted");
}

const char *accounts_broken(struct broker *broker)
{
	struct books books = {.count = 0};
	const struct peer *peer;

	open_bills(&books, RB_ROOT(&broker->accounts.by_id));
	add_principals(&books);
	add_segments(&books, &broker->registry);
	for (peer = peers_next(&broker->peers, 0); peer;
		peer = peers_next(&broker->peers, peer->number))
		add_peer(&books, peer);
	compare(&books, &broker->accounts);
	return books.broken;
}
