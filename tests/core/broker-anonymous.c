/* SPDX-License-Identifier: MIT */
/* ANONYMOUS and REDEEM: memory without a name, for whoever has the token and the creator's uid. */
#include "tests/core/world.h"

SCENARIO(anonymous_memory_is_found_by_its_token)
{
	PLAY({ALICE, ANONYMOUS(4097, false), MADE(1, 0, RW)},
		{ALICE_TOO, REDEEM(1), OPENED(1, 4097, 0, RW)},
		{ALICE, REDEEM(1), OPENED(1, 4097, 1, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 2, RW)},
		{ALICE_TOO, REDEEM(2), OPENED(2, 1, 1, RW)},
		{ALICE_TOO, REDEEM(1), OPENED(1, 4097, 2, RW)});
}

SCENARIO(nobody_else_redeems_a_token_not_even_root)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)}, {BOB, REDEEM(1), FAILS(NOT_FOUND)},
		{ROOT, REDEEM(1), FAILS(NOT_FOUND)}, {NOBODY, REDEEM(1), FAILS(NOT_FOUND)},
		{ALICE, REDEEM(1), OPENED(1, 1, 1, RW)});
}

/* All such users look the same, and are not. */
SCENARIO(who_has_no_number_here_redeems_nothing)
{
	PLAY({NOBODY, ANONYMOUS(1, false), MADE(1, 0, RW)}, {NOBODY, REDEEM(1), FAILS(NOT_FOUND)});
}

SCENARIO(a_token_that_is_wrong_in_one_bit_is_wrong)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 1, RW)},
		{ALICE, REDEEM_NEARLY(1, 1, 0), FAILS(NOT_FOUND)},
		{ALICE, REDEEM_NEARLY(1, 0, 1), FAILS(NOT_FOUND)},
		{ALICE, REDEEM_NEARLY(1, UINT64_C(1) << 63, 0), FAILS(NOT_FOUND)},
		{ALICE, REDEEM_NEARLY(1, 0, UINT64_C(1) << 63), FAILS(NOT_FOUND)},
		{ALICE, REDEEM(0), FAILS(NOT_FOUND)}, /* a token of zeros */
		{ALICE, REDEEM(2), OPENED(2, 1, 2, RW)});
}

SCENARIO(a_segment_that_had_a_name_has_no_token)
{
	PLAY({ALICE, CREATE("/a", 1, 0600), OPENED(1, 1, 0, RW)}, {ALICE, DELETE("/a"), DONE},
		{ALICE, REDEEM(0), FAILS(NOT_FOUND)});
}

SCENARIO(anonymous_memory_is_forgotten_with_its_last_holder)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)},
		{ALICE_TOO, REDEEM(1), OPENED(1, 1, 0, RW)}, {ALICE, LEAVES},
		{ALICE, REDEEM(1), OPENED(1, 1, 0, RW)}, {ALICE, CLOSE(0)}, {ALICE_TOO, CLOSE(0)},
		{ALICE, REDEEM(1), FAILS(NOT_FOUND)}, {ALICE_TOO, REDEEM(1), FAILS(NOT_FOUND)},
		{ALICE, ANONYMOUS(1, false), MADE(2, 0, RW)}, {ALICE, LEAVES},
		{ALICE_TOO, REDEEM(2), FAILS(NOT_FOUND)});
}

/* Numbers can be guessed, so that they open nothing here. */
SCENARIO(its_number_is_no_way_in)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)}, {ALICE, REOPEN(1), FAILS(NOT_FOUND)},
		{ROOT, REOPEN(1), FAILS(NOT_FOUND)}, {BOB, REOPEN(1), FAILS(NOT_FOUND)});
}

SCENARIO(made_read_only_it_is_so_for_all)
{
	PLAY({ALICE, ANONYMOUS(1, true), MADE(1, 0, RO)}, {ALICE, REDEEM(1), OPENED(1, 1, 1, RO)},
		{ROOT, ANONYMOUS(1, true), MADE(2, 0, RO)}, {ROOT, REDEEM(2), OPENED(2, 1, 1, RO)},
		{ROOT, ANONYMOUS(1, 2), MADE(3, 2, RO)});
}

SCENARIO(its_size_is_bounded_as_any)
{
	PLAY({ALICE, ANONYMOUS(0, false), FAILS(BAD_SIZE)},
		{ALICE, ANONYMOUS((1 << 20) + 1, false), FAILS(TOO_BIG)},
		{ALICE, ANONYMOUS(UINT64_MAX, false), FAILS(TOO_BIG)},
		{ALICE, ANONYMOUS(1 << 20, false), MADE(1, 0, RW)});
}

/* One entry without a name; a list shows the blank between two of them. */
SCENARIO(its_owner_and_root_see_it_listed)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)},
		{ALICE, ANONYMOUS(1, true), MADE(2, 1, RO)}, {ALICE, LIST(0, ""), LISTED(0, " ")},
		{ALICE_TOO, LIST(0, ""), LISTED(0, " ")}, {ROOT, LIST(0, ""), LISTED(0, " ")},
		{ALICE, LIST(0, "/"), LISTED(0, "")},
		{BOB, CREATE("/b", 1, 0600), OPENED(3, 1, 0, RW)},
		{BOB, LIST(0, ""), LISTED(0, "/b")});
}

SCENARIO(it_does_not_wait_for_a_deadline)
{
	PLAY({ALICE, ANONYMOUS(1, false), MADE(1, 0, RW)}, {ALICE, PASSES(1000000)},
		{ALICE, REDEEM(1), OPENED(1, 1, 1, RW)}, {ALICE, CLOSE(0)}, {ALICE, CLOSE(1)},
		{ALICE, PASSES(1)}, {ALICE, REDEEM(1), FAILS(NOT_FOUND)});
}
