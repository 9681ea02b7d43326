/* SPDX-License-Identifier: MIT */
/* Replies, compared with what a table says. */
#include "tests/core/expect.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

void describe(struct world *world, const char *format, ...)
{
	size_t used = strlen(world->at);
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(world->at + used, sizeof(world->at) - used, format, arguments);
	va_end(arguments);
}

void expect(const struct world *world, bool holds, const char *format, ...)
{
	char text[256];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	ck_assert_msg(holds, "%s: %s", world->at, text);
}

void expect_descriptor(
	const struct world *world, int fd, const struct segment *segment, uint32_t access)
{
	const int mode = access & WIRE_WRITE ? O_RDWR : O_RDONLY;
	struct stat st;
	struct stat original;

	expect(world, fd >= 0 && fstat(fd, &st) == 0, "no descriptor");
	expect(world, fstat(segment->fd, &original) == 0, "the segment has no descriptor");
	expect(world, st.st_ino == original.st_ino && st.st_dev == original.st_dev,
		"a descriptor of other memory");
	expect(world, (fcntl(fd, F_GETFL) & O_ACCMODE) == mode, "a descriptor of other access");
	expect(world, fcntl(fd, F_GETFD) == FD_CLOEXEC, "a descriptor that children inherit");
}

/* at: of the tail, behind the inode if the request asks for one. fd: -1: there is no descriptor. */
static void expect_inode(
	const struct world *world, uint32_t flags, const struct reply *reply, size_t *at, int fd)
{
	const struct wire_reply *wire = &reply->wire;
	struct wire_inode told = {0};
	struct stat st = {0};

	if (!(flags & WIRE_OPEN_INODE))
		return;
	expect(world, wire_get_inode(wire->tail, wire->tail_length, at, &told), "no inode");
	expect(world, fd < 0 || fstat(fd, &st) == 0, "no descriptor");
	expect(world, told.inode == st.st_ino, "inode %ju", (uintmax_t)told.inode);
}

static void expect_view(
	struct world *world, const struct step *step, const struct reply *reply, size_t *at)
{
	struct registry *registry = &world->broker.registry;
	const struct segment *it = registry_find_number(registry, step->opened.segment);
	struct wire_viewed told;

	if (!(step->request.open.flags & WIRE_OPEN_VIEW))
		return;
	expect(world, wire_get_viewed(reply->wire.tail, reply->wire.tail_length, at, &told),
		"no view");
	expect(world, told.uid == it->rights.uid && told.mode == it->rights.mode, "its view");
}

static void expect_opened(
	const struct world *world, const struct wire_opened *want, const struct reply *reply)
{
	const struct wire_opened *got = &reply->wire.opened;

	expect(world, got->segment == want->segment, "segment %ju", (uintmax_t)got->segment);
	expect(world, got->size == want->size, "size %ju", (uintmax_t)got->size);
	expect(world, got->handle == want->handle, "handle %u", got->handle);
	expect(world, got->access == want->access, "access 0x%x", got->access);
}

static void expect_made(
	struct world *world, const struct wire_opened *want, const struct reply *reply)
{
	const struct wire_made *got = &reply->wire.made;
	const struct token token = {got->token_high, got->token_low};
	const struct segment *found = registry_find_token(&world->broker.registry, &token);

	expect(world, got->segment == want->segment, "segment %ju", (uintmax_t)got->segment);
	expect(world, got->handle == want->handle, "handle %u", got->handle);
	expect(world, got->access == want->access, "access 0x%x", got->access);
	expect(world, token.high != 0 && token.low != 0 && token.high != token.low,
		"its token is %jx:%jx", (uintmax_t)token.high, (uintmax_t)token.low);
	expect(world, found && found->number == got->segment, "its token finds another");
}

