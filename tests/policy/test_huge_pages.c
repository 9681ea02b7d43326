/* SPDX-License-Identifier: MIT */
/* Segments in huge pages, out of the host's pool of them, which is made larger for these tests. */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/native-case.h"

#define POOL "/proc/sys/vm/nr_hugepages"
#define HUGE ((size_t)2 << 20)
#define MORE 8 /* huge pages that the pool gets */

static void read_number(const char *file, const char *format, unsigned long *out)
{
	FILE *stream = fopen(file, "re");
	char line[256];

	while (stream && fgets(line, sizeof(line), stream) && sscanf(line, format, out) != 1)
		continue;
	if (stream)
		fclose(stream);
}

static unsigned long meminfo(const char *format)
{
	unsigned long number = 0;

	read_number("/proc/meminfo", format, &number);
	return number;
}

static unsigned long set_pool(unsigned long pages)
{
	FILE *stream = fopen(POOL, "we");

	if (stream) {
		fprintf(stream, "%lu\n", pages);
		fclose(stream);
	}
	pages = 0;
	read_number(POOL, "%lu", &pages);
	return pages;
}

/* Pages that nobody has and nobody was promised. */
static unsigned long spare(void)
{
	return meminfo("HugePages_Free: %lu") - meminfo("HugePages_Rsvd: %lu");
}

static PRSharedMemory *make(const char *name, size_t size, unsigned int flags)
{
	return must_open(name, WITH(PRSHM_CREATE | PRSHM_EXCL | flags, size, .rights.mode = 0644));
}

static bool is_of_the_pool(PRSharedMemory *handle)
{
	struct stat st;

	ck_assert_int_eq(fstat(prshm_fd(handle), &st), 0);
	return st.st_blksize == HUGE;
}

static void use(PRSharedMemory *handle)
{
	const size_t size = prshm_size(handle);
	char *memory = PR_AttachSharedMemory(handle, 0);
	char *readonly = PR_AttachSharedMemory(handle, PR_SHM_READONLY);

	ck_assert(memory && readonly);
	for (size_t i = 0; i < size; i += PAGE)
		ck_assert_int_eq(memory[i], 0);
	memset(memory, 'x', size);
	ck_assert_int_eq(readonly[size - 1], 'x');
	ck_assert_int_ne(mprotect(readonly, size, PROT_READ | PROT_WRITE), 0);
	ck_assert_int_eq(PR_DetachSharedMemory(handle, memory), PR_SUCCESS);
	ck_assert_int_eq(PR_DetachSharedMemory(handle, readonly), PR_SUCCESS);
	end_handle(handle);
}

static unsigned long pages_before;
static bool pool_was_asked;

static bool pool_grows(void)
{
	read_number(POOL, "%lu", &pages_before);
	return set_pool(pages_before + MORE) >= pages_before + MORE &&
	       meminfo("Hugepagesize: %lu") * 1024 == HUGE;
}

/* Asked before each test is added, by the one process that runs them all. */
static const char *grow_pool(void)
{
	static bool grows;

	if (without_root())
		return without_root();
	grows = pool_was_asked ? grows : pool_grows();
	pool_was_asked = true;
	return grows ? NULL : "needs a kernel that gives some huge pages of 2 MiB";
}

static void shrink_pool(void)
{
	if (pool_was_asked)
		set_pool(pages_before);
}

FIXTURE(NULL, policy_end, .uncounted = true, .unless = grow_pool, .finish = shrink_pool);

TEST(the_option_and_the_policy_give_pages_of_the_pool)
{
	const unsigned long before = spare();
	PRSharedMemory *asked;
	PRSharedMemory *given;

	policy_begin("[name /huge]\nhuge-pages = yes\n");
	asked = make("/a", 2 * HUGE, PRSHM_HUGE_PAGES);
	given = make("/huge/a", HUGE, 0);
	ck_assert(is_of_the_pool(asked) && is_of_the_pool(given));
	ck_assert_uint_eq(spare(), before - 3);
	use(asked);
	use(given);
	expect(prshm_delete("/a"), PRSHM_OK);
	expect(prshm_delete("/huge/a"), PRSHM_OK);
	policy_end();
	ck_assert_uint_eq(spare(), before);
}

static void read_as_other(void *name)
{
	PRSharedMemory *handle = must_open(name, (struct prshm_options){0});
	char path[64];
	char *memory;

	ck_assert(is_of_the_pool(handle));
	memory = PR_AttachSharedMemory(handle, PR_SHM_READONLY);
	ck_assert_ptr_nonnull(memory);
	ck_assert_int_eq(memory[HUGE - 1], 'x');
	ck_assert_int_ne(mprotect(memory, HUGE, PROT_READ | PROT_WRITE), 0);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", prshm_fd(handle));
	ck_assert_int_ne(access(path, W_OK), 0);
	ck_assert_ptr_null(PR_AttachSharedMemory(handle, 0));
	PR_DetachSharedMemory(handle, memory);
	end_handle(handle);
}

TEST(who_may_only_read_huge_pages_only_reads_them)
{
	policy_begin("");
	use(make("/a", HUGE, PRSHM_HUGE_PAGES));
	user_as_uid(ALICE, read_as_other, "/a");
	expect(prshm_delete("/a"), PRSHM_OK);
}

/* So that nobody is killed who touches it: the pool keeps what nobody has touched yet. */
TEST(what_is_not_filled_is_reserved)
{
	const unsigned long before = spare();
	PRSharedMemory *handle;
	PRSharedMemory *other;

	policy_begin("");
	handle = make("/a", 2 * HUGE, PRSHM_HUGE_PAGES | PRSHM_NO_PREALLOCATE);
	ck_assert(is_of_the_pool(handle));
	ck_assert_uint_eq(spare(), before - 2);
	other = make("/b", (before - 1) * HUGE, PRSHM_HUGE_PAGES | PRSHM_NO_PREALLOCATE);
	ck_assert(!is_of_the_pool(other));
	end_handle(other);
	use(handle);
	expect(prshm_delete("/a"), PRSHM_OK);
	policy_end();
	ck_assert_uint_eq(spare(), before);
}

TEST(what_the_pool_cannot_give_is_made_of_other_pages)
{
	const size_t sizes[] = {PAGE, HUGE - PAGE, HUGE + PAGE, (spare() + 1) * HUGE};
	PRSharedMemory *handle;

	policy_begin("");
	for (size_t i = 0; i < sizeof(sizes) / sizeof(*sizes); i++) {
		handle = make("/a", sizes[i], PRSHM_HUGE_PAGES);
		ck_assert(!is_of_the_pool(handle));
		ck_assert_uint_eq(prshm_size(handle), sizes[i]);
		use(handle);
		expect(prshm_delete("/a"), PRSHM_OK);
	}
}

/* Nobody asked for it by name, and NSPR's callers map parts that begin at any page. */
TEST(anonymous_memory_is_never_of_the_pool)
{
	const unsigned long before = spare();
	PRFileMap *map;

	policy_begin("[broker]\nhuge-pages = yes\n[name /]\nhuge-pages = yes\n");
	map = PR_OpenAnonFileMap("/tmp", 2 * HUGE, PR_PROT_READWRITE);
	ck_assert_ptr_nonnull(map);
	ck_assert_uint_eq(spare(), before);
	PR_CloseFileMap(map);
}
