/* SPDX-License-Identifier: MIT */
/*
 * The registry's trees, the segments' lists and the peers' tables tell one story three times; here
 * they are told against each other. The trees are walked by hand, not by the registry's functions,
 * which are what is being tested.
 */
#include "tests/core/invariants.h"

#include <fcntl.h>
#include <linux/memfd.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct walk {
	struct broker *broker;
	const struct peer *const *peers;
	size_t peer_count;
	const struct segment *before; /* in the order of the tree */
	size_t segments;
	size_t named;
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
	for (size_t i = 0; i < walk->peer_count; i++) {
		const struct peer *peer = walk->peers[i];

		if (holder->handle < peer->holder_count && peer->holders[holder->handle] == holder)
			return true;
	}
	return false;
}

static void check_holders(struct walk *walk, const struct segment *segment)
{
	const struct holder *holder;
	uint32_t count = 0;

	TAILQ_FOREACH (holder, &segment->holders, in_segment) {
		demand(walk, holder->segment == segment, "a holder is in another segment's list");
		demand(walk, has_holder(walk, holder), "a holder belongs to no peer");
		demand(walk, ++count <= segment->holder_count,
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
	demand(walk, (uint64_t)st.st_size == segment->size, "a segment has not the size it tells");
	demand(walk, (st.st_mode & 07777) == 0600, "a segment's memory is not of mode 0600");
	demand(walk, (fcntl(segment->fd, F_GET_SEALS) & SEALS) == SEALS, "a segment is not sealed");
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
	demand(walk, (at->rights.mode & ~(mode_t)0777) == 0,
		"a mode has more than permission bits");
	check_holders(walk, at);
	check_memory(walk, at);
	walk->before = at;
	walk->segments++;
	walk->named += at->named;
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

static void check_peer(struct walk *walk, const struct peer *peer)
{
	const struct holder *holder;
	uint32_t unused = 0;

	demand(walk, peer->holder_count <= peer->holder_room, "a peer's table is too small");
	demand(walk, peer->holder_count <= peer->holder_limit,
		"a peer has more handles than it may");
	SLIST_FOREACH (holder, &peer->free, in_free) {
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
	}
	demand(walk, unused == 0, "a free handle is not in the list of free ones");
}

const char *invariants_broken(
	struct broker *broker, const struct peer *const *peers, size_t peer_count)
{
	struct registry *registry = &broker->registry;
	struct walk walk = {.broker = broker, .peers = peers, .peer_count = peer_count};

	walk_numbers(&walk, RB_ROOT(&registry->by_number));
	demand(&walk, walk.segments == registry->count, "the registry's count is wrong");
	demand(&walk, walk.segments <= broker->limits.segments,
		"there are more segments than may be");
	walk.before = NULL;
	walk_names(&walk, RB_ROOT(&registry->by_name));
	demand(&walk, walk.named == 0, "a named segment is not among the names");
	for (size_t i = 0; i < peer_count; i++)
		check_peer(&walk, peers[i]);
	demand(&walk, walk.holders == 0, "a handle is not in its segment's list");
	return walk.broken;
}
