/* SPDX-License-Identifier: MIT */
/*
 * prshm_open_many with a real broker: what it opens, what it says, and what is left when it fails.
 */
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "include/prshm-client.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define MAX       PRSHM_MANY_MAX
#define LONG_NAME 1000

static const struct prshm_options plain;
static PRSharedMemory *const untouched = (PRSharedMemory *)&plain;

struct several {
	char texts[MAX][WIRE_NAME_MAX + 1];
	const char *names[MAX];
	PRSharedMemory *handles[MAX];
	enum prshm_result results[MAX];
};

/*
 * Names of at least so many bytes; as many segments of as many bytes as their index, and one page.
 */
static struct several *make_several(size_t length)
{
	struct several *several = calloc(1, sizeof(*several));

	ck_assert_ptr_nonnull(several);
	for (size_t i = 0; i < MAX; i++) {
		struct prshm_options create = {
			.flags = PRSHM_CREATE, .size = 4096 + i, .rights.mode = 0600};
		char *text = several->texts[i];
		PRSharedMemory *handle;

		for (size_t k = 0; k < length; k++)
			text[k] = k % 200 == 0 ? '/' : 'x';
		sprintf(text + length, "/many%zu", i);
		several->names[i] = text;
		ck_assert_int_eq(prshm_open(text, &create, &handle), PRSHM_OK);
		ck_assert_int_eq(PR_CloseSharedMemory(handle), PR_SUCCESS);
	}
	return several;
}

static void open_many(struct several *several, size_t count, const struct prshm_options *options)
{
	ck_assert_int_eq(
		prshm_open_many(several->names, count, options, several->handles, several->results),
		PRSHM_OK);
}

static void expect_all_open(const struct several *several)
{
	for (size_t i = 0; i < MAX; i++) {
		ck_assert_msg(several->results[i] == PRSHM_OK, "%s: %s", several->names[i],
			prshm_strerror(several->results[i]));
		ck_assert_uint_eq(prshm_size(several->handles[i]), 4096 + i);
	}
}

static void close_open(struct several *several, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (several->handles[i])
			ck_assert_int_eq(PR_CloseSharedMemory(several->handles[i]), PR_SUCCESS);
		several->handles[i] = NULL;
	}
}

static uint64_t requests(void)
{
	struct prshm_broker_status status;

	ck_assert_int_eq(prshm_status(&status), PRSHM_OK);
	return status.requests[WIRE_OP_OPEN_MANY];
}

FIXTURE(CLIENT_UNPARKED_FIXTURE);

TEST(several_segments_are_opened_by_one_request)
{
	struct several *several = make_several(0);
	const uint64_t before = requests();
	char *memory;

	open_many(several, MAX, &plain);
	ck_assert_uint_eq(requests(), before + 1);
	expect_all_open(several);
	for (size_t i = 0; i < MAX; i += 9) {
		PRSharedMemory *again;

		memory = PR_AttachSharedMemory(several->handles[i], 0);
		ck_assert_ptr_nonnull(memory);
		memory[0] = (char)i;
		PR_DetachSharedMemory(several->handles[i], memory);
		ck_assert_int_eq(prshm_open(several->names[i], &plain, &again), PRSHM_OK);
		memory = PR_AttachSharedMemory(again, PR_SHM_READONLY);
		ck_assert_ptr_nonnull(memory);
		ck_assert_int_eq(memory[0], (char)i);
		PR_DetachSharedMemory(again, memory);
		PR_CloseSharedMemory(again);
	}
	client_await_holders(several->names[9], 1);
	close_open(several, MAX);
	client_await_holders(several->names[9], 0);
	free(several);
}

TEST(names_that_do_not_fit_into_one_request_take_several)
{
	struct several *several = make_several(LONG_NAME);
	const uint64_t before = requests();

	open_many(several, MAX, &plain);
	ck_assert_uint_ge(requests(), before + MAX * LONG_NAME / WIRE_MESSAGE_MAX);
	ck_assert_uint_le(requests(), before + MAX / 3 + 1);
	expect_all_open(several);
	close_open(several, MAX);
	free(several);
}

