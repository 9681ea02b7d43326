/* SPDX-License-Identifier: MIT */
/* Watching: what is told, to whom who asked for it, and what becomes of who does not listen. */
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/watch/watch-case.h"

#define PATIENCE   60000 /* milliseconds: what only a hang takes */
#define NOBODY_DID ((uid_t)-1)

static void expect_nothing(struct prshm_watcher *watch)
{
	struct prshm_event event;

	ck_assert_int_eq(prshm_watch_next(watch, &event), PRSHM_AGAIN);
}

FIXTURE(CLIENT_FIXTURE);

TEST(each_event_is_told_in_its_order)
{
	struct prshm_watcher *watch = watch_begin("/w/", PRSHM_EVENT_ALL, 0);
	PRSharedMemory *handle = watch_create("/w/a", 0600);
	const struct prshm_options options = {0};
	const struct prshm_rights rights = {.mode = 0640};
	PRSharedMemory *second;

	ck_assert_int_eq(prshm_open("/w/a", &options, &second), PRSHM_OK);
	ck_assert_int_eq(prshm_set_rights("/w/a", &rights), PRSHM_OK);
	ck_assert_int_eq(prshm_set_owner("/w/a", (uid_t)-1, getegid()), PRSHM_OK);
	PR_CloseSharedMemory(second);
	PR_CloseSharedMemory(handle);
	PR_DeleteSharedMemory("/w/a");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_OPENED, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_OPENED, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_RIGHTS, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_RIGHTS, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_CLOSED, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_CLOSED, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_UNUSED, "/w/a", NULL);
	watch_expect(watch, PRSHM_EVENT_DELETED, "/w/a", NULL);
	expect_nothing(watch);
	prshm_watch_free(watch);
}

TEST(an_event_tells_when_what_and_by_whom)
{
	struct prshm_watcher *watch = watch_begin("", PRSHM_EVENT_CREATED | PRSHM_EVENT_DELETED, 0);
	struct prshm_event made;
	struct prshm_event gone;
	struct wire_stated stated;
	struct timespec now;

	PR_CloseSharedMemory(watch_create("/told", 0600));
	ck_assert_int_eq(client_stat("/told", &stated), STATUS_OK);
	PR_DeleteSharedMemory("/told");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/told", &made);
	watch_expect(watch, PRSHM_EVENT_DELETED, "/told", &gone);
	clock_gettime(CLOCK_REALTIME, &now);
	ck_assert_uint_eq(made.segment, stated.segment);
	ck_assert_uint_eq(made.size, 4096);
	ck_assert_uint_eq(made.uid, geteuid());
	ck_assert_int_eq(made.pid, getpid());
	ck_assert_uint_eq(gone.segment, made.segment);
	ck_assert_uint_le(made.time, gone.time);
	ck_assert_uint_le(gone.time / 1000000000, (uint64_t)now.tv_sec);
	ck_assert_uint_ge(gone.time / 1000000000, (uint64_t)now.tv_sec - 3600);
	prshm_watch_free(watch);
}

TEST(what_expires_was_removed_by_nobody)
{
	const struct prshm_options options = {.flags = PRSHM_CREATE,
		.size = 1,
		.rights.mode = 0600,
		.lifetime = PRSHM_UNTIL_UNUSED};
	struct prshm_watcher *watch = watch_begin(
		"/brief", PRSHM_EVENT_UNUSED | PRSHM_EVENT_EXPIRED | PRSHM_EVENT_DELETED, 0);
	struct prshm_event event;
	PRSharedMemory *handle;

	ck_assert_int_eq(prshm_open("/brief", &options, &handle), PRSHM_OK);
	PR_CloseSharedMemory(handle);
	watch_expect(watch, PRSHM_EVENT_UNUSED, "/brief", &event);
	ck_assert_int_eq(event.pid, getpid());
	watch_expect(watch, PRSHM_EVENT_EXPIRED, "/brief", &event);
	ck_assert_int_eq(event.pid, 0);
	ck_assert_uint_eq(event.uid, NOBODY_DID);
	prshm_watch_free(watch);
}

TEST(a_process_that_dies_closes_what_it_had)
{
	struct prshm_watcher *watch = watch_begin("/", PRSHM_EVENT_CLOSED | PRSHM_EVENT_UNUSED, 0);
	struct prshm_event event;
	pid_t child = fork();

	if (child == 0) {
		watch_create("/of-the-dead", 0600);
		_exit(0);
	}
	process_join(child);
	watch_expect(watch, PRSHM_EVENT_CLOSED, "/of-the-dead", &event);
	ck_assert_int_eq(event.pid, child);
	watch_expect(watch, PRSHM_EVENT_UNUSED, "/of-the-dead", NULL);
	PR_DeleteSharedMemory("/of-the-dead");
	prshm_watch_free(watch);
}