static void expect_entries(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	expect(world, reply->wire.tail_length == step->entry_count * (size_t)WIRE_SIZE_entry,
		"a tail of %zu bytes", reply->wire.tail_length);
	for (uint32_t i = 0; i < step->entry_count; i++) {
		const struct wire_entry *want = &step->entries[i];
		struct wire_entry got;

		wire_get_right(reply->wire.tail, i, &got);
		expect(world, memcmp(&got, want, sizeof(got)) == 0,
			"entry %u: id %u, kind %u, rights 0x%x", i, got.id, got.kind, got.rights);
	}
}

static void expect_stated(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	const struct wire_stated *got = &reply->wire.stated;
	const struct lives *lives = &step->lives;
	struct wire_stated want = step->stated;

	want.used = got->used;
	want.created = got->created;
	want.opened = got->opened;
	want.lifetime = (uint16_t)(lives->lifetime > 0 ? lives->lifetime : WIRE_LIFETIME_KEPT);
	want.linger = lives->linger;
	want.entry_count = step->entry_count;
	if (want.name_length == 0)
		want.name_length = (uint32_t)strlen(step->request.name);
	expect(world, memcmp(got, &want, sizeof(want)) == 0,
		"segment %ju, %ju bytes, of %u:%u, mode 0%o, %u holders, lifetime %u, linger %u, "
		"%u entries",
		(uintmax_t)got->segment, (uintmax_t)got->size, got->uid, got->gid, got->mode,
		got->holders, got->lifetime, got->linger, got->entry_count);
	expect(world, got->created > 0, "it was created in 1970");
	expect(world, got->opened >= got->created, "it was opened before it was created");
	expect_entries(world, step, reply);
}

static void expect_explained(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	const struct wire_explained *got = &reply->wire.explained;
	const size_t length = strlen(step->text);
	const size_t told = reply->wire.tail_length;

	expect(world, got->allowed == step->allowed && got->reserved == 0, "it allows %u",
		got->allowed);
	expect(world, told >= length && memcmp(reply->wire.tail, step->text, length) == 0,
		"it explains: %.*s", (int)told, (const char *)reply->wire.tail);
}

static const char *access_text(uint32_t access)
{
	return access & WIRE_WRITE ? "rw" : access & WIRE_READ ? "r" : "";
}

/* As text: of each holder its uid, handle and access. All in one page. */
static void expect_held(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	char text[WIRE_MESSAGE_MAX] = "";
	size_t at = 0;
	size_t length = 0;
	uint32_t count = 0;
	struct wire_holder part;

	while (wire_get_holder(reply->wire.tail, reply->wire.tail_length, &at, &part)) {
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%u:%u:%s",
			count++ > 0 ? " " : "", part.uid, part.handle, access_text(part.access));
		expect(world, part.since >= UINT64_C(1600000000000000000), "since 1970");
	}
	expect(world, at == reply->wire.tail_length, "bytes are left after the last holder");
	expect(world, count == reply->wire.held.count, "it counts %u", reply->wire.held.count);
	expect(world, reply->wire.held.connection == 0, "it wants to go on");
	expect(world, strcmp(text, step->text) == 0, "it is held by %s", text);
}

/* As text: of each name its segment, handle and access, or the number of its status. */
static void expect_told(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	const struct wire_opened_many *many = &reply->wire.opened_many;
	struct registry *registry = (struct registry *)&world->broker.registry;
	char text[WIRE_MESSAGE_MAX] = "";
	size_t at = 0;
	size_t length = 0;
	size_t opened = 0;
	const uint32_t flags = step->request.open_many.flags;
	uint32_t count = 0;
	struct wire_outcome part;

	while (wire_get_outcome(reply->wire.tail, reply->wire.tail_length, &at, &part)) {
		const char *blank = count++ > 0 ? " " : "";

		if (part.status != STATUS_OK) {
			length += (size_t)snprintf(
				text + length, sizeof(text) - length, "%s-%u", blank, part.status);
			expect_inode(world, flags, reply, &at, -1);
			continue;
		}
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%ju:%u:%s",
			blank, (uintmax_t)part.segment, part.handle, access_text(part.access));
		expect(world, opened < reply->fd_count, "a descriptor is missing");
		expect_inode(world, flags, reply, &at, reply->fds[opened].fd);
		expect_descriptor(world, reply->fds[opened++].fd,
			registry_find_number(registry, part.segment), part.access);
	}
	expect(world, at == reply->wire.tail_length, "bytes are left after the last one");
	expect(world, count == many->count, "it counts %u", many->count);
	expect(world, opened == reply->fd_count, "%zu to be sent", reply->fd_count);
	expect(world, opened == reply->wire.header.fds, "%u descriptors", reply->wire.header.fds);
	expect(world, strcmp(text, step->text) == 0, "it tells %s", text);
}

