/* SPDX-License-Identifier: MIT */
/* Memory that is there before it is used: which, by whose word, and what it is like. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/native-case.h"

#define SMALL ((size_t)16 << 20)
#define LARGE ((size_t)(22 << 20) + 5 * PAGE) /* of huge pages eleven, and some others */

static size_t bytes_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return (size_t)st.st_blocks * 512;
}

/* Makes it, tells how much of it is there, and has it forgotten. */
static size_t bytes_there(const char *name, size_t size, unsigned int flags)
{
	PRSharedMemory *handle =
		must_open(name, WITH(PRSHM_CREATE | PRSHM_EXCL | flags, size, .rights.mode = 0600));
	const size_t bytes = bytes_of(prshm_fd(handle));

	end_handle(handle);
	expect(prshm_delete(name), PRSHM_OK);
	return bytes;
}

static char *attach(PRSharedMemory *handle, PRIntn flags)
{
	char *memory = PR_AttachSharedMemory(handle, flags);

	ck_assert_ptr_nonnull(memory);
	return memory;
}

/* Each assertion writes a file: one for all the bytes. */
static bool is_zero(const char *memory, size_t size)
{
	return memory[0] == 0 && memcmp(memory, memory + 1, size - 1) == 0;
}

FIXTURE(POLICY_FIXTURE);

TEST(small_segments_are_there_when_they_are_made_and_large_ones_are_not)
{
	policy_begin("");
	ck_assert_uint_eq(bytes_there("/a", 1, 0), PAGE);
	ck_assert_uint_eq(bytes_there("/a", SMALL, 0), SMALL);
	ck_assert_uint_eq(bytes_there("/a", SMALL + 1, 0), 0);
}

TEST(the_configuration_says_what_is_made_ready)
{
	policy_begin("[broker]\npreallocate = never\n[name /always]\npreallocate = always\n"
		     "[name /small]\npreallocate = small\n[name /silent]\n");
	ck_assert_uint_eq(bytes_there("/a", PAGE, 0), 0);
	ck_assert_uint_eq(bytes_there("/silent/a", PAGE, 0), 0);
	ck_assert_uint_eq(bytes_there("/small/a", SMALL, 0), SMALL);
	ck_assert_uint_eq(bytes_there("/small/a", LARGE, 0), 0);
	ck_assert_uint_eq(bytes_there("/always/a", LARGE, 0), LARGE);
	policy_reload("[broker]\npreallocate = always\n", "configuration reloaded");
	ck_assert_uint_eq(bytes_there("/a", LARGE, 0), LARGE);
}

TEST(whoever_makes_it_may_say_otherwise)
{
	policy_begin("[name /never]\npreallocate = never\n");
	ck_assert_uint_eq(bytes_there("/never/a", LARGE, PRSHM_PREALLOCATE), LARGE);
	ck_assert_uint_eq(bytes_there("/a", PAGE, PRSHM_NO_PREALLOCATE), 0);
	ck_assert_uint_eq(bytes_there("/a", LARGE, PRSHM_HUGE_PAGES), LARGE);
	ck_assert_uint_eq(bytes_there("/a", LARGE, PRSHM_HUGE_PAGES | PRSHM_NO_PREALLOCATE), 0);
}

TEST(a_program_of_nspr_gets_it_too)
{
	struct stat st;
	PRSharedMemory *shm;
	char *memory;

	policy_begin("");
	shm = PR_OpenSharedMemory("/a", SMALL, PR_SHM_CREATE | PR_SHM_EXCL, 0600);
	ck_assert_ptr_nonnull(shm);
	ck_assert_int_eq(fstat(prshm_fd(shm), &st), 0);
	ck_assert_uint_eq((size_t)st.st_blocks * 512, SMALL);
	memory = attach(shm, 0);
	ck_assert(is_zero(memory, SMALL));
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
}

/*
 * In pieces, in huge pages and in the few behind them: nothing is left out, and nothing is in it.
 */
TEST(what_is_made_ready_is_all_mapped_and_all_zero)
{
	unsigned char resident[LARGE / PAGE];
	PRSharedMemory *handle;
	char *memory;

	policy_begin("");
	handle = must_open("/a", WITH(PRSHM_CREATE | PRSHM_PREALLOCATE, LARGE));
	memory = attach(handle, 0);
	ck_assert_int_eq(mincore(memory, LARGE, resident), 0);
	ck_assert_ptr_null(memchr(resident, 0, sizeof(resident)));
	ck_assert(is_zero(memory, LARGE));
	memset(memory, 'x', LARGE);
	PR_DetachSharedMemory(handle, memory);
	memory = attach(handle, PR_SHM_READONLY);
	ck_assert_int_eq(memory[LARGE - 1], 'x');
	PR_DetachSharedMemory(handle, memory);
	end_handle(handle);
}

