/* SPDX-License-Identifier: MIT */
/* Changes of memory that wait, here for the test: they keep neither the caller nor each other. */
#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "daemon/core/account.h"
#include "daemon/patience.h"
#include "tests/lib/await.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

#define FILES (PATIENCE_ALL + 3)

static const struct account alice = {.id = 1001};
static const struct account bob = {.id = 1002};
static struct {
	sem_t allowed; /* posted once for each change that may be made */
	sem_t made;
	pid_t worker; /* the last one that has told its number */
} * shared;           /* with the workers */
static int files[FILES];

static int wait_for_test(int fd, uint64_t value)
{
	(void)fd;
	(void)value;
	shared->worker = getpid();
	while (sem_wait(&shared->allowed) < 0)
		;
	sem_post(&shared->made);
	return 0;
}

static int give_value(int fd, uint64_t value)
{
	(void)fd;
	return -(int)value;
}

static int tell_number(int fd, uint64_t value)
{
	(void)fd;
	(void)value;
	shared->worker = getpid();
	return 0;
}

static int die(int fd, uint64_t value)
{
	(void)fd;
	(void)value;
	return kill(getpid(), SIGKILL);
}

/* Until it has: on a busy machine the first attempt may be late. */
static int make_this(memory_change *change, int fd, uint64_t value, const struct account *payer)
{
	int result;

	do
		result = patience_apply(change, fd, value, payer);
	while (memory_is_late(result));
	return result;
}

static int make(int fd, uint64_t value, const struct account *payer)
{
	return make_this(give_value, fd, value, payer);
}

static uint64_t inode_of(int fd)
{
	struct stat st;

	ck_assert_int_eq(fstat(fd, &st), 0);
	return st.st_ino;
}

static void setup(void)
{
	shared = mmap(
		NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(shared, MAP_FAILED);
	ck_assert_int_eq(sem_init(&shared->allowed, 1, 0), 0);
	ck_assert_int_eq(sem_init(&shared->made, 1, 0), 0);
	patience_init();
	for (int i = 0; i < FILES; i++) {
		files[i] = memfd_create("patience", MFD_CLOEXEC);
		ck_assert_int_ge(files[i], 0);
	}
}

static void teardown(void)
{
	for (int i = 0; i < FILES; i++) {
		AWAIT(!patience_waits(inode_of(files[i])));
		close(files[i]);
	}
	patience_end();
	munmap(shared, sizeof(*shared));
}

FIXTURE(setup, teardown);

TEST(the_result_is_that_of_the_change)
{
	size_t fds;

	ck_assert_int_eq(make(files[0], EPERM, &alice), -EPERM);
	fds = process_count_fds(getpid());
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(make(files[0], EPERM, &alice), -EPERM);
	ck_assert_int_eq(make(files[0], 0, NULL), 0);
	ck_assert_uint_eq(process_count_fds(getpid()), fds);
}

TEST(one_that_waits_keeps_no_other)
{
	ck_assert_int_eq(patience_apply(wait_for_test, files[0], 0, &alice), -EINPROGRESS);
	ck_assert_int_eq(make(files[1], EPERM, &alice), -EPERM);
	ck_assert_int_eq(make(files[2], EFBIG, &bob), -EFBIG);
	/* of the same memory, none is begun */
	ck_assert_int_eq(patience_apply(give_value, files[0], EPERM, &bob), -EALREADY);
	sem_post(&shared->allowed);
	sem_wait(&shared->made);
	ck_assert_int_eq(make(files[0], EPERM, &bob), -EPERM);
}

TEST(of_one_payer_so_many_wait_and_no_more)
{
	for (int i = 0; i < PATIENCE_MAX; i++)
		ck_assert_int_eq(patience_apply(wait_for_test, files[i], 0, &alice), -EINPROGRESS);
	for (int i = 0; i < 1000; i++)
		ck_assert_int_eq(
			patience_apply(give_value, files[PATIENCE_MAX], 0, &alice), -EALREADY);
	ck_assert_int_eq(make(files[PATIENCE_MAX], EPERM, &bob), -EPERM);
	for (int i = 0; i < PATIENCE_MAX; i++) {
		sem_post(&shared->allowed);
		sem_wait(&shared->made);
	}
	ck_assert_int_eq(make(files[PATIENCE_MAX], EPERM, &alice), -EPERM);
}

TEST(where_many_users_wait_each_newcomer_has_one)
{
	struct account payer = {.id = 0};
	int used = 0;

	for (; used < PATIENCE_ALL; used++) {
		payer.id = 2000 + (unsigned int)(used / PATIENCE_MAX);
		ck_assert_int_eq(
			patience_apply(wait_for_test, files[used], 0, &payer), -EINPROGRESS);
	}
	ck_assert_int_eq(patience_apply(wait_for_test, files[used++], 0, &alice), -EINPROGRESS);
	ck_assert_int_eq(patience_apply(give_value, files[used], 0, &alice), -EALREADY);
	ck_assert_int_eq(make(files[used], EPERM, &bob), -EPERM);
	for (int i = 0; i < used; i++) {
		sem_post(&shared->allowed);
		sem_wait(&shared->made);
	}
	ck_assert_int_eq(make(files[used], EPERM, &alice), -EPERM);
}

#ifndef SANITIZED /* its memory is elsewhere */

static long megabytes_of(pid_t pid)
{
	char path[64], line[128];
	long kilobytes = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", (int)pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file) &&
		sscanf(line, "RssAnon: %ld", &kilobytes) != 1)
		;
	if (file)
		fclose(file);
	return kilobytes / 1024;
}

TEST(one_that_waits_keeps_no_memory_of_the_broker)
{
	static char *all[64 << 10];

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		all[i] = malloc(1000);
		ck_assert_ptr_nonnull(all[i]);
		memset(all[i], 1, 1000);
	}
	ck_assert_int_ge(megabytes_of(getpid()), 60);
	ck_assert_int_eq(patience_apply(wait_for_test, files[0], 0, &alice), -EINPROGRESS);
	AWAIT(shared->worker != 0);
	ck_assert_int_ge(megabytes_of(shared->worker), 0);
	ck_assert_int_lt(megabytes_of(shared->worker), 20);
	sem_post(&shared->allowed);
	sem_wait(&shared->made);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		free(all[i]);
}

#endif

TEST(it_is_made_even_if_the_caller_closes_the_memory)
{
	const uint64_t inode = inode_of(files[0]);

	ck_assert_int_eq(patience_apply(wait_for_test, files[0], 0, &alice), -EINPROGRESS);
	close(files[0]);
	files[0] = memfd_create("another", MFD_CLOEXEC);
	sem_post(&shared->allowed);
	sem_wait(&shared->made);
	ck_assert_int_eq(make(files[0], EPERM, &alice), -EPERM);
	AWAIT(!patience_waits(inode));
}

TEST(a_worker_that_is_killed_is_replaced)
{
	ck_assert_int_eq(make_this(tell_number, files[0], 0, &alice), 0);
	ck_assert_int_eq(kill(shared->worker, SIGKILL), 0);
	ck_assert_int_eq(make(files[0], EPERM, &alice), -EPERM);
	/* while it makes a change, which is then to be asked for again */
	ck_assert(memory_is_late(patience_apply(die, files[0], 0, &alice)));
	AWAIT(!patience_waits(inode_of(files[0])));
	ck_assert_int_eq(make(files[0], EFBIG, &alice), -EFBIG);
}
