/* SPDX-License-Identifier: MIT */
/* Random requests: few names, users and handles, so that they meet. */
#include <string.h>

#include "tests/core/journal-run.h"
#include "tests/lib/testing.h"

#define COUNT(array)       (sizeof(array) / sizeof(*(array)))
#define CHOOSE(run, array) (array)[run_choose(run, COUNT(array))]

static const char *long_name(void)
{
	static char name[WIRE_NAME_MAX + 1];

	for (size_t i = 0; i < WIRE_NAME_MAX; i++)
		name[i] = i % 200 == 0 ? '/' : 'x';
	return name;
}

static const char *choose_name(struct run *run)
{
	static const char *const names[] = {"/a", "/a", "/b", "/c", "/a/b", "/d", "/e", "//"};

	return run_choose(run, 12) == 0 ? long_name() : CHOOSE(run, names);
}

static uint32_t make_entries(struct run *run, struct run_peer *from)
{
	static const uint32_t ids[] = {1000, 1001, 1002, 2000};
	const uint32_t count = run_choose(run, 2) ? run_choose(run, RUN_ENTRIES + 1) : 0;

	for (uint32_t i = 0; i < count; i++) {
		const struct wire_entry entry = {
			.id = CHOOSE(run, ids),
			.kind = run_choose(run, 2) ? WIRE_ENTRY_USER : WIRE_ENTRY_GROUP,
			.rights = (uint16_t)run_choose(run, 16),
		};

		wire_put_right(from->entries, i, &entry);
	}
	from->request.entries = from->entries;
	from->request.entry_count = count;
	return count;
}

static void make_open(struct run *run, struct run_peer *from)
{
	static const uint64_t sizes[] = {1, 4096, 5000, 1, 4096, 0, 1 << 21};
	static const uint32_t modes[] = {0600, 0666, 0644, 0400, 0, 01000};
	const uint32_t linger = run_choose(run, 2) ? 1 + run_choose(run, 3) : 0;

	from->request.open = (struct wire_open){
		.size = CHOOSE(run, sizes),
		.flags = (run_choose(run, 4) ? WIRE_OPEN_CREATE : run_choose(run, 8)) |
			 run->step % 8 * WIRE_OPEN_PREALLOCATE |
			 (run_choose(run, 4) ? 0 : run_choose(run, 4) * WIRE_OPEN_POSIX),
		.mode = CHOOSE(run, modes),
		.lifetime = run_choose(run, 16) ? run_choose(run, 3) : 3,
		.linger = linger,
		.entry_count = make_entries(run, from),
	};
}

static void make_set_rights(struct run *run, struct run_peer *from)
{
	from->request.set_rights = (struct wire_set_rights){
		.mode = run_choose(run, 01100),
		.entry_count = make_entries(run, from),
	};
}

static void make_set_owner(struct run *run, struct run_peer *from)
{
	static const uint32_t ids[] = {0, 1000, 1001, UINT32_MAX, UINT32_MAX, UINT32_MAX};

	from->request.set_owner = (struct wire_set_owner){
		.uid = CHOOSE(run, ids),
		.gid = CHOOSE(run, ids),
	};
}

static void make_size(struct run *run, struct run_peer *from)
{
	static const uint64_t sizes[] = {0, 1, 4096, 5000, 9000, 1 << 21};

	from->request.size = (struct wire_size){
		.size = CHOOSE(run, sizes),
		.handle = run_choose(run, 6),
		.flags = run_choose(run, 4),
	};
}

/* Of a segment that may be there, and mostly with its inode. */
static void make_hold(struct run *run, struct run_peer *from)
{
	const uint64_t number = run_choose(run, (uint32_t)run->broker->registry.last_number + 2);
	const struct segment *segment = registry_find_number(&run->broker->registry, number);

	from->request.hold = (struct wire_hold){
		.segment = number,
		.inode = segment && run_choose(run, 4) ? segment->inode : 1,
	};
}