static void create_it_unwritable(void *name)
{
	const struct prshm_options readonly =
		WITH(PRSHM_CREATE | PRSHM_READONLY | PRSHM_PREALLOCATE, PAGE, .rights.mode = 0600);
	PRSharedMemory *handle;
	PRSharedMemory *nothing =
		must_open(name, WITH(PRSHM_CREATE | PRSHM_PREALLOCATE, PAGE, .rights.mode = 0));

	ck_assert_int_eq(prshm_fd(nothing), -1);
	end_handle(nothing);
	expect(prshm_delete(name), PRSHM_OK);
	handle = must_open(name, readonly);
	ck_assert_uint_eq(bytes_of(prshm_fd(handle)), 0);
	PR_DetachSharedMemory(handle, attach(handle, PR_SHM_READONLY));
	end_handle(handle);
}

TEST(who_cannot_write_makes_nothing_ready)
{
	policy_begin("");
	user_as_uid(ALICE, create_it_unwritable, "/a");
}

/* How often that is mapped here. */
static size_t count_mappings(const char *text)
{
	FILE *maps = fopen("/proc/self/maps", "re");
	size_t count = 0;
	char line[4096];

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps))
		count += strstr(line, text) != NULL;
	fclose(maps);
	return count;
}

TEST(the_first_attachment_is_the_mapping_that_was_made_ready)
{
	PRSharedMemory *handle;
	char *first;
	char *second;
	char *readonly;

	policy_begin("");
	handle = must_open("/touch", WITH(PRSHM_CREATE, SMALL));
	ck_assert_uint_eq(count_mappings("prshm:/touch"), 1);
	readonly = attach(handle, PR_SHM_READONLY);
	ck_assert_uint_eq(count_mappings("prshm:/touch"), 2);
	first = attach(handle, 0);
	ck_assert_uint_eq(count_mappings("prshm:/touch"), 2);
	second = attach(handle, 0);
	ck_assert(first != second && first != readonly && second != readonly);
	first[SMALL - 1] = 'x';
	ck_assert_int_eq(second[SMALL - 1], 'x');
	ck_assert_int_eq(readonly[SMALL - 1], 'x');
	ck_assert_int_eq(PR_DetachSharedMemory(handle, first), PR_SUCCESS);
	ck_assert_int_eq(PR_DetachSharedMemory(handle, second), PR_SUCCESS);
	ck_assert_int_eq(PR_DetachSharedMemory(handle, readonly), PR_SUCCESS);
	ck_assert_uint_eq(count_mappings("prshm:/touch"), 0);
	end_handle(handle);
}

TEST(what_nobody_attaches_is_unmapped_with_its_handle)
{
	policy_begin("");
	end_handle(must_open("/touch", WITH(PRSHM_CREATE, LARGE)));
	expect(prshm_delete("/touch"), PRSHM_OK);
	end_handle(must_open("/touch", WITH(PRSHM_CREATE | PRSHM_PREALLOCATE, LARGE)));
	ck_assert_uint_eq(count_mappings("prshm:/touch"), 0);
}

static void write_in_child(void *data)
{
	char *memory = attach(data, 0);

	memory[0] = 'c';
	ck_assert_int_eq(PR_DetachSharedMemory(data, memory), PR_SUCCESS);
}

TEST(a_child_of_fork_and_its_parent_each_have_the_first_attachment)
{
	PRSharedMemory *handle;
	char *memory;

	policy_begin("");
	handle = must_open("/touch", WITH(PRSHM_CREATE, SMALL));
	user_as_uid(geteuid(), write_in_child, handle);
	memory = attach(handle, 0);
	ck_assert_int_eq(memory[0], 'c');
	PR_DetachSharedMemory(handle, memory);
	end_handle(handle);
}

/* Its signal would end the process; check(3) itself writes a file at each assertion. */
TEST(a_limit_on_files_is_none_on_memory)
{
	const struct prshm_options ready = WITH(PRSHM_CREATE | PRSHM_PREALLOCATE, LARGE);
	const struct rlimit none = {0, RLIM_INFINITY};
	const struct rlimit any = {RLIM_INFINITY, RLIM_INFINITY};
	PRSharedMemory *handle = NULL;
	enum prshm_result result;

	policy_begin("");
	setrlimit(RLIMIT_FSIZE, &none);
	result = prshm_open("/a", &ready, &handle);
	setrlimit(RLIMIT_FSIZE, &any);
	expect(result, PRSHM_OK);
	ck_assert_uint_eq(bytes_of(prshm_fd(handle)), LARGE);
	end_handle(handle);
}

#ifndef SANITIZED /* a sanitizer has more than that limit for itself */
/* But for some MiB. */
static void fill_address_space(void)
{
	const struct rlimit little = {(rlim_t)1 << 30, RLIM_INFINITY};
	char *filler;

	ck_assert_int_eq(setrlimit(RLIMIT_AS, &little), 0);
	for (size_t room = (size_t)1 << 30; room >= (size_t)4 << 20; room /= 2) {
		do
			filler = mmap(NULL, room, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		while (filler != MAP_FAILED);
	}
}

TEST(without_room_for_a_mapping_the_memory_is_found_all_the_same)
{
	const size_t size = (size_t)8 << 20;

	policy_begin("");
	fill_address_space();
	ck_assert_uint_eq(bytes_there("/a", size, PRSHM_PREALLOCATE), size);
}
#endif
