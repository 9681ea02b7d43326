/* SPDX-License-Identifier: MIT */
/*
 * Lies in the answer to several opens: what is wrong with one of them is an error of that one, what
 * is wrong with the answer is an error of the call; never a crash, a hang or a leaked descriptor.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "include/prshm-client.h"
#include "tests/client/fake-broker.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define NAMES 4
#define LIED  1 /* which one of them most lies are about */

static const char *const names[NAMES] = {"/a", "/b", "/c", "/d"};
static const struct prshm_options options;
static PRSharedMemory *const untouched = (PRSharedMemory *)&options;

static struct fake_broker fake;

static bool tell(struct fake_answer *answer)
{
	fake_encode(answer);
	return true;
}

static struct wire_outcome get(const struct fake_answer *answer, size_t which)
{
	size_t at = which * WIRE_SIZE_outcome;
	struct wire_outcome outcome = {0};

	wire_get_outcome(answer->tail, sizeof(answer->tail), &at, &outcome);
	return outcome;
}

static void put(struct fake_answer *answer, size_t which, struct wire_outcome outcome)
{
	size_t at = which * WIRE_SIZE_outcome;

	wire_put_outcome(answer->tail, sizeof(answer->tail), &at, &outcome);
}

static void drop_last_fd(struct fake_answer *answer)
{
	close(answer->fds[--answer->fd_count]);
}

static bool fails_with(struct fake_answer *answer, uint32_t status)
{
	struct wire_outcome outcome = get(answer, LIED);

	outcome.status = status;
	put(answer, LIED, outcome);
	drop_last_fd(answer);
	answer->reply.header.fds--;
	return tell(answer);
}

static bool nothing_done(struct fake_answer *answer)
{
	while (answer->fd_count > 0)
		drop_last_fd(answer);
	answer->reply.header.fds = 0;
	answer->reply.opened_many.count = 0;
	answer->reply.tail_length = 0;
	return tell(answer);
}

static bool more_than_was_asked(struct fake_answer *answer)
{
	answer->reply.opened_many.count++;
	put(answer, NAMES, (struct wire_outcome){.status = STATUS_NOT_FOUND});
	answer->reply.tail_length += WIRE_SIZE_outcome;
	return tell(answer);
}

static bool a_count_beyond_the_tail(struct fake_answer *answer)
{
	answer->reply.tail_length -= WIRE_SIZE_outcome;
	return tell(answer);
}

static bool a_count_of_all_there_can_be(struct fake_answer *answer)
{
	answer->reply.opened_many.count = UINT32_MAX;
	return tell(answer);
}

static bool half_an_outcome(struct fake_answer *answer)
{
	answer->reply.tail_length -= WIRE_SIZE_outcome / 2;
	return tell(answer);
}

static bool a_byte_behind_the_last(struct fake_answer *answer)
{
	answer->reply.tail_length++;
	return tell(answer);
}

static bool a_failure_with_a_descriptor(struct fake_answer *answer)
{
	struct wire_outcome outcome = get(answer, LIED);

	outcome.status = STATUS_DENIED;
	put(answer, LIED, outcome);
	return tell(answer);
}

static bool one_without_a_descriptor(struct fake_answer *answer)
{
	drop_last_fd(answer);
	answer->reply.header.fds--;
	return tell(answer);
}

static bool an_undeclared_descriptor(struct fake_answer *answer)
{
	answer->fds[answer->fd_count++] = fake_memory(FAKE_SIZE, FAKE_SEALS);
	return tell(answer);
}

static bool many_undeclared_descriptors(struct fake_answer *answer)
{
	while (answer->fd_count < WIRE_FDS_MAX + 1)
		answer->fds[answer->fd_count++] = fake_memory(FAKE_SIZE, FAKE_SEALS);
	return tell(answer);
}

static bool more_descriptors_than_there_may_be(struct fake_answer *answer)
{
	answer->reply.header.fds = WIRE_FDS_MAX + 1;
	return many_undeclared_descriptors(answer);
}

static bool ask_again_for_ever(struct fake_answer *answer)
{
	while (answer->fd_count > 0) {
		drop_last_fd(answer);
		put(answer, answer->fd_count, (struct wire_outcome){.status = STATUS_RESTARTED});
	}
	answer->reply.header.fds = 0;
	return tell(answer);
}

#define LIE(lie)                                                                                   \
	{                                                                                          \
#lie, lie                                                                          \
	}

