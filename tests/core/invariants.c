/* SPDX-License-Identifier: MIT */
/*
 * The registry's trees, the segments' lists and the peers' tables tell one story several times;
 * here they are told against each other. The trees are walked by hand, not by the registry's
 * functions, which are what is being tested.
 */
#include "tests/core/invariants.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "tests/core/invariants-accounts.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct walk {
	struct broker *broker;
	const struct segment *before; /* in the order of the tree */
	size_t segments;
	size_t named;
	size_t anonymous;
	size_t due;     /* that have a deadline */
	size_t holders; /* in all lists */
	const char *broken;
};

static void demand(struct walk *walk, bool holds, const char *sentence)
{
	if (!holds && !walk->broken)
		walk->broken = sentence;
}

static bool has_holder(const struct walk *walk, const struct holder *holder)
{
	const struct peer *peer;

	for (peer = peers_next(&walk->broker->peers, 0); peer;
		peer = peers_next(&walk->broker->peers, peer->number)) {
		if (holder->handle < peer->holder_count && peer->holders[holder->handle] == holder)
			return true;
	}
	return false;
}

static void check_holders(struct walk *walk, const struct segment *segment)
{
	const struct holder *holder;
	uint64_t at = 0;
	uint32_t handle = 0;
	uint32_t count = 0;

	for (; (holder = peer_next_holder((struct segment *)segment, at, handle)); count++) {
		demand(walk,
			holder->peer->number > at ||
				(holder->peer->number == at && holder->handle > handle),
			"holders are in no order");
		at = holder->peer->number;
		handle = holder->handle;
		demand(walk, holder->segment == segment, "a holder is in another segment's list");
		demand(walk, has_holder(walk, holder), "a holder belongs to no peer");
		demand(walk, count < segment->holder_count,
			"a segment has more holders than it counts");
		if (walk->broken)
			return;
	}
	demand(walk, count == segment->holder_count, "a segment counts more holders than it has");
	demand(walk, count > 0 || segment->named, "a segment has neither name nor holder");
	walk->holders += count;
}

static void check_memory(struct walk *walk, const struct segment *segment)
{
	struct stat st;

	if (fstat(segment->fd, &st) < 0) {
		demand(walk, false, "a segment's descriptor is closed");
		return;
	}
	demand(walk, (uint64_t)st.st_size == segment->size || segment->sealing != SEALED,
		"a segment has not the size it tells");
	demand(walk, (st.st_mode & 07777) == 0600, "a segment's memory is not of mode 0600");
	demand(walk,
		segment->sealing != SEALED || (fcntl(segment->fd, F_GET_SEALS) & SEALS) == SEALS,
		"a segment is not sealed");
}

static bool is_alike(const struct wire_entry *a, const struct wire_entry *b)
{
	return a->kind == b->kind && a->id == b->id;
}

static void check_rights(struct walk *walk, const struct rights *rights)
{
	const unsigned int all = WIRE_READ | WIRE_WRITE | WIRE_DELETE | WIRE_MANAGE;

	demand(walk, (rights->mode & ~(mode_t)0777) == 0, "a mode has more than permission bits");
	demand(walk, rights->entry_count <= WIRE_ENTRIES_MAX, "a segment has too many entries");
	for (uint32_t i = 0; i < rights->entry_count && !walk->broken; i++) {
		const struct wire_entry *entry = &rights->entries[i];

		demand(walk, entry->kind == WIRE_ENTRY_USER || entry->kind == WIRE_ENTRY_GROUP,
			"an entry is of no kind");
		demand(walk, (entry->rights & ~all) == 0, "an entry gives what there is not");
		for (uint32_t j = 0; j < i; j++)
			demand(walk, !is_alike(entry, &rights->entries[j]),
				"an entry is there twice");
	}
}

/* Which segments have a deadline: those that go if nobody comes. */
static void check_life(struct walk *walk, const struct segment *segment)
{
	const bool kept = segment->lifetime == WIRE_LIFETIME_KEPT;
	const bool is_due = segment->named && segment->holder_count == 0 && segment->linger > 0;

	demand(walk, kept || segment->lifetime == WIRE_LIFETIME_UNTIL_UNUSED,
		"a segment has no lifetime");
	demand(walk, (segment->deadline != 0) == is_due, "a deadline is missing, or one too many");
	demand(walk, kept || segment->holder_count > 0 || is_due, "an unused segment stays");
	walk->due += segment->deadline != 0;
}

static void walk_numbers(struct walk *walk, const struct segment *at)
{
	if (!at || walk->broken)
		return;
	walk_numbers(walk, RB_LEFT(at, by_number));
	demand(walk, at->number > (walk->before ? walk->before->number : 0),
		"numbers are in no order");
	demand(walk, at->number <= walk->broker->registry.last_number, "a number is of the future");
	demand(walk, registry_find_number(&walk->broker->registry, at->number) == at,
		"a segment is not found by its number");
	demand(walk, at->anonymous == (at->name_length == 0), "an anonymous segment has a name");
	demand(walk, !(at->anonymous && at->named), "an anonymous segment counts as named");
	check_rights(walk, &at->rights);
	check_holders(walk, at);
	check_life(walk, at);
	check_memory(walk, at);
	walk->before = at;
	walk->segments++;
	walk->named += at->named;
	walk->anonymous += at->anonymous;
	walk_numbers(walk, RB_RIGHT(at, by_number));
}

static bool is_before(const struct segment *a, const struct segment *b)
{
	size_t common = a->name_length < b->name_length ? a->name_length : b->name_length;
	int order = memcmp(a->name, b->name, common);

	return order < 0 || (order == 0 && a->name_length < b->name_length);
}

