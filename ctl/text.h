/* SPDX-License-Identifier: MIT */
/*
 * Bytes, sizes and times, as people read and write them. The caller frees what is returned as char
 * *. No function returns NULL: without memory the process ends.
 */
#ifndef PRSHM_CTL_TEXT_H
#define PRSHM_CTL_TEXT_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Ends the process if pointer is NULL: there was no memory. */
void *text_need(void *allocated);

/*
 * A name on one line and in one word: what is not printable here, spaces and backslashes are \xNN,
 * which printf(1) turns back with %b.
 */
char *text_escape(const char *text);

/* A line of a message: as above, but spaces and backslashes stay. */
char *text_escape_line(const char *text);

/* As vprintf(3), escaped as above, with a new line at the end. */
__attribute__((format(printf, 2, 0))) void text_print_line(
	FILE *to, const char *format, va_list arguments);

/* A name as a word for a shell: itself, or $'...', which bash, zsh and ksh know. */
char *text_quote(const char *text);

/*
 * A JSON string, with its quotes. JSON is UTF-8 and a name need not be: a byte that is not is
 * written as \udcNN, which Python's os.fsencode() turns back (its "surrogateescape").
 */
void text_print_json(const char *text, FILE *to);

#define TEXT_NUMBER_MAX 32

/* "512", "64K", "1.5M": cut, never rounded up, so that nothing looks larger than it is. */
const char *text_size(uint64_t bytes, char out[TEXT_NUMBER_MAX]);
/* "40s", "5min", "3h", "12d". */
const char *text_duration(uint64_t seconds, char out[TEXT_NUMBER_MAX]);
/* "2026-11-22 01:06:14", in the local zone. */
const char *text_time(uint64_t seconds, char out[TEXT_NUMBER_MAX]);

/* "1 segment", "2 segments". */
#define TEXT_COUNT_MAX 64
const char *text_count(uint64_t number, const char *thing, char out[TEXT_COUNT_MAX]);

/* Digits, and nothing else, from least to most. */
bool text_parse_number(const char *text, uint64_t least, uint64_t most, uint64_t *number);
/* As prshmd.conf(5) has them: 4096, 64K, 64KiB, 1MB, 2g; and 500ms, 90, 90s, 10min, 2h, 1d. */
bool text_parse_size(const char *text, size_t *bytes);
bool text_parse_ms(const char *text, uint64_t *milliseconds);
/* Whole seconds only: so 500ms is none. */
bool text_parse_duration(const char *text, uint32_t *seconds);
#define TEXT_SECONDS_EXPECTED "expected a time in whole seconds: 90, 90s, 10min, 2h, 1d"

#endif