static const struct {
	const char *name;
	fake_lie *lie;
} lies[] = {
	LIE(nothing_done),
	LIE(more_than_was_asked),
	LIE(a_count_beyond_the_tail),
	LIE(a_count_of_all_there_can_be),
	LIE(half_an_outcome),
	LIE(a_byte_behind_the_last),
	LIE(a_failure_with_a_descriptor),
	LIE(one_without_a_descriptor),
	LIE(an_undeclared_descriptor),
	LIE(many_undeclared_descriptors),
	LIE(more_descriptors_than_there_may_be),
	LIE(ask_again_for_ever),
};

static void close_all(PRSharedMemory **handles)
{
	for (size_t i = 0; i < NAMES; i++) {
		if (handles[i])
			ck_assert_int_eq(PR_CloseSharedMemory(handles[i]), PR_SUCCESS);
	}
}

static void open_and_close(void)
{
	PRSharedMemory *handles[NAMES];
	enum prshm_result results[NAMES];

	ck_assert_int_eq(prshm_open_many(names, NAMES, &options, handles, results), PRSHM_OK);
	for (size_t i = 0; i < NAMES; i++)
		ck_assert_int_eq(results[i], PRSHM_OK);
	close_all(handles);
}

static void expect_failure(enum prshm_result wanted)
{
	PRSharedMemory *handles[NAMES] = {untouched, untouched, untouched, untouched};
	enum prshm_result results[NAMES] = {99, 99, 99, 99};

	ck_assert_int_eq(prshm_open_many(names, NAMES, &options, handles, results), wanted);
	for (size_t i = 0; i < NAMES; i++) {
		ck_assert_ptr_eq(handles[i], untouched);
		ck_assert_int_eq(results[i], 99);
	}
}

FIXTURE(NULL, NULL, .uncounted = true);

TEST_LOOP(
	each_lie_about_all_of_them_is_an_error_and_nothing_is_open, sizeof(lies) / sizeof(lies[0]))
{
	size_t fds;

	/* Who is told to ask again does, a few times. */
	fake_broker_start(&fake, lies[_i].lie, 2, lies[_i].lie == ask_again_for_ever ? 9 : 2);
	open_and_close();
	fds = process_count_fds(0);
	expect_failure(PRSHM_BROKEN);
	open_and_close();
	ck_assert_uint_eq(process_count_fds(0), fds);
	fake_broker_stop(&fake);
}

static bool memory_without_seals(struct fake_answer *answer)
{
	close(answer->fds[LIED]);
	answer->fds[LIED] = fake_memory(FAKE_SIZE, 0);
	return tell(answer);
}

static bool memory_smaller_than_told(struct fake_answer *answer)
{
	close(answer->fds[LIED]);
	answer->fds[LIED] = fake_memory(FAKE_SIZE - 1, FAKE_SEALS);
	return tell(answer);
}

static bool a_file_of_another_kind(struct fake_answer *answer)
{
	close(answer->fds[LIED]);
	answer->fds[LIED] = open("/dev/zero", O_RDWR | O_CLOEXEC);
	return tell(answer);
}

static bool a_descriptor_without_access(struct fake_answer *answer)
{
	struct wire_outcome outcome = get(answer, LIED);

	outcome.access = 0;
	put(answer, LIED, outcome);
	return tell(answer);
}

static bool a_status_of_no_table(struct fake_answer *answer)
{
	return fails_with(answer, 999);
}

static bool a_status_that_no_16_bits_hold(struct fake_answer *answer)
{
	return fails_with(answer, INT_MAX);
}

static bool a_negative_status(struct fake_answer *answer)
{
	return fails_with(answer, UINT32_MAX);
}

static const struct {
	const char *name;
	fake_lie *lie;
	enum prshm_result result;
} small_lies[] = {
	{"memory_without_seals", memory_without_seals, PRSHM_BROKEN},
	{"memory_smaller_than_told", memory_smaller_than_told, PRSHM_BROKEN},
	{"a_file_of_another_kind", a_file_of_another_kind, PRSHM_BROKEN},
	{"a_descriptor_without_access", a_descriptor_without_access, PRSHM_BROKEN},
	{"a_status_of_no_table", a_status_of_no_table, PRSHM_BROKEN},
	{"a_status_that_no_16_bits_hold", a_status_that_no_16_bits_hold, PRSHM_BROKEN},
	{"a_negative_status", a_negative_status, PRSHM_BROKEN},
};

