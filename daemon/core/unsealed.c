/* SPDX-License-Identifier: MIT */
/* Looks at segments whose size is not fixed yet, sizes them, and seals them. */
#include "daemon/core/unsealed.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/drain.h"
#include "daemon/core/journal-write.h"
#include "daemon/core/memory.h"
#include "daemon/core/park.h"
#include "daemon/core/segment-charges.h"
#include "daemon/core/succession.h"

#define LOOKS_AT_ONCE 256                  /* so many take less than a millisecond */
#define RESERVED_MAX  (UINT64_C(16) << 20) /* bytes that are freed in less than a millisecond */

static const struct account *payer_of(const struct segment *segment)
{
	struct account *account = segment->charges[0].account;

	return account ? account_payer(account) : NULL;
}

static void set_sealing(struct broker *broker, struct segment *segment, enum sealing sealing)
{
	registry_seal(&broker->registry, segment, sealing);
	segment->opened_early &= sealing == UNSEALED;
	journal_write_size(broker, segment);
}

/*
 * Over a limit. What was charged stays charged; what is above that, the creator's own cgroup pays.
 */
static void drop_name(struct broker *broker, struct segment *segment, uint64_t size)
{
	struct registry *registry = &broker->registry;

	set_sealing(broker, segment, SPOILED);
	if (registry->on_outgrown)
		registry->on_outgrown(registry->on_outgrown_data, segment, size);
	if (!segment->named)
		return;
	park_sweep(broker, segment);
	journal_write_unname(broker, segment);
	registry_note(registry, WIRE_EVENT_DELETED, segment, NULL);
	registry_remove_name(registry, segment);
	peer_pin_unnamed(segment);
	broker_drain_holders(broker, segment);
}

/*
 * bytes: the size, or more, if a client has reserved memory behind it (fallocate(2),
 * FALLOC_FL_KEEP_SIZE).
 */
struct extent {
	uint64_t size, bytes;
};

static bool read_extent(const struct segment *segment, struct extent *extent)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct stat st;

	if (fstat(segment->fd, &st) < 0)
		return false;
	extent->size = (uint64_t)st.st_size;
	extent->bytes = (uint64_t)st.st_blocks * 512;
	if (extent->bytes < extent->size + page)
		extent->bytes = extent->size;
	return true;
}

/* Charges what the memory takes already. */
static void take_extent(struct broker *broker, struct segment *segment, const struct extent *extent)
{
	struct refusal why;

	if (extent->bytes > broker->policy.segment_bytes ||
		segment_charge_size(segment, extent->bytes, &why) != STATUS_OK) {
		drop_name(broker, segment, extent->bytes);
		return;
	}
	if (extent->size == segment->size)
		return;
	segment->size = extent->size;
	journal_write_size(broker, segment);
}

/*
 * With the seals nobody can reserve any more, and what is reserved is freed. If that is much, the
 * others would wait for it: then the memory is spoiled. A file with holes may have more of it, as
 * much as it is large. ftruncate(2) would clear the end of the last page, too.
 */
static int free_reserved(const struct segment *segment)
{
	const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct extent extent;
	int error;

	if (!read_extent(segment, &extent))
		return 0;
	if (extent.bytes - extent.size > RESERVED_MAX)
		return -EPERM;
	if (extent.size > INT64_MAX - page)
		return 0;
	error = memory_free_behind(
		segment->fd, (extent.size + page - 1) / page * page, payer_of(segment));
	/* where the call does not exist, is forbidden or comes later, what is left is charged */
	return error == -EOPNOTSUPP || error == -ENOSYS || error == -EPERM || memory_is_late(error)
		       ? 0
		       : error;
}

/*
 * From the seals on, the size cannot change. So it is read once more after that: it may be another
 * than at the last look. 0 or a negative errno; spoiled memory is no error.
 */
static int seal(struct broker *broker, struct segment *segment)
{
	int error = memory_seal_late(segment->fd, payer_of(segment));
	struct extent extent;

	if (error == 0)
		error = free_reserved(segment);
	if (error < 0 && error != -EPERM)
		return error;
	set_sealing(broker, segment, error == 0 ? SEALED : SPOILED);
	if (error == 0 && read_extent(segment, &extent))
		take_extent(broker, segment, &extent);
	return 0;
}

int unsealed_check_unshared(const struct segment *segment, bool *out)
{
	const int writer = segment_open_again(segment, O_RDWR);
	int error;

	/*
	 * EACCES: a client has changed the mode of the memory. ETXTBSY: a process executes the
	 * memory, on a kernel before 6.3. EAGAIN: a process has a lease, or the memory is
	 * immutable. So another process may have it.
	 */
	if (writer == -EACCES || writer == -ETXTBSY || writer == -EAGAIN) {
		*out = false;
		return 0;
	}
	if (writer < 0)
		return writer;
	error = memory_check_unshared(writer, out);
	close(writer);
	return error;
}