static void print_usages(
	const struct reply *reply, uint32_t count, size_t *at, char *text, size_t size)
{
	static const char kinds[] = "?#sn"; /* number, share, none */
	size_t length = 0;

	for (uint32_t i = 0; i < count; i++) {
		struct wire_usage usage;

		if (!wire_get_usage(reply->wire.tail, reply->wire.tail_length, at, &usage))
			return;
		length += (size_t)snprintf(text + length, size - length, " %ju/%ju%c",
			(uintmax_t)usage.used, (uintmax_t)usage.limit, kinds[usage.kind & 3]);
	}
}

/* As text: of each user the uid, and of the first user each resource, used/limit and its kind. */
static void expect_accounted(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	const struct wire_accounted *accounted = &reply->wire.accounted;
	char usages[256] = "";
	char text[WIRE_MESSAGE_MAX] = "";
	size_t at = 0;
	size_t length = 0;
	uint32_t count = 0;
	struct wire_account part;

	while (wire_get_account(reply->wire.tail, reply->wire.tail_length, &at, &part)) {
		expect(world, part.usage_count == RESOURCE_COUNT, "%u resources", part.usage_count);
		print_usages(reply, part.usage_count, &at, usages, sizeof(usages));
		length += (size_t)snprintf(text + length, sizeof(text) - length, "%s%u",
			count++ > 0 ? " " : "", part.uid);
	}
	if (count == 1)
		snprintf(text + length, sizeof(text) - length, "%s", usages);
	expect(world, at == reply->wire.tail_length, "bytes are left after the last user");
	expect(world, count == accounted->count, "it counts %u", accounted->count);
	expect(world, accounted->next == step->next, "next is %u", accounted->next);
	expect(world, strcmp(text, step->text) == 0, "it tells of %s", text);
}

static void expect_listed(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	const struct wire_listed *listed = &reply->wire.listed;
	char names[WIRE_MESSAGE_MAX + 1] = "";
	size_t at = 0;
	size_t length = 0;
	uint32_t count = 0;
	struct wire_stated entry;
	const char *name;

	while (wire_get_entry(reply->wire.tail, reply->wire.tail_length, &at, &entry, &name)) {
		if (count++ > 0)
			names[length++] = ' ';
		memcpy(names + length, name, entry.name_length);
		length += entry.name_length;
	}
	names[length] = '\0';
	expect(world, at == reply->wire.tail_length, "bytes are left after the last entry");
	expect(world, count == listed->count, "it counts %u", listed->count);
	expect(world, listed->reserved == 0, "reserved is not 0");
	expect(world, listed->next == step->next, "next is %ju", (uintmax_t)listed->next);
	expect(world, strcmp(names, step->names) == 0, "it lists %s", names);
}

/* With the descriptor that a reply has to bring, 0 access for none. */
static void expect_fd(
	const struct world *world, const struct reply *reply, uint64_t number, uint32_t access)
{
	struct registry *registry = (struct registry *)&world->broker.registry;
	const struct segment *segment = registry_find_number(registry, number);

	expect(world, reply->wire.header.fds == (access != 0), "%u descriptors",
		reply->wire.header.fds);
	expect(world, reply->fd_count == (access != 0), "%zu to be sent", reply->fd_count);
	if (access != 0)
		expect_descriptor(world, reply->fds[0].fd, segment, access);
}

