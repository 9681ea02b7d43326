/* SPDX-License-Identifier: MIT */
/* The cases of test_journal. */
#ifndef PRSHM_TESTS_JOURNAL_CASES_H
#define PRSHM_TESTS_JOURNAL_CASES_H

#include <check.h>

void add_checksum_case(Suite *suite);
void add_file_case(Suite *suite);
void add_full_case(Suite *suite);
void add_refused_case(Suite *suite);
void add_random_case(Suite *suite);
void add_cut_case(Suite *suite);

#endif
