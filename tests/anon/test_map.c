/* SPDX-License-Identifier: MIT */
/* Anonymous memory within one process: made, mapped, closed, counted. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/anon/anon.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define GIB (INT64_C(1) << 30)

static PRInt32 page(void)
{
	return PR_GetMemMapAlignment();
}

FIXTURE(ANON_FIXTURE);

TEST(memory_is_zero_and_shared_by_its_mappings)
{
	PRFileMap *map = anon_open(100, PR_PROT_READWRITE);
	char *first = anon_map(map, 100);
	char *second = anon_map(map, 100);

	ck_assert_ptr_ne(first, second);
	for (int i = 0; i < 100; i++)
		ck_assert_int_eq(first[i], 0);
	first[99] = 'x';
	ck_assert_int_eq(second[99], 'x');
	ck_assert_int_eq(PR_SyncMemMap(NULL, first, 100), PR_SUCCESS);
	ck_assert_int_eq(PR_MemUnmap(first, 100), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseFileMap(map), PR_SUCCESS);
	second[0] = 'y'; /* a mapping outlives its map */
	ck_assert_int_eq(PR_MemUnmap(second, 100), PR_SUCCESS);
}

TEST(the_directory_is_not_looked_at)
{
	PRFileMap *map = PR_OpenAnonFileMap(NULL, 1, PR_PROT_READWRITE);

	ck_assert_ptr_nonnull(map);
	PR_CloseFileMap(map);
	map = PR_OpenAnonFileMap("/does/not/exist", 1, PR_PROT_READWRITE);
	ck_assert_ptr_nonnull(map);
	PR_CloseFileMap(map);
}

static const struct {
	PRSize size;
	int protection;
	PRErrorCode code;
} refused[] = {
	{0, PR_PROT_READWRITE, PR_INVALID_ARGUMENT_ERROR},
	{1, 3, PR_INVALID_ARGUMENT_ERROR},
	{1, -1, PR_INVALID_ARGUMENT_ERROR},
	{(PRSize)1 << 62, PR_PROT_READWRITE, PR_FILE_TOO_BIG_ERROR},
	{(PRSize)-1, PR_PROT_READWRITE, PR_FILE_TOO_BIG_ERROR},
};

TEST_LOOP(what_cannot_be_made_is_an_error, PR_ARRAY_SIZE(refused))
{
	ck_assert_ptr_null(PR_OpenAnonFileMap(
		"/tmp", refused[_i].size, (PRFileMapProtect)refused[_i].protection));
	anon_expect(refused[_i].code);
}

/* Of a map of two pages and a half. */
static const struct {
	PROffset64 offset;
	PRUint32 pages;
	PRUint32 bytes;
	bool works;
} parts[] = {
	{0, 0, 1, true},
	{0, 3, 0, true},
	{0, 3, 1, false},
	{0, 0, 0, false},
	{1, 1, 0, true},
	{2, 1, 0, true},
	{2, 1, 1, false},
	{3, 0, 1, false},
	{-1, 1, 0, false},
	{INT64_C(1) << 40, 1, 0, false},
	{INT64_MIN >> 13, 1, 0, false},
	{0, 0, PR_UINT32_MAX, false},
};

TEST_LOOP(a_part_may_end_in_the_last_page_but_not_beyond, PR_ARRAY_SIZE(parts))
{
	PRFileMap *map = anon_open((PRSize)page() * 5 / 2, PR_PROT_READWRITE);
	PRUint32 length = parts[_i].pages * (PRUint32)page() + parts[_i].bytes;
	char *memory = PR_MemMap(map, parts[_i].offset * page(), length);

	ck_assert_int_eq(memory != NULL, parts[_i].works);
	if (memory) {
		memory[length - 1] = 'x'; /* no SIGBUS */
		PR_MemUnmap(memory, length);
	} else {
		anon_expect(PR_INVALID_ARGUMENT_ERROR);
	}
	PR_CloseFileMap(map);
}

