/* SPDX-License-Identifier: MIT */
/*
 * Numbers and their units, as people write them. Each units_parse_ function returns NULL, or the
 * reason why the text is refused, in words for people; *out is set only with NULL. maximum: the
 * largest result.
 */
#ifndef PRSHM_BASE_UNITS_H
#define PRSHM_BASE_UNITS_H

#include <stdint.h>

/* Digits, and nothing else. */
const char *units_parse_number(const char *text, uint64_t maximum, uint64_t *out);

/*
 * 100, 64K, 10M, 2G, 1T; k, KB and KiB mean the same as K: 1024. Blanks before the unit do not
 * count.
 */
const char *units_parse_amount(const char *text, uint64_t maximum, uint64_t *out);

/* 90, 90s, 5 min, 2h, 1d: seconds. */
const char *units_parse_seconds(const char *text, uint64_t maximum, uint64_t *out);

/* "1 client", "2 clients". Returns out. */
#define UNITS_COUNT_MAX 48
const char *units_count(uint64_t number, const char *thing, char out[UNITS_COUNT_MAX]);

#endif
