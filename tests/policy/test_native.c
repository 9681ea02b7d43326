/* SPDX-License-Identifier: MIT */
/* The calls of prshm-client.h: what each does, and every result that can be provoked. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/native-case.h"

FIXTURE(POLICY_FIXTURE);

TEST(arguments_out_of_range_are_invalid)
{
	const struct prshm_options create = CREATE(.rights.mode = 0600);
	const struct prshm_rights rights = {.mode = 0600};
	struct prshm_segment stat;
	PRSharedMemory *handle;
	bool allowed;

	policy_begin("");
	fail_to_open(NULL, &create, PRSHM_INVALID);
	fail_to_open("/a", NULL, PRSHM_INVALID);
	expect(prshm_open("/a", &create, NULL), PRSHM_INVALID);
	fail_to_open("/a", &CREATE(.lifetime = 3), PRSHM_INVALID);
	fail_to_open("/a", &CREATE(.unused = 1), PRSHM_INVALID);
	fail_to_open("/a", &CREATE(.reserved = {[0] = 1}), PRSHM_INVALID);
	fail_to_open("/a", &CREATE(.reserved = {[6] = 1}), PRSHM_INVALID);
	fail_to_open("/a", &(struct prshm_options){.flags = 8}, PRSHM_INVALID);
	fail_to_open("/a", &WITH(PRSHM_PREALLOCATE | PRSHM_NO_PREALLOCATE, 1), PRSHM_INVALID);
	expect(prshm_stat(NULL, &stat), PRSHM_INVALID);
	expect(prshm_stat("", &stat), PRSHM_BAD_NAME);
	expect(prshm_stat("/a", NULL), PRSHM_INVALID);
	expect(prshm_set_rights(NULL, &rights), PRSHM_INVALID);
	expect(prshm_set_rights("/a", NULL), PRSHM_INVALID);
	expect(prshm_set_owner(NULL, 1, 1), PRSHM_INVALID);
	expect(prshm_explain(NULL, PRSHM_READ, &allowed, NULL, 0), PRSHM_INVALID);
	ck_assert_int_eq(prshm_fd(NULL), -1);
	ck_assert_uint_eq(prshm_size(NULL), 0);
	handle = must_open("/a", create);
	end_handle(handle);
}

TEST(names_and_sizes_that_no_segment_has_are_refused)
{
	char long_name[2048];
	char long_part[400];

	policy_begin("[limits]\nsegment-bytes = 1M\n");
	memset(long_name, 'n', sizeof(long_name));
	memset(long_part, 'n', sizeof(long_part));
	for (size_t i = 0; i < sizeof(long_name); i += 100)
		long_name[i] = '/';
	long_name[sizeof(long_name) - 1] = '\0';
	long_part[0] = '/';
	long_part[sizeof(long_part) - 1] = '\0';
	fail_to_open("", &CREATE(), PRSHM_BAD_NAME);
	fail_to_open(long_name, &CREATE(), PRSHM_BAD_NAME);
	fail_to_open(long_part, &CREATE(), PRSHM_BAD_NAME);
	fail_to_open("/a/", &CREATE(), PRSHM_BAD_NAME);
	fail_to_open("/a", &WITH(PRSHM_CREATE, 0), PRSHM_BAD_SIZE);
	fail_to_open("/a", &WITH(PRSHM_CREATE, (1 << 20) + 1), PRSHM_TOO_BIG);
	fail_to_open("/a", &WITH(PRSHM_CREATE, SIZE_MAX), PRSHM_TOO_BIG);
	end_handle(must_open("/a", CREATE(.rights.mode = 0600)));
	fail_to_open("/a", &(struct prshm_options){.size = PAGE + 1}, PRSHM_BAD_SIZE);
	fail_to_open("/a", &WITH(PRSHM_CREATE | PRSHM_EXCL, 1), PRSHM_EXISTS);
	fail_to_open("/b", &(struct prshm_options){.flags = PRSHM_EXCL}, PRSHM_NOT_FOUND);
}

TEST(rights_that_no_segment_has_are_refused)
{
	static const struct prshm_rights table[] = {
		{.mode = 01000},
		{.entry_count = PRSHM_ENTRIES_MAX + 1},
		{.entry_count = SIZE_MAX},
		{.entry_count = 1, .entries = {{PRSHM_USER, 5, 0x10}}},
		{.entry_count = 1, .entries = {{PRSHM_USER, 5, 0x10001}}},
		{.entry_count = 1, .entries = {{(enum prshm_kind)3, 5, PRSHM_READ}}},
		{.entry_count = 1, .entries = {{(enum prshm_kind)0x10001, 5, PRSHM_READ}}},
		{.entry_count = 1, .entries = {{PRSHM_USER, UINT32_MAX, PRSHM_READ}}},
		{.entry_count = 2, .entries = {{PRSHM_GROUP, 5, 1}, {PRSHM_GROUP, 5, 3}}},
	};

	policy_begin("");
	end_handle(must_open("/there", CREATE(.rights.mode = 0600)));
	for (size_t i = 0; i < sizeof(table) / sizeof(*table); i++) {
		fail_to_open("/a", &CREATE(.rights = table[i]), PRSHM_BAD_RIGHTS);
		expect(prshm_set_rights("/there", &table[i]), PRSHM_BAD_RIGHTS);
	}
	ck_assert(!policy_exists("/a"));
}

/* As ALICE, who owns it: by no way does she get from the descriptor to writing. */
static void cannot_write(void *name)
{
	PRSharedMemory *handle =
		must_open(name, WITH(PRSHM_CREATE | PRSHM_READONLY, PAGE, .rights.mode = 0600));
	char path[64];
	int fd = prshm_fd(handle);

	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDONLY);
	ck_assert_ptr_eq(mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0), MAP_FAILED);
	ck_assert_int_lt(pwrite(fd, "x", 1, 0), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ck_assert_int_lt(open(path, O_RDWR | O_CLOEXEC), 0);
	ck_assert_int_lt(fchmod(fd, 0666), 0);
	ck_assert_int_lt(ftruncate(fd, 0), 0);
	ck_assert_ptr_null(PR_AttachSharedMemory(handle, 0));
	ck_assert_int_eq(PR_GetError(), PR_NO_ACCESS_RIGHTS_ERROR);
	ck_assert_ptr_nonnull(PR_AttachSharedMemory(handle, PR_SHM_READONLY));
	end_handle(handle);
	handle = must_open(name, (struct prshm_options){.flags = PRSHM_READONLY});
	ck_assert_int_eq(fcntl(prshm_fd(handle), F_GETFL) & O_ACCMODE, O_RDONLY);
	end_handle(handle);
	handle = must_open(name, (struct prshm_options){0});
	ck_assert_int_eq(fcntl(prshm_fd(handle), F_GETFL) & O_ACCMODE, O_RDWR);
	end_handle(handle);
}

