/* SPDX-License-Identifier: MIT */
/* What the broker answers to who asks: changing rights and owner, explaining, and users without a
 * number. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/lib/testing.h"
#include "tests/policy/core-case.h"

#define NONE UINT32_MAX

static enum status set_rights(struct peer *peer, const char *name, uint32_t mode,
	const struct wire_entry *entries, uint32_t count)
{
	uint8_t bytes[64 * WIRE_SIZE_entry];
	struct wire_request request = {
		.header = {.op = WIRE_OP_SET_RIGHTS},
		.set_rights = {.mode = mode, .entry_count = count},
		.entries = bytes,
		.entry_count = count,
	};

	for (uint32_t i = 0; i < count; i++)
		wire_put_right(bytes, i, &entries[i]);
	return core_ask(peer, &request, name, NULL);
}

static enum status stat_of(struct peer *peer, const char *name, struct wire_stated *out)
{
	struct wire_request request = {.header = {.op = WIRE_OP_STAT}};
	struct reply reply;
	enum status status = core_ask(peer, &request, name, &reply);

	if (status == STATUS_OK)
		*out = reply.wire.stated;
	return status;
}

static void allow_user(struct peer *owner, const char *name, uid_t uid, uint16_t rights)
{
	const struct wire_entry entry = {uid, WIRE_ENTRY_USER, rights};

	ck_assert_int_eq(set_rights(owner, name, 0600, &entry, 1), STATUS_OK);
}

FIXTURE(core_begin, core_end);

TEST(rights_are_changed_by_owner_root_and_who_may_manage)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);
	struct peer *root = core_connect(0);

	core_create(alice, "/a", 1, 0666, NULL);
	ck_assert_int_eq(set_rights(bob, "/a", 0600, NULL, 0), STATUS_DENIED);
	ck_assert_int_eq(set_rights(root, "/a", 0600, NULL, 0), STATUS_OK);
	ck_assert_int_eq(core_open(bob, "/a", NULL), STATUS_DENIED);
	allow_user(alice, "/a", BOB, WIRE_MANAGE);
	ck_assert_int_eq(core_open(bob, "/a", NULL), STATUS_DENIED);
	ck_assert_int_eq(set_rights(bob, "/a", 0606, NULL, 0), STATUS_OK); /* and gives it up */
	ck_assert_int_eq(core_open(bob, "/a", NULL), STATUS_OK);
	ck_assert_int_eq(set_rights(bob, "/a", 0600, NULL, 0), STATUS_DENIED);
	ck_assert_int_eq(set_rights(alice, "/none", 0600, NULL, 0), STATUS_NOT_FOUND);
	ck_assert_int_eq(set_rights(alice, "/a/", 0600, NULL, 0), STATUS_BAD_NAME);
}

TEST(rights_that_are_refused_leave_the_old_ones)
{
	const struct wire_entry twice[] = {
		{BOB, WIRE_ENTRY_USER, WIRE_READ}, {BOB, WIRE_ENTRY_USER, WIRE_WRITE}};
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);
	struct wire_stated stated;

	core_create(alice, "/a", 1, 0600, NULL);
	allow_user(alice, "/a", BOB, WIRE_READ);
	ck_assert_int_eq(set_rights(alice, "/a", 0666, twice, 2), STATUS_BAD_RIGHTS);
	ck_assert_int_eq(set_rights(alice, "/a", 01666, NULL, 0), STATUS_BAD_RIGHTS);
	ck_assert_int_eq(stat_of(bob, "/a", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.mode, 0600);
	ck_assert_uint_eq(stated.entry_count, 1);
}

TEST(a_deleted_segment_has_no_rights_to_change)
{
	struct peer *alice = core_connect(ALICE);
	struct wire_stated stated;
	char text[256];

	core_create(alice, "/a", 1, 0600, NULL);
	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_OK);
	ck_assert_int_eq(set_rights(alice, "/a", 0600, NULL, 0), STATUS_NOT_FOUND);
	ck_assert_int_eq(core_set_owner(alice, "/a", NONE, ALICE), STATUS_NOT_FOUND);
	ck_assert_int_eq(stat_of(alice, "/a", &stated), STATUS_NOT_FOUND);
	ck_assert_int_eq(core_delete(alice, "/a"), STATUS_NOT_FOUND);
	ck_assert(core_explain(alice, "/a", WIRE_CREATE, text));
}

