/* SPDX-License-Identifier: MIT */
/*
 * The five calls with a real broker: sizes at the edges, what an attachment can and cannot do, and
 * that descriptors never pile up, leak to other programs, or run out unnoticed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <unistd.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define NAME "/test-named/one"

static PRSharedMemory *open_segment(PRSize size, PRIntn flags)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(NAME, size, flags, 0600);

	ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
	return shm;
}

static char *attach(PRSharedMemory *shm, PRIntn flags)
{
	char *address = PR_AttachSharedMemory(shm, flags);

	ck_assert_msg(address != NULL, "attach: %s", PR_ErrorToString(PR_GetError(), 0));
	return address;
}

static void expect_no_segment(PRSize size, int code)
{
	ck_assert_ptr_null(PR_OpenSharedMemory(NAME, size, PR_SHM_CREATE, 0600));
	client_expect_error(code);
	ck_assert_int_eq(client_stat(NAME, NULL), STATUS_NOT_FOUND);
}

static const PRSize sizes[] = {1, 2, 4095, 4096, 4097, 65536, 1000003};

FIXTURE(CLIENT_FIXTURE);

TEST_LOOP(a_segment_has_the_size_it_was_made_with, sizeof(sizes) / sizeof(sizes[0]))
{
	const PRSize size = sizes[_i];
	PRSharedMemory *shm = open_segment(size, PR_SHM_CREATE | PR_SHM_EXCL);
	char *memory = attach(shm, 0);
	struct wire_stated stated;

	ck_assert_int_eq(client_stat(NAME, &stated), STATUS_OK);
	ck_assert_uint_eq(stated.size, size);
	for (PRSize i = 0; i < size; i++)
		ck_assert_int_eq(memory[i], 0);
	memory[0] = 'a';
	memory[size - 1] = 'z';
	ck_assert_ptr_null(PR_OpenSharedMemory(NAME, size + 1, 0, 0600));
	client_expect_error(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_DetachSharedMemory(shm, memory), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

TEST(there_is_no_segment_of_nothing)
{
	expect_no_segment(0, PR_INVALID_ARGUMENT_ERROR);
}

static const PRSize giants[] = {
	(PRSize)1 << 62,
	((PRSize)1 << 63) - 1,
	(PRSize)1 << 63,
	~(PRSize)0 - 4095,
	~(PRSize)0,
};

TEST_LOOP(
	a_size_beyond_all_memory_is_too_big_and_leaves_nothing, sizeof(giants) / sizeof(giants[0]))
{
	expect_no_segment(giants[_i], PR_FILE_TOO_BIG_ERROR);
}

TEST(a_writers_readonly_attachment_cannot_be_made_writable)
{
	PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);
	char *writable = attach(shm, 0);
	char *readonly = attach(shm, PR_SHM_READONLY);

	ck_assert_int_eq(mprotect(readonly, 4096, PROT_READ | PROT_WRITE), -1);
	ck_assert_int_eq(errno, EACCES);
	strcpy(writable, "seen");
	ck_assert_str_eq(readonly, "seen");
	PR_DetachSharedMemory(shm, writable);
	PR_DetachSharedMemory(shm, readonly);
	PR_CloseSharedMemory(shm);
}

FIXTURE(CLIENT_UNPARKED_FIXTURE);

TEST(each_attachment_is_a_mapping_of_its_own)
{
	static char *attached[500];
	PRSharedMemory *shm = open_segment(5000, PR_SHM_CREATE);

	for (int i = 0; i < 500; i++)
		attached[i] = attach(shm, i % 2 ? PR_SHM_READONLY : 0);
	strcpy(attached[0], "in all of them");
	for (int i = 0; i < 500; i++)
		ck_assert_str_eq(attached[i], "in all of them");
	for (int i = 0; i < 500; i++) { /* not in the order they were made in */
		char *address = attached[i * 7 % 500];

		ck_assert_int_eq(PR_DetachSharedMemory(shm, address), PR_SUCCESS);
		ck_assert_int_eq(msync(address, 4096, MS_ASYNC), -1);
		ck_assert_int_eq(PR_DetachSharedMemory(shm, address), PR_FAILURE);
		client_expect_error(PR_INVALID_ARGUMENT_ERROR);
	}
	PR_CloseSharedMemory(shm);
}