/* Where RLIMIT_NOFILE is 256, a reply brings 8 at most. */
TEST(a_broker_with_few_descriptors_does_it_in_parts)
{
	const struct broker_options few = {.descriptors = 256};
	struct several *several;
	uint64_t before;

	broker_process_kill(&client_broker, SIGTERM);
	broker_process_restart(&client_broker, &few);
	several = make_several(0);
	before = requests();
	open_many(several, MAX, &plain);
	ck_assert_uint_eq(requests(), before + MAX / 8);
	expect_all_open(several);
	close_open(several, MAX);
	free(several);
}

TEST(each_name_has_its_own_result)
{
	static const char *const names[] = {
		"/ours/a", "/none", "", "/ours/../ours//a", "/ours/a/", "/ours/small", "/ours/a"};
	static const enum prshm_result wanted[] = {PRSHM_OK, PRSHM_NOT_FOUND, PRSHM_BAD_NAME,
		PRSHM_OK, PRSHM_BAD_NAME, PRSHM_BAD_SIZE, PRSHM_OK};
	const struct prshm_options large = {.size = 4097};
	PRSharedMemory *handles[7];
	enum prshm_result results[7];
	PRSharedMemory *handle;

	for (int i = 0; i < 2; i++) {
		ck_assert_int_eq(prshm_open(i == 0 ? "/ours/a" : "/ours/small",
					 &(struct prshm_options){.flags = PRSHM_CREATE,
						 .size = i == 0 ? 8192 : 4096,
						 .rights.mode = 0600},
					 &handle),
			PRSHM_OK);
		PR_CloseSharedMemory(handle);
	}
	ck_assert_int_eq(prshm_open_many(names, 7, &large, handles, results), PRSHM_OK);
	for (size_t i = 0; i < 7; i++) {
		ck_assert_msg(results[i] == wanted[i], "%zu: %s", i, prshm_strerror(results[i]));
		ck_assert_int_eq(handles[i] != NULL, wanted[i] == PRSHM_OK);
	}
	ck_assert_ptr_ne(handles[0], handles[6]);
	client_await_holders("/ours/a", 3);
	for (size_t i = 0; i < 7; i++) {
		if (handles[i])
			PR_CloseSharedMemory(handles[i]);
	}
	client_await_holders("/ours/a", 0);
}

TEST(who_asks_to_read_only_gets_no_more)
{
	const struct prshm_options readonly = {.flags = PRSHM_READONLY};
	struct several *several = make_several(0);

	open_many(several, 2, &readonly);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(
			fcntl(prshm_fd(several->handles[i]), F_GETFL) & O_ACCMODE, O_RDONLY);
		ck_assert_ptr_null(PR_AttachSharedMemory(several->handles[i], 0));
	}
	close_open(several, 2);
	free(several);
}

static void expect_invalid(const char *const *names, size_t count,
	const struct prshm_options *options, bool handles_too, bool results_too)
{
	PRSharedMemory *handles[2] = {untouched, untouched};
	enum prshm_result results[2] = {99, 99};

	ck_assert_int_eq(prshm_open_many(names, count, options, handles_too ? handles : NULL,
				 results_too ? results : NULL),
		PRSHM_INVALID);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_ptr_eq(handles[i], untouched);
		ck_assert_int_eq(results[i], 99);
	}
}

