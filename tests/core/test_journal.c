/* SPDX-License-Identifier: MIT */
/*
 * The journal is total: whatever the broker did, the next one is in the same state after a replay;
 * and whatever bytes are replayed, the state they give is a valid one.
 */
#include "tests/core/journal-cases.h"
#include "tests/testing.h"

int main(void)
{
	Suite *suite = suite_create("journal");

	add_checksum_case(suite);
	add_file_case(suite);
	add_full_case(suite);
	add_refused_case(suite);
	add_random_case(suite);
	add_cut_case(suite);
	return testing_run(suite);
}