TEST(deletion_is_the_last_that_is_told_of_a_segment)
{
	struct prshm_watcher *watch = watch_begin("/last", PRSHM_EVENT_ALL, 0);
	PRSharedMemory *handle = watch_create("/last", 0600);

	PR_DeleteSharedMemory("/last");
	PR_CloseSharedMemory(handle);
	watch_flash("/last/but-one");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/last", NULL);
	watch_expect(watch, PRSHM_EVENT_OPENED, "/last", NULL);
	watch_expect(watch, PRSHM_EVENT_DELETED, "/last", NULL);
	watch_expect(watch, PRSHM_EVENT_CREATED, "/last/but-one", NULL);
	prshm_watch_free(watch);
}

TEST(only_what_was_asked_for_is_told)
{
	struct prshm_watcher *prefix = watch_begin("/p/a", PRSHM_EVENT_DELETED, 0);
	struct prshm_watcher *exact = watch_begin("/p//./a", PRSHM_EVENT_CREATED, PRSHM_EXACT);
	struct prshm_watcher *all = watch_begin("", PRSHM_EVENT_CREATED, 0);
	static const char *const names[] = {"/p/b", "/p", "/p/ab", "/p/a/b", "/p/a", "/q"};

	for (size_t i = 0; i < 6; i++)
		watch_flash(names[i]);
	watch_expect(prefix, PRSHM_EVENT_DELETED, "/p/ab", NULL);
	watch_expect(prefix, PRSHM_EVENT_DELETED, "/p/a/b", NULL);
	watch_expect(prefix, PRSHM_EVENT_DELETED, "/p/a", NULL);
	watch_expect(exact, PRSHM_EVENT_CREATED, "/p/a", NULL);
	for (size_t i = 0; i < 6; i++)
		watch_expect(all, PRSHM_EVENT_CREATED, names[i], NULL);
	expect_nothing(prefix);
	expect_nothing(exact);
	expect_nothing(all);
	prshm_watch_free(prefix);
	prshm_watch_free(exact);
	prshm_watch_free(all);
}

TEST(a_name_comes_as_it_is)
{
	struct prshm_watcher *watch = watch_begin("/\n", PRSHM_EVENT_CREATED, 0);

	watch_flash("/\n \x1b[31m\xff\xc3");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/\n \x1b[31m\xff\xc3", NULL);
	prshm_watch_free(watch);
}

static bool is_readable(const struct prshm_watcher *watch)
{
	struct pollfd polled = {.fd = prshm_watch_fd(watch), .events = POLLIN};

	return poll(&polled, 1, 0) == 1;
}

static void await_readable(const struct prshm_watcher *watch)
{
	struct pollfd polled = {.fd = prshm_watch_fd(watch), .events = POLLIN};

	ck_assert_int_eq(poll(&polled, 1, PATIENCE), 1);
}

TEST(the_descriptor_is_readable_while_there_is_an_event)
{
	struct prshm_watcher *watch = watch_begin("/r", PRSHM_EVENT_ALL, 0);

	struct prshm_event event;

	ck_assert(!is_readable(watch));
	watch_flash("/r");
	/* Five, in one message mostly. */
	do {
		await_readable(watch);
	} while (prshm_watch_next(watch, &event) != PRSHM_OK || event.kind != PRSHM_EVENT_DELETED);
	ck_assert(!is_readable(watch));
	watch_flash("/r");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/r", NULL);
	prshm_watch_free(watch);
}

#define CROWD 200

TEST(a_crowd_of_watchers_hears_all_of_it)
{
	struct prshm_watcher *watches[CROWD];

	for (size_t i = 0; i < CROWD; i++)
		watches[i] = watch_begin("/crowd/", PRSHM_EVENT_CREATED | PRSHM_EVENT_DELETED, 0);
	for (int i = 0; i < 3; i++)
		watch_flash("/crowd/x");
	for (size_t i = 0; i < CROWD; i++) {
		for (int j = 0; j < 3; j++) {
			watch_expect(watches[i], PRSHM_EVENT_CREATED, "/crowd/x", NULL);
			watch_expect(watches[i], PRSHM_EVENT_DELETED, "/crowd/x", NULL);
		}
		if (i % 2 == 0)
			prshm_watch_free(watches[i]);
	}
	watch_flash("/crowd/y");
	for (size_t i = 1; i < CROWD; i += 2) {
		watch_expect(watches[i], PRSHM_EVENT_CREATED, "/crowd/y", NULL);
		prshm_watch_free(watches[i]);
	}
}

/* Resident memory tells nothing of a broker that keeps what it freed, to see it used again. */
#ifndef __has_feature
#define __has_feature(feature) 0
#endif
#if defined(__SANITIZE_ADDRESS__) || __has_feature(address_sanitizer)
#define GROWTH_MAX (1L << 20) /* kilobytes */
#else
#define GROWTH_MAX 2048L
#endif

static long broker_kilobytes(void)
{
	char path[64];
	char line[256];
	long kilobytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)client_broker.pid);
	file = fopen(path, "r");
	ck_assert_ptr_nonnull(file);
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "VmRSS: %ld", &kilobytes) == 1)
			break;
	}
	fclose(file);
	ck_assert_int_gt(kilobytes, 0);
	return kilobytes;
}

#define FLOOD 20000 /* of five events each */