TEST_LOOP(each_lie_about_one_of_them_is_an_error_of_that_one,
	sizeof(small_lies) / sizeof(small_lies[0]))
{
	PRSharedMemory *handles[NAMES];
	enum prshm_result results[NAMES];
	size_t fds;

	fake_broker_start(&fake, small_lies[_i].lie, 2, 2);
	open_and_close();
	fds = process_count_fds(0);
	ck_assert_int_eq(prshm_open_many(names, NAMES, &options, handles, results), PRSHM_OK);
	for (size_t i = 0; i < NAMES; i++) {
		ck_assert_msg(results[i] == (i == LIED ? small_lies[_i].result : PRSHM_OK),
			"%s: name %zu: %s", small_lies[_i].name, i, prshm_strerror(results[i]));
		ck_assert_int_eq(handles[i] == NULL, i == LIED);
	}
	ck_assert_uint_eq(process_count_fds(0), fds + NAMES - 1);
	close_all(handles);
	open_and_close();
	ck_assert_uint_eq(process_count_fds(0), fds);
	fake_broker_stop(&fake);
}

/* What a full descriptor table here looks like. */
static bool fewer_descriptors_than_declared(struct fake_answer *answer)
{
	drop_last_fd(answer);
	drop_last_fd(answer);
	return tell(answer);
}

static size_t closes_of(uint32_t handle)
{
	size_t count = 0;

	for (size_t i = 0; i < fake.log->count; i++)
		count += fake.log->messages[i].op == WIRE_OP_CLOSE &&
			 fake.log->messages[i].handle == handle;
	return count;
}

TEST(handles_whose_descriptors_did_not_come_are_given_back)
{
	PRSharedMemory *handles[NAMES];
	enum prshm_result results[NAMES];

	fake_broker_start(&fake, fewer_descriptors_than_declared, 1, 1);
	ck_assert_int_eq(prshm_open_many(names, NAMES, &options, handles, results), PRSHM_OK);
	for (size_t i = 0; i < NAMES; i++)
		ck_assert_int_eq(results[i], i < 2 ? PRSHM_OK : PRSHM_NO_DESCRIPTOR);
	ck_assert_int_eq(prshm_delete("/x"), PRSHM_OK); /* behind the CLOSEs */
	for (uint32_t i = 0; i < NAMES; i++)
		ck_assert_uint_eq(closes_of(1000 + i), i >= 2);
	close_all(handles);
	fake_broker_stop(&fake);
}

/* One at a time, as a broker that is short of descriptors. */
static bool only_the_first(struct fake_answer *answer)
{
	while (answer->fd_count > 1)
		drop_last_fd(answer);
	answer->reply.header.fds = 1;
	answer->reply.opened_many.count = 1;
	answer->reply.tail_length = WIRE_SIZE_outcome;
	return tell(answer);
}

static bool the_second_is_to_be_asked_again(struct fake_answer *answer)
{
	return fails_with(answer, STATUS_RESTARTED);
}

TEST_LOOP(what_was_not_done_is_asked_again, 2)
{
	fake_lie *const ways[] = {only_the_first, the_second_is_to_be_asked_again};
	const size_t requests[] = {NAMES, 2};

	fake_broker_start(&fake, ways[_i], 1, _i == 0 ? 3 : 1);
	open_and_close();
	ck_assert_int_eq(prshm_delete("/x"), PRSHM_OK);
	for (size_t i = 0; i < requests[_i]; i++)
		ck_assert_int_eq(fake.log->messages[i].op, WIRE_OP_OPEN_MANY);
	ck_assert_uint_eq(fake.log->count, requests[_i] + NAMES + 1);
	fake_broker_stop(&fake);
}

static bool only_the_first_and_then_the_end(struct fake_answer *answer)
{
	static int number;

	return number++ == 0 ? only_the_first(answer) : false;
}

TEST(what_was_open_when_the_broker_went_is_closed)
{
	size_t fds;

	fake_broker_start(&fake, only_the_first_and_then_the_end, 2, INT_MAX);
	open_and_close();
	fds = process_count_fds(0);
	expect_failure(PRSHM_NO_BROKER);
	ck_assert_uint_eq(process_count_fds(0), fds - 1); /* the connection is gone as well */
	fake_broker_stop(&fake);
}
