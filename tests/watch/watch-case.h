/* SPDX-License-Identifier: MIT */
/* What the tests of watching do over and over; each in a client_case. */
#ifndef PRSHM_TESTS_WATCH_CASE_H
#define PRSHM_TESTS_WATCH_CASE_H

#include "include/prshm-client.h"

struct prshm_watcher *watch_begin(const char *prefix, unsigned int events, unsigned int flags);

/* Waits for the next event, which must be of that kind and about that name (NULL: any). */
void watch_expect(
	struct prshm_watcher *watch, unsigned int kind, const char *name, struct prshm_event *out);
/* Waits for what the next call says, but for PRSHM_AGAIN. */
enum prshm_result watch_await(struct prshm_watcher *watch, struct prshm_event *event);

/* Creates it, 4096 bytes, and keeps it open; fails the test unless that works. */
PRSharedMemory *watch_create(const char *name, mode_t mode);
/* Creates it, closes it and deletes it. */
void watch_flash(const char *name);

#endif