/* What has an effect is asked for most. */
static uint16_t choose_op(struct run *run)
{
	static const uint16_t ops[] = {WIRE_OP_OPEN, WIRE_OP_OPEN, WIRE_OP_OPEN, WIRE_OP_OPEN,
		WIRE_OP_CLOSE, WIRE_OP_CLOSE, WIRE_OP_CLOSE, WIRE_OP_DELETE, WIRE_OP_DELETE,
		WIRE_OP_ANONYMOUS, WIRE_OP_REDEEM, WIRE_OP_SET_RIGHTS, WIRE_OP_SET_RIGHTS,
		WIRE_OP_SET_OWNER, WIRE_OP_SET_OWNER, WIRE_OP_STAT, WIRE_OP_LIST, WIRE_OP_REOPEN,
		WIRE_OP_REOPEN, WIRE_OP_EXPLAIN, WIRE_OP_OPEN_MANY, WIRE_OP_OPEN_MANY,
		WIRE_OP_OPEN_MANY, WIRE_OP_REDEEM, WIRE_OP_RING, WIRE_OP_TAKE_BACK, WIRE_OP_ORIGIN,
		999};
	static const uint16_t of_files[] = {WIRE_OP_SIZE, WIRE_OP_SIZE, WIRE_OP_SIZE, WIRE_OP_HOLD,
		WIRE_OP_CHANGE, WIRE_OP_RENAME};

	if (run_choose(run, 12) == 0)
		return CHOOSE(run, of_files);
	return CHOOSE(run, ops);
}

static void make_open_many(struct run *run, struct run_peer *from)
{
	struct wire_open_many *many = &from->request.open_many;

	many->size = run_choose(run, 4) == 0 ? 4096 : 0;
	many->count = run_choose(run, RUN_NAMES + 1);
	from->request.name_length = 0;
	for (uint32_t i = 0; i < many->count; i++) {
		const char *name = choose_name(run);

		ck_assert(wire_put_name(from->names, sizeof(from->names),
			&from->request.name_length, name, strlen(name)));
	}
	from->request.name = (const char *)from->names;
}

static void make_rename(struct run *run, struct run_peer *from)
{
	const char *name = choose_name(run);
	const char *to = choose_name(run);

	from->request.rename = (struct wire_rename){
		run_choose(run, 4) == 0 ? WIRE_RENAME_KEEP : 0, (uint32_t)strlen(name)};
	from->request.name_length = strlen(name) + strlen(to);
	memcpy(from->names, name, strlen(name));
	memcpy(from->names + strlen(name), to, strlen(to));
	from->request.name = (const char *)from->names;
}

static void fill(struct run *run, struct run_peer *from)
{
	struct wire_request *request = &from->request;

	switch (request->header.op) {
	case WIRE_OP_OPEN:
		make_open(run, from);
		break;
	case WIRE_OP_CLOSE:
	case WIRE_OP_TAKE_BACK:
		request->close.handle = run_choose(run, 6);
		break;
	case WIRE_OP_REOPEN:
	case WIRE_OP_ORIGIN:
		request->reopen.segment =
			run_choose(run, (uint32_t)run->broker->registry.last_number + 2);
		break;
	case WIRE_OP_SIZE:
		make_size(run, from);
		break;
	case WIRE_OP_HOLD:
		make_hold(run, from);
		break;
	case WIRE_OP_CHANGE:
		request->change = (struct wire_change){run_choose(run, 6), run_choose(run, 01100),
			UINT32_MAX, run_choose(run, 3) ? UINT32_MAX : 1000};
		break;
	case WIRE_OP_RENAME:
		make_rename(run, from);
		break;
	case WIRE_OP_ANONYMOUS:
		request->anonymous.size = run_choose(run, 3) * 4096;
		request->anonymous.readonly = run_choose(run, 2);
		break;
	case WIRE_OP_REDEEM:
		request->redeem.token_high = run->token.high;
		request->redeem.token_low = run->token.low ^ (run_choose(run, 8) == 0);
		break;
	case WIRE_OP_SET_RIGHTS:
		make_set_rights(run, from);
		break;
	case WIRE_OP_SET_OWNER:
		make_set_owner(run, from);
		break;
	case WIRE_OP_EXPLAIN:
		request->explain.right = 1U << run_choose(run, 6);
		break;
	case WIRE_OP_OPEN_MANY:
		make_open_many(run, from);
		break;
	}
}

void run_make_request(struct run *run, struct run_peer *from)
{
	const struct outcome *last = &from->peer->last;
	const uint32_t first = UINT32_MAX - run_choose(run, 20);

	from->request = (struct wire_request){
		.header = {.op = choose_op(run), .serial = last->known ? last->serial + 1 : first},
		.name = choose_name(run),
	};
	from->request.name_length = strlen(from->request.name);
	fill(run, from);
}
