/* SPDX-License-Identifier: MIT */
/* What the tests of watching do over and over. */
#include "tests/watch/watch-case.h"

#include <check.h>
#include <poll.h>
#include <string.h>

#define PATIENCE 60000 /* milliseconds: what only a hang takes */

struct prshm_watcher *watch_begin(const char *prefix, unsigned int events, unsigned int flags)
{
	struct prshm_watcher *watch = NULL;

	ck_assert_str_eq(prshm_strerror(prshm_watch(prefix, events, flags, &watch)), "done");
	return watch;
}

enum prshm_result watch_await(struct prshm_watcher *watch, struct prshm_event *event)
{
	struct pollfd polled = {.fd = prshm_watch_fd(watch), .events = POLLIN};
	enum prshm_result result = prshm_watch_next(watch, event);

	while (result == PRSHM_AGAIN) {
		ck_assert_int_eq(poll(&polled, 1, PATIENCE), 1);
		result = prshm_watch_next(watch, event);
	}
	return result;
}

void watch_expect(
	struct prshm_watcher *watch, unsigned int kind, const char *name, struct prshm_event *out)
{
	struct prshm_event event;

	ck_assert_str_eq(prshm_strerror(watch_await(watch, &event)), "done");
	ck_assert_msg(
		event.kind == kind, "0x%x of \"%s\" instead of 0x%x", event.kind, event.name, kind);
	ck_assert_uint_eq(strlen(event.name), event.name_length);
	if (name)
		ck_assert_str_eq(event.name, name);
	if (out)
		*out = event;
}

PRSharedMemory *watch_create(const char *name, mode_t mode)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE | PRSHM_EXCL, .size = 4096, .rights.mode = mode};
	PRSharedMemory *handle = NULL;

	ck_assert_str_eq(prshm_strerror(prshm_open(name, &options, &handle)), "done");
	return handle;
}

void watch_flash(const char *name)
{
	PR_CloseSharedMemory(watch_create(name, 0600));
	ck_assert_int_eq(PR_DeleteSharedMemory(name), PR_SUCCESS);
}