TEST(a_readonly_handle_cannot_write_whoever_has_it)
{
	policy_begin("");
	user_as_uid(ALICE, cannot_write, (void *)"/a");
}

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_REALTIME, &time);
	return (uint64_t)time.tv_sec * 1000000000U + (uint64_t)time.tv_nsec;
}

TEST(stat_tells_all_that_was_asked_for)
{
	struct prshm_options options = WITH(PRSHM_CREATE | PRSHM_NO_PREALLOCATE, 3 * PAGE,
		.lifetime = PRSHM_UNTIL_UNUSED, .linger = 77,
		.rights = {.mode = 0751,
			.entry_count = 2,
			.entries = {{PRSHM_USER, ALICE, PRSHM_READ | PRSHM_DELETE},
				{PRSHM_GROUP, 7, 0}}});
	const uint64_t before = now();
	PRSharedMemory *handle;
	PRSharedMemory *second;
	struct prshm_segment stat;
	char *memory;

	policy_begin("");
	handle = must_open("/a", options);
	ck_assert_uint_eq(prshm_size(handle), 3 * PAGE);
	expect(prshm_stat("/a", &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.size, 3 * PAGE);
	ck_assert_uint_eq(stat.used, 0);
	/* The broker's loop knows the time to some milliseconds. */
	ck_assert_uint_ge(stat.created, before - 1000000000U);
	ck_assert_uint_le(stat.created, now() + 1000000000U);
	ck_assert_uint_eq(stat.opened, stat.created);
	ck_assert_uint_eq(stat.uid, 0);
	ck_assert_uint_eq(stat.gid, getegid());
	ck_assert_uint_eq(stat.rights.mode, 0751);
	ck_assert_uint_eq(stat.rights.entry_count, 2);
	for (size_t i = 0; i < 2; i++) {
		ck_assert_int_eq(stat.rights.entries[i].kind, options.rights.entries[i].kind);
		ck_assert_uint_eq(stat.rights.entries[i].id, options.rights.entries[i].id);
		ck_assert_uint_eq(stat.rights.entries[i].rights, options.rights.entries[i].rights);
	}
	ck_assert_int_eq(stat.lifetime, PRSHM_UNTIL_UNUSED);
	ck_assert_uint_eq(stat.linger, 77);
	ck_assert_uint_eq(stat.holders, 1);
	memory = PR_AttachSharedMemory(handle, 0);
	ck_assert_ptr_nonnull(memory);
	memory[0] = 'x';
	second = must_open("/a", (struct prshm_options){.size = PAGE});
	ck_assert_uint_eq(prshm_size(second), 3 * PAGE);
	expect(prshm_stat("/a", &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.used, PAGE);
	ck_assert_uint_eq(stat.holders, 2);
	ck_assert_uint_ge(stat.opened, stat.created);
	ck_assert_int_eq(PR_DetachSharedMemory(handle, memory), PR_SUCCESS);
	end_handle(handle);
	end_handle(second);
}

TEST(of_a_segment_that_exists_size_alone_is_looked_at)
{
	const struct prshm_options other =
		CREATE(.rights.mode = 0666, .lifetime = PRSHM_UNTIL_UNUSED, .linger = 5);
	struct prshm_segment stat;

	policy_begin("");
	end_handle(must_open("/a", CREATE(.rights.mode = 0600)));
	end_handle(must_open("/a", other));
	expect(prshm_stat("/a", &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.rights.mode, 0600);
	ck_assert_int_eq(stat.lifetime, PRSHM_KEPT);
	ck_assert_uint_eq(stat.linger, 0);
}

static void have_no_descriptor(void *data)
{
	const struct rlimit few = {8, 8};
	PRSharedMemory *handle;
	int fd;

	(void)data;
	end_handle(must_open("/first", CREATE(.rights.mode = 0600))); /* its ring is there now */
	setrlimit(RLIMIT_NOFILE, &few);
	do {
		fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
	} while (fd >= 0);
	handle = untouched;
	expect(prshm_open("/a", &CREATE(.rights.mode = 0600), &handle), PRSHM_NO_DESCRIPTOR);
	ck_assert_ptr_eq(handle, untouched);
	ck_assert(policy_exists("/a")); /* and the connection goes on */
}

TEST(without_a_descriptor_left_there_is_no_handle)
{
	policy_begin("");
	user_as_uid(ALICE, have_no_descriptor, NULL);
}

static void find_nobody(void *data)
{
	const struct prshm_rights rights = {.mode = 0600};
	struct prshm_segment stat;

	(void)data;
	setenv("PRSHM_SOCKET", "/nowhere/broker.sock", 1);
	fail_to_open("/a", &(struct prshm_options){0}, PRSHM_NO_BROKER);
	expect(prshm_stat("/a", &stat), PRSHM_NO_BROKER);
	expect(prshm_set_rights("/a", &rights), PRSHM_NO_BROKER);
	expect(prshm_set_owner("/a", 1, 1), PRSHM_NO_BROKER);
	expect(prshm_explain("/a", PRSHM_READ, NULL, NULL, 0), PRSHM_NO_BROKER);
}

TEST(without_a_broker_every_call_says_so)
{
	find_nobody(NULL);
}

TEST(every_result_has_a_sentence_of_its_own)
{
	for (int i = PRSHM_OK; i <= PRSHM_AGAIN; i++) {
		const char *text = prshm_strerror((enum prshm_result)i);

		ck_assert_uint_gt(strlen(text), 3);
		ck_assert_str_ne(text, "unknown result");
		for (int j = PRSHM_OK; j < i; j++)
			ck_assert_str_ne(text, prshm_strerror((enum prshm_result)j));
	}
	ck_assert_str_eq(prshm_strerror((enum prshm_result)(PRSHM_AGAIN + 1)), "unknown result");
	ck_assert_str_eq(prshm_strerror((enum prshm_result) - 1), "unknown result");
}
