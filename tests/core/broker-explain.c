/* SPDX-License-Identifier: MIT */
/* EXPLAIN: what decides; it changes nothing, whatever it is asked. */
#include <stdlib.h>
#include <string.h>

#include "tests/core/world.h"

SCENARIO(every_rule_of_the_rights_is_named)
{
	PLAY({ALICE, CREATE("/a", 1, 0640), ENTRIES(USER(1003, WIRE_DELETE), MEMBERS(2000, RO)),
		     OPENED(1, 1, 0, RW)},
		{ROOT, EXPLAIN("/a", WIRE_MANAGE), EXPLAINED(true, "manage allowed by rule 1")},
		{ALICE, EXPLAIN("/a", WIRE_READ), EXPLAINED(true, "read allowed by rule 2")},
		{DAVE, EXPLAIN("/a", WIRE_DELETE), EXPLAINED(true, "delete allowed by rule 3")},
		{DAVE, EXPLAIN("/a", WIRE_READ), EXPLAINED(false, "read denied by rule 3")},
		{BOB, EXPLAIN("/a", WIRE_READ), EXPLAINED(true, "read allowed by rule 4")},
		{CAROL, EXPLAIN("/a", WIRE_WRITE), EXPLAINED(false, "write denied by rule 4")},
		{NOBODY, EXPLAIN("/a", WIRE_READ), EXPLAINED(false, "read denied by rule 5")},
		{ALICE, STAT("/a"), ENTRIES(USER(1003, WIRE_DELETE), MEMBERS(2000, RO)),
			STATED(1, 1, 1000, 1000, 0640, 1)});
}

SCENARIO(what_decides_about_creating_is_named)
{
	given_rule(world, "/p")->restricted = true;
	given_rule(world, "/q");
	given_rule(world, "/p/more")->linger = 5;
	policy_sort(&world->broker.policy);
	PLAY({ALICE, EXPLAIN("/p/a", WIRE_CREATE),
		     EXPLAINED(false, "create denied by test.conf:1: [name /p]")},
		{ALICE, EXPLAIN("/p/more/a", WIRE_CREATE),
			EXPLAINED(false, "create denied by test.conf:1: [name /p]")},
		{ROOT, EXPLAIN("/p/a", WIRE_CREATE),
			EXPLAINED(true, "create allowed by test.conf:1: [name /p]")},
		{ALICE, EXPLAIN("/q", WIRE_CREATE),
			EXPLAINED(true, "create allowed by test.conf:2: [name /q]")},
		{ALICE, EXPLAIN("/a", WIRE_CREATE), EXPLAINED(true, "create allowed: no rule")},
		{ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, /* no matter that it exists */
		{BOB, EXPLAIN("/a", WIRE_CREATE), EXPLAINED(true, "create allowed: no rule")},
		{NOBODY, EXPLAIN("/a", WIRE_CREATE),
			EXPLAINED(false, "create denied: this user has no number here")});
}

SCENARIO(a_limit_is_named_with_its_key)
{
	given_limit(world, ALICE, RESOURCE_SEGMENTS, 0);
	given_host_limit(world, RESOURCE_SEGMENTS, 2);
	PLAY({ALICE, EXPLAIN("/a", WIRE_CREATE),
		     EXPLAINED(false, "create denied by a limit: 0 segments (user-segments)")},
		{DAVE, CREATE("/d", 1, 0600), OPENED(1, 1, 0, RW)},
		{DAVE, EXPLAIN("/a", WIRE_CREATE),
			EXPLAINED(false, "create denied by a limit: 1 segment (user-segments)")},
		{ROOT, CREATE("/r", 1, 0600), OPENED(2, 1, 0, RW)},
		{ROOT, EXPLAIN("/a", WIRE_CREATE),
			EXPLAINED(false, "create denied by a limit: 2 segments (host-segments)")});
}

/* As an open does, before anybody is refused. */
SCENARIO(what_an_open_would_release_is_room)
{
	given_limit(world, ALICE, RESOURCE_HANDLES, 1);
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE_TOO, EXPLAIN("/b", WIRE_CREATE),
			EXPLAINED(false, "create denied by a limit: 1 open handle (user-handles)")},
		{ALICE, CLOSE(0)},
		{ALICE_TOO, EXPLAIN("/b", WIRE_CREATE),
			EXPLAINED(true, "create allowed: no rule is about this name")},
		{ALICE_TOO, CREATE("/b", 1, 0600), OPENED(2, 1, 0, RW)},
		{ALICE, EXPLAIN("/b", WIRE_CREATE),
			EXPLAINED(
				false, "create denied by a limit: 1 open handle (user-handles)")});
}

SCENARIO(the_smallest_segment_takes_a_page)
{
	given_limit(world, ALICE, RESOURCE_BYTES, 4095);
	PLAY({ALICE, EXPLAIN("/a", WIRE_CREATE),
		     EXPLAINED(
			     false, "create denied by a limit: 4095 bytes of memory (user-bytes)")},
		{ALICE, CREATE("/a", 1, 0600), LIMITED(BYTES, USER)});
}

SCENARIO(whose_a_hidden_segment_is_stays_hidden)
{
	const struct step step = {BOB, EXPLAIN("/a", WIRE_READ)};
	struct reply reply;

	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{BOB, EXPLAIN("/a", WIRE_READ), EXPLAINED(false, "read denied by rule 5")},
		{ALICE, EXPLAIN("/a", WIRE_READ),
			EXPLAINED(true, "read allowed by rule 2: the owner has the owner's bits of "
					"the mode, delete and manage (owner 1000, group 1000, mode "
					"0600, 0 entries)")});
	ask(world, &step, &reply);
	ck_assert_ptr_null(memmem(reply.tail, reply.wire.tail_length, "1000", 4));
	reply_deinit(&reply);
}

SCENARIO(what_cannot_be_asked_is_refused)
{
	PLAY({ALICE, EXPLAIN("/a", WIRE_READ), FAILS(NOT_FOUND)},
		{ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, EXPLAIN("/a", 0), FAILS(BAD_RIGHTS)},
		{ALICE, EXPLAIN("/a", WIRE_READ | WIRE_WRITE), FAILS(BAD_RIGHTS)},
		{ALICE, EXPLAIN("/a", UINT32_MAX), FAILS(BAD_RIGHTS)},
		{ALICE, EXPLAIN("/b", 1 << 5), FAILS(BAD_RIGHTS)});
}

SCENARIO(the_longest_names_and_files_still_fit)
{
	char prefix[WIRE_NAME_MAX + 1];
	struct name_rule *rule;

	for (size_t i = 0; i < WIRE_NAME_MAX; i++)
		prefix[i] = i % 200 == 0 ? '/' : 'n';
	prefix[WIRE_NAME_MAX] = '\0';
	rule = given_rule(world, prefix);
	rule->file = realloc(rule->file, 4096);
	ck_assert_ptr_nonnull(rule->file);
	memset(rule->file, 'f', 4095);
	rule->file[4095] = '\0';
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)},
		{ALICE, EXPLAIN(prefix, WIRE_CREATE), EXPLAINED(true, "create allowed by fff")});
}