static void walk_names(struct walk *walk, const struct segment *at)
{
	struct registry *registry = &walk->broker->registry;

	if (!at || walk->broken)
		return;
	walk_names(walk, RB_LEFT(at, by_name));
	demand(walk, !walk->before || is_before(walk->before, at), "names are in no order");
	demand(walk, at->named, "a segment without a name is found by one");
	demand(walk, wire_check_name(at->name, at->name_length) == STATUS_OK, "a name is no name");
	demand(walk, registry_find(registry, at->name, at->name_length) == at,
		"a segment is not found by its name");
	demand(walk, registry_find_number(registry, at->number) == at, "a segment has only a name");
	walk->before = at;
	walk->named--;
	walk_names(walk, RB_RIGHT(at, by_name));
}

static bool has_token_before(const struct segment *a, const struct segment *b)
{
	return a->token.high < b->token.high ||
	       (a->token.high == b->token.high && a->token.low < b->token.low);
}

static void walk_tokens(struct walk *walk, const struct segment *at)
{
	struct registry *registry = &walk->broker->registry;

	if (!at || walk->broken)
		return;
	walk_tokens(walk, RB_LEFT(at, by_token));
	demand(walk, !walk->before || has_token_before(walk->before, at), "tokens are in no order");
	demand(walk, at->anonymous, "a segment that had a name is found by a token");
	demand(walk, registry_find_token(registry, &at->token) == at,
		"a segment is not found by its token");
	demand(walk, registry_find_number(registry, at->number) == at,
		"a segment has only a token");
	walk->before = at;
	walk->anonymous--;
	walk_tokens(walk, RB_RIGHT(at, by_token));
}

static void walk_deadlines(struct walk *walk, const struct segment *at)
{
	if (!at || walk->broken)
		return;
	walk_deadlines(walk, RB_LEFT(at, by_deadline));
	demand(walk, at->deadline >= (walk->before ? walk->before->deadline : 1),
		"deadlines are in no order");
	demand(walk, registry_find_number(&walk->broker->registry, at->number) == at,
		"a segment has only a deadline");
	walk->before = at;
	walk->due--;
	walk_deadlines(walk, RB_RIGHT(at, by_deadline));
}

/* Whether it would not stay without holders. */
static bool is_pinned(const struct segment *segment)
{
	return segment &&
	       (!segment->named || segment->linger > 0 || segment->lifetime != WIRE_LIFETIME_KEPT);
}

static void check_parkable(struct walk *walk, const struct holder *holder)
{
	demand(walk, holder->segment && holder->handle < RING_PARKABLE,
		"what is no handle may park");
	if (walk->broken)
		return;
	demand(walk, !is_pinned(holder->segment), "a segment may park that depends on its holders");
	demand(walk, holder->segment->size <= RING_PARK_BYTES, "a large segment may park");
	demand(walk, holder->peer->ring.page, "a peer without a page may park");
}

static void check_peer(struct walk *walk, const struct peer *peer)
{
	const struct holder *holder;
	bool charged = true;
	uint32_t unused = 0;
	uint32_t released = 0;
	uint32_t parkable = 0;
	uint32_t pins = 0;

	demand(walk, peer->holder_count <= peer->holder_room, "a peer's table is too small");
	TAILQ_FOREACH(holder, &peer->free, in_free) {
		demand(walk, charged || !holder->charge.account,
			"a charged handle is not the first");
		charged = holder->charge.account;
		released += !charged;
		demand(walk, !holder->segment, "a free handle has a segment");
		demand(walk, ++unused <= peer->holder_count,
			"more handles are free than there are");
		if (walk->broken)
			return;
	}
	for (uint32_t i = 0; i < peer->holder_count; i++) {
		demand(walk, peer->holders[i]->handle == i, "a handle has another's number");
		if (peer->holders[i]->segment)
			walk->holders--;
		else
			unused--;
		pins += is_pinned(peer->holders[i]->segment);
		parkable += peer->holders[i]->may_park;
		if (peer->holders[i]->may_park)
			check_parkable(walk, peer->holders[i]);
	}
	demand(walk, parkable == peer->parkable, "parkable handles are miscounted");
	demand(walk, released == peer->released, "released handles are miscounted");
	demand(walk, pins == peer->pins, "a peer's pins are miscounted");
	demand(walk, !peer->ended || peer->ring.inode == 0, "who has ended has a ring");
	demand(walk, unused == 0, "a free handle is not in the list of free ones");
}

const char *invariants_broken(struct broker *broker)
{
	struct registry *registry = &broker->registry;
	struct walk walk = {.broker = broker};
	const struct peer *peer;

	walk_numbers(&walk, RB_ROOT(&registry->by_number));
	demand(&walk, walk.segments == registry->count, "the registry's count is wrong");
	demand(&walk, walk.holders == registry->handles, "the registry's handles are miscounted");
	walk.before = NULL;
	walk_names(&walk, RB_ROOT(&registry->by_name));
	demand(&walk, walk.named == 0, "a named segment is not among the names");
	walk.before = NULL;
	walk_tokens(&walk, RB_ROOT(&registry->by_token));
	demand(&walk, walk.anonymous == 0, "an anonymous segment is not among the tokens");
	walk.before = NULL;
	walk_deadlines(&walk, RB_ROOT(&registry->by_deadline));
	demand(&walk, walk.due == 0, "a deadline is not among the deadlines");
	for (peer = peers_next(&broker->peers, 0); peer;
		peer = peers_next(&broker->peers, peer->number))
		check_peer(&walk, peer);
	demand(&walk, walk.holders == 0, "a handle is not in its segment's list");
	return walk.broken ? walk.broken : accounts_broken(broker);
}