TEST(max_mode_bounds_new_rights_of_all_but_root)
{
	const struct wire_entry entry = {BOB, WIRE_ENTRY_USER, WIRE_READ | WIRE_WRITE};
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);
	struct peer *root = core_connect(0);
	struct wire_stated stated;

	core_add_rule("/r")->max_mode = 0640;
	core_create(alice, "/r/a", 1, 0666, NULL);
	ck_assert_int_eq(stat_of(alice, "/r/a", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.mode, 0640);
	ck_assert_int_eq(set_rights(alice, "/r/a", 0666, &entry, 1), STATUS_OK);
	ck_assert_int_eq(stat_of(bob, "/r/a", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.mode, 0640);
	ck_assert_uint_eq(rights_of(&bob->credentials,
				  &registry_find(&core.broker.registry, "/r/a", 4)->rights, NULL),
		WIRE_READ);
	ck_assert_int_eq(set_rights(root, "/r/a", 0666, NULL, 0), STATUS_OK);
	ck_assert_int_eq(stat_of(alice, "/r/a", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.mode, 0666);
}

TEST(only_root_gives_away_and_owners_pick_among_their_groups)
{
	struct peer *alice = core_connect_member(ALICE, 50);
	struct peer *bob = core_connect(BOB);
	struct peer *root = core_connect(0);
	struct wire_stated stated;

	core_create(alice, "/a", 1, 0600, NULL);
	ck_assert_int_eq(core_set_owner(alice, "/a", BOB, NONE), STATUS_NOT_OWNER);
	ck_assert_int_eq(core_set_owner(alice, "/a", ALICE, NONE), STATUS_OK);
	ck_assert_int_eq(core_set_owner(alice, "/a", NONE, 51), STATUS_NOT_OWNER);
	ck_assert_int_eq(core_set_owner(alice, "/a", NONE, 50), STATUS_OK);
	ck_assert_int_eq(core_set_owner(bob, "/a", NONE, BOB), STATUS_DENIED);
	ck_assert_int_eq(core_set_owner(bob, "/a", NONE, NONE), STATUS_DENIED);
	ck_assert_int_eq(core_set_owner(root, "/a", BOB, 77), STATUS_OK);
	ck_assert_int_eq(stat_of(bob, "/a", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.uid, BOB);
	ck_assert_uint_eq(stated.gid, 77);
	ck_assert_int_eq(core_open(alice, "/a", NULL), STATUS_DENIED);
}

TEST(a_group_that_a_rule_forces_is_not_changed_by_the_owner)
{
	struct peer *alice = core_connect_member(ALICE, 50);
	struct peer *root = core_connect(0);
	struct wire_stated stated;

	core_add_rule("/r")->group = 50;
	core_create(alice, "/r/a", 1, 0600, NULL);
	ck_assert_int_eq(stat_of(alice, "/r/a", &stated), STATUS_OK);
	ck_assert_uint_eq(stated.gid, 50);
	ck_assert_int_eq(core_set_owner(alice, "/r/a", NONE, ALICE), STATUS_REFUSED);
	ck_assert_int_eq(core_set_owner(alice, "/r/a", NONE, 50), STATUS_OK);
	ck_assert_int_eq(core_set_owner(root, "/r/a", NONE, ALICE), STATUS_OK);
}

/* A forced owner does not pay: who is let in to create there would use up another's limit. */
TEST(a_forced_owner_has_the_rights_and_the_creator_the_charge)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);

	core_add_rule("/r")->owner = BOB;
	ck_assert_int_eq(core_create(alice, "/r/a", 1, 0600, NULL), STATUS_OK);
	ck_assert_int_eq(core_open(alice, "/r/a", NULL), STATUS_DENIED);
	ck_assert_int_eq(core_open(bob, "/r/a", NULL), STATUS_OK);
	ck_assert_uint_eq(alice->account->used[RESOURCE_SEGMENTS], 1);
	ck_assert_uint_eq(bob->account->used[RESOURCE_SEGMENTS], 0);
	ck_assert_int_eq(core_delete(alice, "/r/a"), STATUS_DENIED);
	ck_assert_int_eq(core_delete(bob, "/r/a"), STATUS_OK);
}

TEST(who_has_no_number_here_is_other_and_creates_nothing)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *stranger = core_connect_unmapped();
	struct peer *nobody = core_connect(65534);
	char text[256];

	ck_assert_int_eq(core_create(stranger, "/s", 1, 0666, NULL), STATUS_REFUSED);
	ck_assert(!core_explain(stranger, "/s", WIRE_CREATE, text));
	ck_assert_str_eq(text, "create denied: this user has no number here");
	core_add_rule("/r");
	ck_assert(!core_explain(stranger, "/r/s", WIRE_CREATE, text));
	ck_assert_str_eq(text, "create denied: this user has no number here");
	core_create(nobody, "/n", 1, 0660, NULL);
	core_create(alice, "/a", 1, 0664, NULL);
	ck_assert_int_eq(core_open(stranger, "/n", NULL), STATUS_DENIED);
	ck_assert_int_eq(core_delete(stranger, "/n"), STATUS_DENIED);
	ck_assert_int_eq(core_open(stranger, "/a", NULL), STATUS_OK);
	ck_assert(core_explain(stranger, "/a", WIRE_READ, text));
	ck_assert(!core_explain(stranger, "/a", WIRE_WRITE, text));
	ck_assert_ptr_nonnull(strstr(text, "rule 5"));
	ck_assert_int_eq(set_rights(stranger, "/a", 0666, NULL, 0), STATUS_DENIED);
}