/* All by its descriptor, as its peer sees it. */
static void expect_ring(
	const struct world *world, const struct step *step, const struct reply *reply)
{
	const int seals = F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL;
	struct ring_page *page;
	struct stat st;

	expect(world, reply->wire.header.fds == 1 && reply->fd_count == 1 && !reply->fds[0].owned,
		"no descriptor of a ring");
	expect(world, fstat(reply->fds[0].fd, &st) == 0 && st.st_size == RING_BYTES, "its size");
	expect(world, (fcntl(reply->fds[0].fd, F_GET_SEALS) & seals) == seals, "its seals");
	expect(world, (st.st_mode & 07777) == 0600, "its mode");
	page = mmap(NULL, RING_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, reply->fds[0].fd, 0);
	expect(world, page != MAP_FAILED, "it cannot be mapped");
	expect(world, (page->quiet == 0) == step->loud, "quiet is %u", page->quiet);
	expect(world, page->seen == page->closed, "%u of %u are seen", page->seen, page->closed);
	munmap(page, RING_BYTES);
}

static void expect_body(struct world *world, const struct step *step, const struct reply *reply)
{
	const uint32_t access = step->early ? RO : step->opened.access;
	size_t at = 0;

	switch (step->request.header.op) {
	case WIRE_OP_ANONYMOUS:
		expect_made(world, &step->opened, reply);
		expect_fd(world, reply, step->opened.segment, step->opened.access);
		return;
	case WIRE_OP_OPEN:
		if (reply->fd_count > 0)
			expect_inode(world, step->request.open.flags, reply, &at, reply->fds[0].fd);
		expect_view(world, step, reply, &at);
		expect(world, at == reply->wire.tail_length, "a tail that nobody asked for");
		/* fallthrough */
	case WIRE_OP_REDEEM:
		expect_opened(world, &step->opened, reply);
		expect_fd(world, reply, step->opened.segment, access);
		return;
	case WIRE_OP_HOLD:
		expect_opened(world, &step->opened, reply);
		break;
	case WIRE_OP_SIZE:
		expect_stated(world, step, reply);
		expect_fd(world, reply, step->stated.segment, step->opened.access);
		return;
	case WIRE_OP_OPEN_MANY:
		expect_told(world, step, reply);
		return;
	case WIRE_OP_REOPEN:
		expect_fd(world, reply, step->reopened,
			step->opened.access ? step->opened.access : WIRE_READ);
		return;
	case WIRE_OP_RING:
		expect_ring(world, step, reply);
		return;
	case WIRE_OP_STAT:
		expect_stated(world, step, reply);
		break;
	case WIRE_OP_LIST:
		expect_listed(world, step, reply);
		break;
	case WIRE_OP_EXPLAIN:
		expect_explained(world, step, reply);
		break;
	case WIRE_OP_HOLDERS:
		expect_held(world, step, reply);
		break;
	case WIRE_OP_ACCOUNTS:
		expect_accounted(world, step, reply);
		break;
	}
	expect_fd(world, reply, 0, 0);
}

void expect_reply(struct world *world, const struct step *step, const struct reply *reply)
{
	const uint16_t status = reply->wire.header.status;
	struct wire_message message;
	struct wire_reply decoded;

	expect(world, status == step->status, "it says \"%s\"", status_text(status));
	expect(world, reply->expected == (step->request.header.op != WIRE_OP_CLOSE),
		"it is answered, or is not");
	expect(world,
		step->refusal.kind == REFUSED_NOT ||
			(reply->refusal.kind == step->refusal.kind &&
				reply->refusal.resource == step->refusal.resource),
		"it is limited by %s, kind %d", resource_unit(reply->refusal.resource, 2),
		(int)reply->refusal.kind);
	expect(world, reply->error == 0, "it tells errno %d", reply->error);
	expect(world, wire_encode_reply(&reply->wire, &message), "the reply does not encode");
	expect(world, wire_decode_reply(message.bytes, message.length, &decoded) == STATUS_OK,
		"the reply does not decode");
	if (status == STATUS_OK)
		expect_body(world, step, reply);
	else
		expect_fd(world, reply, 0, 0);
}