TEST(who_does_not_listen_is_told_once_that_it_missed_some)
{
	struct prshm_watcher *watch = watch_begin("/flood", PRSHM_EVENT_ALL, 0);
	struct prshm_event event;
	unsigned int heard = 0;
	long before;

	for (int i = 0; i < FLOOD / 2; i++)
		watch_flash("/flood");
	before = broker_kilobytes();
	for (int i = 0; i < FLOOD / 2; i++)
		watch_flash("/flood");
	ck_assert_int_lt(broker_kilobytes(), before + GROWTH_MAX);
	while (watch_await(watch, &event) == PRSHM_OK && event.kind != PRSHM_EVENT_OVERFLOW)
		heard++;
	ck_assert_uint_gt(heard, 0);
	ck_assert_uint_lt(heard, 1000);
	ck_assert_uint_eq(event.name_length, 0);
	watch_flash("/flood/after");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/flood/after", NULL);
	prshm_watch_free(watch);
}

TEST(a_child_of_fork_has_no_watch)
{
	struct prshm_watcher *watch = watch_begin("/f", PRSHM_EVENT_CREATED, 0);
	pid_t child = fork();

	if (child == 0) {
		struct prshm_event event;
		const bool closed = prshm_watch_fd(watch) == -1 &&
				    prshm_watch_next(watch, &event) == PRSHM_INVALID;

		prshm_watch_free(watch);
		_exit(!closed);
	}
	process_join(child);
	watch_flash("/f");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/f", NULL);
	prshm_watch_free(watch);
}

TEST(another_broker_is_found_and_what_was_missed_is_told)
{
	struct prshm_watcher *watch = watch_begin("/n", PRSHM_EVENT_CREATED, 0);
	const int fd = prshm_watch_fd(watch);
	PRSharedMemory *handle;

	for (int i = 0; i < 3; i++) {
		broker_process_kill(&client_broker, SIGKILL);
		broker_process_restart(&client_broker, NULL);
		watch_expect(watch, PRSHM_EVENT_OVERFLOW, "", NULL);
		handle = watch_create("/n", 0600);
		watch_expect(watch, PRSHM_EVENT_CREATED, "/n", NULL);
		PR_CloseSharedMemory(handle);
	}
	ck_assert_int_eq(prshm_watch_fd(watch), fd);
	prshm_watch_free(watch);
}

TEST(a_broker_that_is_gone_is_told_once)
{
	struct prshm_watcher *watch = watch_begin("/n", PRSHM_EVENT_CREATED, 0);
	struct prshm_event event;
	char aside[128];

	snprintf(aside, sizeof(aside), "%s.aside", client_broker.socket);
	ck_assert_int_eq(rename(client_broker.socket, aside), 0);
	broker_process_kill(&client_broker, SIGKILL);
	ck_assert_int_eq(watch_await(watch, &event), PRSHM_NO_BROKER);
	for (int i = 0; i < 2; i++) { /* it tries again, in vain */
		expect_nothing(watch);
		await_readable(watch);
	}
	expect_nothing(watch);
	ck_assert_int_eq(rename(aside, client_broker.socket), 0);
	broker_process_restart(&client_broker, NULL);
	watch_expect(watch, PRSHM_EVENT_OVERFLOW, "", NULL);
	watch_flash("/n");
	watch_expect(watch, PRSHM_EVENT_CREATED, "/n", NULL);
	prshm_watch_free(watch);
}

TEST(what_cannot_be_watched_is_refused)
{
	struct prshm_watcher *watch = NULL;
	struct prshm_event event;
	char longest[PRSHM_NAME_MAX + 2];

	memset(longest, 'x', sizeof(longest));
	longest[0] = '/';
	longest[sizeof(longest) - 1] = '\0';
	ck_assert_int_eq(prshm_watch(NULL, 1, 0, &watch), PRSHM_INVALID);
	ck_assert_int_eq(prshm_watch("/", 1, 0, NULL), PRSHM_INVALID);
	ck_assert_int_eq(prshm_watch("/", 0, 0, &watch), PRSHM_INVALID);
	ck_assert_int_eq(prshm_watch("/", 0x100, 0, &watch), PRSHM_INVALID);
	ck_assert_int_eq(prshm_watch("/", 1, 2, &watch), PRSHM_INVALID);
	ck_assert_int_eq(prshm_watch(longest, 1, 0, &watch), PRSHM_BAD_NAME);
	ck_assert_int_eq(prshm_watch(longest, 1, PRSHM_EXACT, &watch), PRSHM_BAD_NAME);
	ck_assert_int_eq(prshm_watch("", 1, PRSHM_EXACT, &watch), PRSHM_BAD_NAME);
	ck_assert_int_eq(prshm_watch("/a/", 1, PRSHM_EXACT, &watch), PRSHM_BAD_NAME);
	ck_assert_ptr_null(watch);
	ck_assert_int_eq(prshm_watch_next(NULL, &event), PRSHM_INVALID);
	ck_assert_int_eq(prshm_watch_fd(NULL), -1);
	prshm_watch_free(NULL);
	longest[sizeof(longest) - 2] = '\0';
	prshm_watch_free(watch_begin(longest, 1, 0));
}
