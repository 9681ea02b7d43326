/* SPDX-License-Identifier: MIT */
/*
 * The values of the configuration: text to numbers. Each returns NULL, or what is wrong, for
 * people; *out is set only with NULL.
 */
#ifndef PRSHM_DAEMON_CONFIGURATION_VALUES_H
#define PRSHM_DAEMON_CONFIGURATION_VALUES_H

#include "daemon/core/policy.h"

const char *value_amount(const char *text, uint64_t *out);   /* 100, 64K, 10MB, 2GiB, 1T */
const char *value_duration(const char *text, uint32_t *out); /* 90, 90s, 5min, 2h, 1d: seconds */
const char *value_mode(const char *text, mode_t *out);       /* octal, up to 0777 */
const char *value_user(const char *text, uint32_t *out);     /* a name or a number */
const char *value_group(const char *text, uint32_t *out);
const char *value_lifetime(const char *text, uint32_t *out);
const char *value_preallocate(const char *text, enum preallocation *out);
const char *value_huge_pages(const char *text, enum huge_pages *out);

/* Append to what is there. Words separated by blanks or commas. */
const char *value_users(const char *text, struct id_list *out);
const char *value_groups(const char *text, struct id_list *out);
const char *value_entries(const char *text, struct name_rule *out); /* user:alice:rw group:7:r */

#endif