/* A size that the kernel has still to make is charged before it happens. */
static void add_expected(struct segment *segment, struct extent *extent)
{
	if (segment->expected == 0)
		return;
	if (!memory_waits(segment->inode))
		segment->expected = 0;
	else if (extent->bytes < segment->expected)
		extent->bytes = segment->expected;
}

int unsealed_look(struct broker *broker, struct segment *segment)
{
	const struct record largest = {.kind = RECORD_SIZE};
	struct extent extent;

	/* What is spoiled may grow, and the name keeps it when its creator has gone. */
	if (segment->sealing == SEALED || (segment->sealing == SPOILED && !segment->named) ||
		segment->fd < 0 || !read_extent(segment, &extent) ||
		!journal_reserve(&broker->journal, 4 * journal_record_size(&largest)))
		return 0;
	add_expected(segment, &extent);
	take_extent(broker, segment, &extent);
	if (segment->sealing == UNSEALED && segment->size > 0 && segment->opened_early)
		/* if there is no memory for the seal now, the next look tries again */
		return seal(broker, segment);
	return 0;
}

void unsealed_look_around(struct broker *broker)
{
	struct registry *registry = &broker->registry;
	const struct segment *last = TAILQ_LAST(&registry->unsealed, unsealed_list);
	struct segment *segment = NULL;

	for (int looks = 0; looks < LOOKS_AT_ONCE && last && segment != last; looks++) {
		segment = TAILQ_FIRST(&registry->unsealed);
		TAILQ_REMOVE(&registry->unsealed, segment, in_unsealed);
		TAILQ_INSERT_TAIL(&registry->unsealed, segment, in_unsealed);
		unsealed_look(broker, segment);
	}
}

void unsealed_look_held(struct broker *broker, struct peer *peer)
{
	for (uint32_t handle = 0; handle < peer->holder_count; handle++) {
		struct segment *segment = peer->holders[handle]->segment;

		if (segment)
			unsealed_look(broker, segment);
	}
}

void broker_sweep(struct broker *broker)
{
	if (!succession_make_room(broker))
		return;
	unsealed_look_around(broker);
	succession_commit(broker);
}

enum status unsealed_check(struct broker *broker, struct segment *segment, bool posix)
{
	unsealed_look(broker, segment);
	if (!segment->named)
		return STATUS_NOT_FOUND;
	if (segment->sealing == SPOILED)
		return STATUS_REFUSED;
	return segment->size > 0 || posix ? STATUS_OK : STATUS_BAD_SIZE;
}

int unsealed_share(struct broker *broker, struct segment *segment)
{
	if (segment->sealing != UNSEALED)
		return 0;
	if (segment->size > 0)
		return seal(broker, segment);
	if (!segment->opened_early) {
		segment->opened_early = true;
		journal_write_size(broker, segment);
	}
	return 0;
}

/* Once the size is fixed: what is said to a client that asks for this one. */
static enum status size_fixed(const struct segment *segment, uint64_t size)
{
	if (segment->sealing == SPOILED)
		return STATUS_REFUSED;
	return size == segment->size ? STATUS_OK : STATUS_SEALED;
}

/* Growing takes no memory: pages come when they are written. */
static int grow(struct broker *broker, struct segment *segment, uint64_t size, struct refusal *why)
{
	const uint64_t before = segment->size;
	const enum status status = segment_charge_size(segment, size, why);
	int error;

	if (status != STATUS_OK)
		return (int)status;
	error = memory_resize(segment->fd, size, payer_of(segment));
	if (error == -EINPROGRESS) {
		segment->expected = size;
		return error;
	}
	if (error == 0) {
		segment->size = size;
		journal_write_size(broker, segment);
		if (segment->opened_early)
			error = seal(broker, segment);
		if (error == 0 || memory_is_late(error))
			return error;
		memory_resize(segment->fd, before, payer_of(segment));
		segment->size = before;
		journal_write_size(broker, segment);
	}
	segment_charge_size(segment, before, why);
	if (error != -EPERM)
		return error;
	if (before == 0)
		return STATUS_REFUSED;
	/* A seal that was late is there now, or the client has set one of its own. */
	error = seal(broker, segment);
	return error < 0 ? error : (int)size_fixed(segment, size);
}

int unsealed_grow(
	struct broker *broker, struct segment *segment, uint64_t size, struct refusal *why)
{
	const int error = unsealed_look(broker, segment);

	if (memory_is_late(error))
		return error;
	if (segment->sealing != UNSEALED)
		return (int)size_fixed(segment, size);
	if (memory_waits(segment->inode))
		return -EINPROGRESS;
	if (size < segment->size)
		return STATUS_BAD_SIZE;
	if (size > broker->policy.segment_bytes || size > INT64_MAX)
		return STATUS_TOO_BIG;
	return size > segment->size ? grow(broker, segment, size, why) : 0;
}