FIXTURE(CLIENT_FIXTURE);

TEST(only_attachments_are_detached)
{
	PRSharedMemory *shm = open_segment((PRSize)3 * 4096, PR_SHM_CREATE);
	char *memory = attach(shm, 0);
	char *foreign =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	ck_assert_int_eq(PR_DetachSharedMemory(shm, foreign), PR_FAILURE);
	ck_assert_int_eq(PR_DetachSharedMemory(shm, memory + 4096), PR_FAILURE);
	ck_assert_int_eq(PR_DetachSharedMemory(shm, NULL), PR_FAILURE);
	client_expect_error(PR_INVALID_ARGUMENT_ERROR);
	foreign[0] = memory[4096] = 'x'; /* both are still there */
	munmap(foreign, 4096);
	ck_assert_int_eq(PR_DetachSharedMemory(NULL, memory), PR_SUCCESS);
	PR_CloseSharedMemory(shm);
}

/* Fills the holes of the address space, so that the next small mapping begins there. */
static void make_next_mapping_begin_at(char *address)
{
	char *filler;

	do {
		filler = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		ck_assert(filler != MAP_FAILED);
	} while (filler != address && filler > address);
	ck_assert_ptr_eq(filler, address);
	munmap(filler, 4096);
}

/* Not allowed, and yet no more must be unmapped later than was attached. */
TEST(an_attachment_that_the_program_unmapped_itself_does_no_harm_later)
{
	PRSharedMemory *large = open_segment((PRSize)4 * 4096, PR_SHM_CREATE);
	PRSharedMemory *small = PR_OpenSharedMemory("/test-named/two", 4096, PR_SHM_CREATE, 0600);
	char *memory = attach(large, 0);
	char *neighbour = memory + 4096;

	ck_assert_int_eq(munmap(memory, (size_t)4 * 4096), 0);
	ck_assert_ptr_eq(mmap(neighbour, (size_t)3 * 4096, PROT_READ | PROT_WRITE,
				 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0),
		neighbour);
	attach(small, 0); /* what was mapped already when it was made */
	make_next_mapping_begin_at(memory);
	ck_assert_ptr_eq(attach(small, 0), memory);
	ck_assert_int_eq(PR_DetachSharedMemory(small, memory), PR_SUCCESS);
	ck_assert_int_eq(msync(neighbour, (size_t)3 * 4096, MS_ASYNC), 0);
	PR_CloseSharedMemory(large);
	PR_CloseSharedMemory(small);
}

TEST(whoever_opens_and_closes_keeps_no_descriptor)
{
	for (int i = 0; i < 300; i++) {
		PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);
		char *memory = attach(shm, i % 2 ? PR_SHM_READONLY : 0);

		if (i % 3)
			PR_DetachSharedMemory(shm, memory);
		PR_CloseSharedMemory(shm);
		ck_assert_ptr_null(PR_OpenSharedMemory(NAME, 1 << 20, 0, 0600));
		if (i % 50 == 0)
			PR_DeleteSharedMemory(NAME);
	}
	client_await_holders(NAME, 0);
}

TEST(two_handles_are_two_holds)
{
	PRSharedMemory *one = open_segment(4096, PR_SHM_CREATE);
	PRSharedMemory *two = open_segment(4096, PR_SHM_CREATE);
	char *through_one = attach(one, 0);

	client_await_holders(NAME, 2);
	ck_assert_int_eq(PR_CloseSharedMemory(one), PR_SUCCESS);
	client_await_holders(NAME, 1);
	strcpy(through_one, "stays");
	char *through_two = attach(two, 0);
	ck_assert_ptr_ne(through_one, through_two);
	ck_assert_str_eq(through_two, "stays");
	PR_DetachSharedMemory(two, through_one);
	PR_DetachSharedMemory(two, through_two);
	ck_assert_int_eq(PR_CloseSharedMemory(two), PR_SUCCESS);
	client_await_holders(NAME, 0);
}

