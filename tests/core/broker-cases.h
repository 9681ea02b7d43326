/* SPDX-License-Identifier: MIT */
/* The test cases of test_broker, one file each. */
#ifndef PRSHM_TESTS_BROKER_CASES_H
#define PRSHM_TESTS_BROKER_CASES_H

#include "tests/testing.h"

void add_open_case(Suite *suite);
void add_size_case(Suite *suite);
void add_name_case(Suite *suite);
void add_limit_case(Suite *suite);
void add_delete_case(Suite *suite);
void add_close_case(Suite *suite);
void add_stat_case(Suite *suite);
void add_list_case(Suite *suite);
void add_reopen_case(Suite *suite);
void add_ring_case(Suite *suite);
void add_descriptor_case(Suite *suite);
void add_anonymous_case(Suite *suite);
void add_rights_case(Suite *suite);
void add_owner_case(Suite *suite);
void add_explain_case(Suite *suite);
void add_policy_case(Suite *suite);
void add_lifetime_case(Suite *suite);
void add_watch_case(Suite *suite);
void add_holders_case(Suite *suite);
void add_accounts_case(Suite *suite);
void add_status_case(Suite *suite);
void add_observer_case(Suite *suite);
void add_many_case(Suite *suite);
void add_memory_case(Suite *suite);

#endif