TEST(nonsense_is_an_invalid_argument)
{
	PRFileMap *map = anon_open((PRSize)page(), PR_PROT_READWRITE);
	char *memory = anon_map(map, (PRUint32)page());

	ck_assert_int_eq(PR_GetMemMapAlignment(), sysconf(_SC_PAGESIZE));
	ck_assert_ptr_null(PR_MemMap(NULL, 0, 1));
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_ptr_null(PR_MemMap(map, 1, 1));
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_MemUnmap(NULL, 1), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_MemUnmap(memory, 0), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_MemUnmap(memory + 1, 1), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_SyncMemMap(NULL, memory + 1, 1), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_CloseFileMap(NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	memory[0] = 'x'; /* still there */
	ck_assert_int_eq(PR_MemUnmap(memory, (PRUint32)page()), PR_SUCCESS);
	ck_assert_int_eq(PR_SyncMemMap(NULL, memory, (PRUint32)page()), PR_FAILURE);
	anon_expect(PR_OUT_OF_MEMORY_ERROR);
	PR_CloseFileMap(map);
}

TEST(offsets_beyond_4_gib_reach_their_page)
{
	PRFileMap *map = PR_OpenAnonFileMap(NULL, (PRSize)(5 * GIB), PR_PROT_READWRITE);
	char *low;
	char *high;

	if (!map && PR_GetError() == PR_FILE_TOO_BIG_ERROR) {
		printf("# SKIP this machine has less than 5 GiB of memory\n");
		return;
	}
	ck_assert_ptr_nonnull(map);
	low = PR_MemMap(map, page(), 1);
	high = PR_MemMap(map, 4 * GIB + page(), 1);
	ck_assert_ptr_nonnull(low);
	ck_assert_ptr_nonnull(high);
	high[0] = 'x';
	ck_assert_int_eq(low[0], 0);
	ck_assert_ptr_null(PR_MemMap(map, 5 * GIB, 1));
	PR_MemUnmap(low, 1);
	PR_MemUnmap(high, 1);
	PR_CloseFileMap(map);
}

TEST(a_writecopy_mapping_keeps_its_writes_to_itself)
{
	PRFileMap *map = anon_open(1, PR_PROT_WRITECOPY);
	char *first = anon_map(map, 1);
	char *second = anon_map(map, 1);

	first[0] = 'x';
	ck_assert_int_eq(second[0], 0);
	second[0] = 'y';
	ck_assert_int_eq(first[0], 'x');
	PR_MemUnmap(first, 1);
	PR_MemUnmap(second, 1);
	PR_CloseFileMap(map);
}

TEST(a_readonly_mapping_cannot_be_made_writable)
{
	PRFileMap *map = anon_open(1, PR_PROT_READONLY);
	char *memory = anon_map(map, 1);

	ck_assert_int_eq(memory[0], 0);
	ck_assert_int_lt(mprotect(memory, (size_t)page(), PROT_READ | PROT_WRITE), 0);
	ck_assert_int_eq(errno, EACCES);
	PR_MemUnmap(memory, 1);
	PR_CloseFileMap(map);
}

TEST(the_descriptor_is_cloexec_until_it_is_exported)
{
	int fd = dup(STDERR_FILENO); /* the next one's number */
	char string[PR_FILEMAP_STRING_BUFSIZE];
	PRFileMap *map;

	close(fd);
	map = anon_open(1, PR_PROT_READWRITE);
	ck_assert_int_eq(fcntl(fd, F_GETFD), FD_CLOEXEC);
	ck_assert_int_eq(PR_ExportFileMapAsString(map, sizeof(string), string), PR_SUCCESS);
	ck_assert_int_eq(fcntl(fd, F_GETFD), 0);
	PR_CloseFileMap(map);
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
}

TEST(the_broker_counts_a_map_until_it_is_closed)
{
	PRFileMap *first = anon_open(1, PR_PROT_READWRITE);
	PRFileMap *second = anon_open(1, PR_PROT_READONLY);

	anon_await_segments(2);
	PR_CloseFileMap(first);
	anon_await_segments(1);
	PR_CloseFileMap(second);
}

/* The program has closed the old map's descriptor, and the new map's got the number. */
TEST(an_old_map_closes_no_newer_one_of_the_same_memory)
{
	char text[256];
	PRFileMap *old = anon_open(100, PR_PROT_READWRITE);
	PRFileMap *new;
	char *memory;
	int fd;

	ck_assert_int_eq(PR_ExportFileMapAsString(old, sizeof(text), text), PR_SUCCESS);
	ck_assert_int_eq(sscanf(text, "%d:", &fd), 1);
	close(fd);
	new = PR_ImportFileMapFromString(text); /* by its token */
	ck_assert_ptr_nonnull(new);
	ck_assert_int_ge(fcntl(fd, F_GETFD), 0);
	ck_assert_int_eq(PR_CloseFileMap(old), PR_SUCCESS);
	memory = PR_MemMap(new, 0, 100);
	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(PR_MemUnmap(memory, 100), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseFileMap(new), PR_SUCCESS);
	ck_assert_int_lt(fcntl(fd, F_GETFD), 0);
}

TEST(a_full_descriptor_table_leaves_nothing_with_the_broker)
{
	anon_fill_descriptors();
	ck_assert_ptr_null(PR_OpenAnonFileMap(NULL, 1, PR_PROT_READWRITE));
	anon_free_descriptors();
	anon_expect(PR_PROC_DESC_TABLE_FULL_ERROR);
}

/* The parent's first handle has the number that the child's own first one gets. */
TEST(a_forked_child_closes_its_copy_and_nothing_else)
{
	PRFileMap *map = anon_open(1, PR_PROT_READWRITE);
	char *memory = anon_map(map, 1);
	pid_t pid = fork();

	if (pid == 0) {
		PRFileMap *own = PR_OpenAnonFileMap(NULL, 1, PR_PROT_READWRITE);
		char *same = PR_MemMap(map, 0, 1);

		if (!own || !same || PR_CloseFileMap(map) != PR_SUCCESS)
			_exit(1);
		same[0] = 'x';
		/* Answered after the CLOSE, had there been one. */
		if (!PR_OpenAnonFileMap(NULL, 1, PR_PROT_READWRITE))
			_exit(2);
		_exit(anon_count_segments() == 3 ? 0 : 3);
	}
	ck_assert_int_eq(process_wait(pid), 0);
	ck_assert_int_eq(memory[0], 'x');
	anon_await_segments(1);
	PR_MemUnmap(memory, 1);
	PR_CloseFileMap(map);
}

TEST(without_a_broker_maps_go_on_and_new_ones_are_refused)
{
	PRFileMap *map = anon_open(1, PR_PROT_READWRITE);
	char *first = anon_map(map, 1);
	char *second;

	client_lose_broker();
	first[0] = 'x';
	second = anon_map(map, 1);
	ck_assert_int_eq(second[0], 'x');
	ck_assert_ptr_null(PR_OpenAnonFileMap(NULL, 1, PR_PROT_READWRITE));
	anon_expect(PR_CONNECT_REFUSED_ERROR);
	PR_MemUnmap(first, 1);
	PR_MemUnmap(second, 1);
	ck_assert_int_eq(PR_CloseFileMap(map), PR_SUCCESS);
}

TEST(allocation_by_nsprs_names_works)
{
	char *memory = PR_Malloc(3);

	memcpy(memory, "abc", 3);
	memory = PR_Realloc(memory, 1000);
	ck_assert_mem_eq(memory, "abc", 3);
	PR_DELETE(memory);
	ck_assert_ptr_null(memory);
	memory = PR_Calloc(10, 10);
	ck_assert_int_eq(memory[99], 0);
	PR_FREEIF(memory);
	PR_FREEIF(memory);
	PR_Free(NULL);
}