TEST(two_processes_share_what_they_write)
{
	PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);
	char *memory = attach(shm, 0);
	pid_t child = fork();

	if (child == 0) {
		PRSharedMemory *own = open_segment(0, 0);
		char *seen = attach(own, 0);

		ck_assert_ptr_ne(seen, memory);
		strcpy(seen, "from the child");
		PR_CloseSharedMemory(own);
		_exit(0);
	}
	process_join(child);
	ck_assert_str_eq(memory, "from the child");
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
}

TEST(a_mapping_shows_its_name_in_proc)
{
	PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);
	char *memory = attach(shm, 0);
	FILE *maps = fopen("/proc/self/maps", "re");
	char line[4096];
	bool found = false;

	ck_assert_ptr_nonnull(maps);
	while (fgets(line, sizeof(line), maps))
		found |= strtoull(line, NULL, 16) == (uintptr_t)memory &&
			 strstr(line, "prshm:" NAME);
	fclose(maps);
	ck_assert(found);
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
}

#define DESCRIPTORS 256

static int taken[DESCRIPTORS];
static int taken_count;
static struct rlimit limit_before;

static void use_up_descriptors(void)
{
	struct rlimit limit;
	int fd;

	ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &limit_before), 0);
	limit = limit_before;
	limit.rlim_cur = DESCRIPTORS;
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	while ((fd = open("/dev/null", O_RDONLY | O_CLOEXEC)) >= 0)
		taken[taken_count++] = fd;
	ck_assert_int_eq(errno, EMFILE);
}

static void give_back_descriptors(void)
{
	while (taken_count > 0)
		close(taken[--taken_count]);
	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit_before), 0);
}

FIXTURE(CLIENT_UNPARKED_FIXTURE);

TEST(without_a_free_descriptor_open_fails_and_nothing_is_held)
{
	PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);

	PR_CloseSharedMemory(shm);
	client_await_holders(NAME, 0);
	use_up_descriptors();
	for (int i = 0; i < 10; i++) {
		ck_assert_ptr_null(PR_OpenSharedMemory(NAME, 0, 0, 0600));
		client_expect_error(PR_PROC_DESC_TABLE_FULL_ERROR);
		ck_assert_int_eq(PR_GetOSError(), EMFILE);
	}
	give_back_descriptors();
	client_await_holders(NAME, 0);
	PR_CloseSharedMemory(open_segment(0, 0));
}

FIXTURE(CLIENT_FIXTURE);

TEST(without_a_free_descriptor_a_writer_attaches_to_write_only)
{
	PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);

	use_up_descriptors();
	ck_assert_ptr_null(PR_AttachSharedMemory(shm, PR_SHM_READONLY));
	client_expect_error(PR_PROC_DESC_TABLE_FULL_ERROR);
	PR_DetachSharedMemory(shm, attach(shm, 0));
	give_back_descriptors();
	PR_DetachSharedMemory(shm, attach(shm, PR_SHM_READONLY));
	PR_CloseSharedMemory(shm);
}

/* A child has to connect anew, and for that too it needs a descriptor. */
TEST(without_a_free_descriptor_connecting_says_so)
{
	pid_t child = fork();

	if (child == 0) {
		use_up_descriptors();
		ck_assert_ptr_null(PR_OpenSharedMemory(NAME, 1, PR_SHM_CREATE, 0600));
		client_expect_error(PR_PROC_DESC_TABLE_FULL_ERROR);
		give_back_descriptors();
		PR_CloseSharedMemory(open_segment(1, PR_SHM_CREATE));
		_exit(0);
	}
	process_join(child);
}

TEST(an_executed_program_inherits_no_descriptor_of_the_library)
{
	PRSharedMemory *shm = open_segment(4096, PR_SHM_CREATE);
	char *memory = attach(shm, PR_SHM_READONLY);

	process_join(client_run_self("inherits_nothing"));
	PR_DetachSharedMemory(shm, memory);
	PR_CloseSharedMemory(shm);
}

/* In the executed program. */
ROLE(inherits_nothing)
{
	for (int fd = 3; fd < 1024; fd++) {
		char path[64];
		char target[256] = "";

		snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
		if (readlink(path, target, sizeof(target) - 1) > 0 &&
			(strstr(target, "memfd:") || strstr(target, "socket:")))
			return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}