TEST(arguments_out_of_range_are_invalid)
{
	static const char *const names[MAX + 1] = {"/a", "/b"};
	static const char *const missing[] = {"/a", NULL};
	const struct prshm_options create = {.flags = PRSHM_CREATE, .size = 1};
	const struct prshm_options exclusive = {.flags = PRSHM_EXCL};
	const struct prshm_options nspr = {.flags = 1};
	const struct prshm_options patient = {.wait_ms = 1};

	expect_invalid(NULL, 2, &plain, true, true);
	expect_invalid(names, 2, NULL, true, true);
	expect_invalid(names, 2, &plain, false, true);
	expect_invalid(names, 2, &plain, true, false);
	expect_invalid(names, MAX + 1, &plain, true, true);
	expect_invalid(names, SIZE_MAX, &plain, true, true);
	expect_invalid(missing, 2, &plain, true, true);
	expect_invalid(names, 2, &create, true, true);
	expect_invalid(names, 2, &exclusive, true, true);
	expect_invalid(names, 2, &nspr, true, true);
	expect_invalid(names, 2, &patient, true, true);
	ck_assert_int_eq(client_stat("/a", NULL), STATUS_NOT_FOUND);
}

TEST(no_names_are_no_request)
{
	const uint64_t before = requests();
	PRSharedMemory *handle = untouched;
	enum prshm_result result = 99;
	const char *name = "";

	ck_assert_int_eq(prshm_open_many(&name, 0, &plain, &handle, &result), PRSHM_OK);
	ck_assert_ptr_eq(handle, untouched);
	ck_assert_int_eq(prshm_open_many(&name, 1, &plain, &handle, &result), PRSHM_OK);
	ck_assert_int_eq(result, PRSHM_BAD_NAME);
	ck_assert_ptr_null(handle);
	ck_assert_uint_eq(requests(), before);
}

/* Room for so many descriptors in this process. */
static void leave_room(size_t room)
{
	struct rlimit limit;
	rlim_t end = 0;

	for (size_t free = 0; free < room || fcntl((int)end, F_GETFD) >= 0; end++)
		free += fcntl((int)end, F_GETFD) < 0;
	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit), 0);
	limit.rlim_cur = end;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
}

TEST_LOOP(what_finds_no_room_in_the_descriptor_table_is_given_back, 3)
{
	const size_t room = 5 * (size_t)_i;
	struct several *several = make_several(0);
	struct rlimit before;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &before), 0);
	leave_room(room);
	open_many(several, MAX, &plain);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &before), 0);
	for (size_t i = 0; i < MAX; i++) {
		ck_assert_msg(several->results[i] == (i < room ? PRSHM_OK : PRSHM_NO_DESCRIPTOR),
			"%zu: %s", i, prshm_strerror(several->results[i]));
		ck_assert_int_eq(several->handles[i] != NULL, i < room);
	}
	client_await_holders(several->names[room], 0);
	client_await_holders(several->names[MAX - 1], 0);
	close_open(several, MAX);
	open_many(several, MAX, &plain);
	expect_all_open(several);
	close_open(several, MAX);
	free(several);
}

static void child_without_standard_streams(struct several *several)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	if (prshm_open_many(several->names, 4, &plain, several->handles, several->results) !=
		PRSHM_OK)
		_exit(1);
	for (size_t i = 0; i < 4; i++) {
		if (several->results[i] != PRSHM_OK || prshm_fd(several->handles[i]) < 3)
			_exit(2);
	}
	_exit(0);
}

TEST(no_descriptor_takes_the_place_of_a_standard_stream)
{
	struct several *several = make_several(0);
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0)
		child_without_standard_streams(several);
	process_join(child);
	free(several);
}

static void *open_and_close_often(void *data)
{
	struct several *several = malloc(sizeof(*several));

	memcpy(several, data, sizeof(*several));
	for (int i = 0; i < 50; i++) {
		open_many(several, MAX, &plain);
		expect_all_open(several);
		close_open(several, MAX);
	}
	free(several);
	return NULL;
}

TEST(several_threads_may_do_it_at_once)
{
	struct several *several = make_several(0);
	pthread_t threads[4];

	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(
			pthread_create(&threads[i], NULL, open_and_close_often, several), 0);
	for (size_t i = 0; i < 4; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	client_await_holders(several->names[0], 0);
	free(several);
}