TEST(every_rule_is_named_by_its_number)
{
	const struct wire_entry entry = {CAROL, WIRE_ENTRY_USER, WIRE_READ};
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect_member(BOB, ALICE);
	struct peer *carol = core_connect(CAROL);
	struct peer *root = core_connect(0);
	struct peer *other = core_connect(7);
	char text[256];

	core_create(alice, "/a", 1, 0, NULL);
	ck_assert_int_eq(set_rights(alice, "/a", 0624, &entry, 1), STATUS_OK);
	ck_assert(core_explain(root, "/a", WIRE_MANAGE, text));
	ck_assert_str_eq(text, "manage allowed by rule 1: root may all "
			       "(owner 1000, group 1000, mode 0624, 1 entries)");
	ck_assert(core_explain(alice, "/a", WIRE_DELETE, text));
	ck_assert_ptr_nonnull(strstr(text, "delete allowed by rule 2: the owner"));
	ck_assert(!core_explain(carol, "/a", WIRE_WRITE, text));
	ck_assert_ptr_nonnull(strstr(text, "write denied by rule 3: the entry for this user"));
	ck_assert(!core_explain(bob, "/a", WIRE_READ, text));
	ck_assert_ptr_nonnull(strstr(text, "read denied by rule 4"));
	ck_assert(core_explain(other, "/a", WIRE_READ, text));
	ck_assert_ptr_nonnull(strstr(text, "read allowed by rule 5"));
}

TEST(who_may_not_look_at_a_segment_is_not_told_whose_it_is)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *bob = core_connect(BOB);
	struct wire_stated stated;
	char text[256];

	core_create(alice, "/a", 1, 0600, NULL);
	ck_assert_int_eq(stat_of(bob, "/a", &stated), STATUS_NOT_FOUND);
	ck_assert(!core_explain(bob, "/a", WIRE_READ, text));
	ck_assert_str_eq(text, "read denied by rule 5: the bits of the mode for others");
}

TEST(who_may_create_is_told_by_file_and_line_or_by_the_limit)
{
	struct peer *alice = core_connect(ALICE);
	struct peer *root = core_connect(0);
	char text[256];

	core_add_rule("/r")->restricted = true;
	ck_assert(core_explain(alice, "/x", WIRE_CREATE, text));
	ck_assert_str_eq(text, "create allowed: no rule is about this name");
	ck_assert(!core_explain(alice, "/r/x", WIRE_CREATE, text));
	ck_assert_str_eq(text, "create denied by test.conf:7: [name /r]");
	ck_assert(core_explain(root, "/r/x", WIRE_CREATE, text));
	ck_assert_str_eq(text, "create allowed by test.conf:7: [name /r]");
	alice->account->limit[RESOURCE_SEGMENTS] = 0;
	ck_assert(!core_explain(alice, "/x", WIRE_CREATE, text));
	ck_assert_str_eq(text, "create denied by a limit: 0 segments (user-segments)");
	ck_assert_uint_eq(core.broker.accounts.used[RESOURCE_SEGMENTS], 0);
}

TEST(what_cannot_be_explained_is_refused)
{
	const uint32_t rights[] = {0, WIRE_READ | WIRE_WRITE, WIRE_CREATE << 1, UINT32_MAX};
	struct peer *alice = core_connect(ALICE);
	struct wire_request request = {.header = {.op = WIRE_OP_EXPLAIN}};

	for (size_t i = 0; i < sizeof(rights) / sizeof(*rights); i++) {
		request.explain.right = rights[i];
		ck_assert_int_eq(core_ask(alice, &request, "/a", NULL), STATUS_BAD_RIGHTS);
	}
	request.explain.right = WIRE_READ;
	ck_assert_int_eq(core_ask(alice, &request, "/a", NULL), STATUS_NOT_FOUND);
	ck_assert_int_eq(core_ask(alice, &request, "a", NULL), STATUS_BAD_NAME);
	request.explain.right = WIRE_CREATE;
	ck_assert_int_eq(core_ask(alice, &request, "/a/..", NULL), STATUS_BAD_NAME);
}

TEST(the_longest_names_and_files_still_fit_an_explanation)
{
	char prefix[WIRE_NAME_MAX + 1];
	char text[256];
	struct name_rule *rule;

	for (size_t i = 0; i < WIRE_NAME_MAX; i++)
		prefix[i] = i % 200 == 0 ? '/' : 'n';
	prefix[WIRE_NAME_MAX] = '\0';
	rule = core_add_rule(prefix);
	free(rule->file);
	rule->file = calloc(1, 4096);
	ck_assert_ptr_nonnull(rule->file);
	memset(rule->file, 'f', 4095);
	ck_assert(core_explain(core_connect(ALICE), prefix, WIRE_CREATE, text));
	ck_assert_mem_eq(text, "create allowed by fff", 21);
}
