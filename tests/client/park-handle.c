/* SPDX-License-Identifier: MIT */
/* Handles that were taken back, in copies of the process, in thousands, and in several threads. */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "nspr.h"
#include "prshm-client.h"
#include "tests/client/client-case.h"
#include "tests/client/park-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

FIXTURE(PARK_FIXTURE);

TEST(a_handle_that_was_taken_back_has_a_descriptor_when_it_is_asked_for)
{
	PRSharedMemory *shm;
	struct stat st;
	char *bytes;
	int fd;

	park_use("/park/a", 1);
	shm = park_open("/park/a");
	fd = prshm_fd(shm);
	ck_assert_int_eq(fstat(fd, &st), 0);
	ck_assert_int_eq(st.st_size, BYTES);
	ck_assert_int_eq(fcntl(fd, F_GETFL) & O_ACCMODE, O_RDWR);
	ck_assert_int_eq(prshm_fd(shm), fd);
	bytes = mmap(NULL, BYTES, PROT_READ, MAP_SHARED, fd, 0);
	ck_assert_ptr_ne(bytes, MAP_FAILED);
	ck_assert_int_eq(*bytes, 1);
	munmap(bytes, BYTES);
	park_close(shm);
	ck_assert_int_ne(fstat(fd, &st), 0);
}

static void use_without_descriptor(PRSharedMemory *shm, int error)
{
	errno = 0;
	ck_assert_int_eq(prshm_fd(shm), -1);
	ck_assert_int_eq(errno, error);
	park_detach(park_attach(shm));
}

static PRSharedMemory *inherited;

static void ask_in_child(void)
{
	use_without_descriptor(inherited, ENOENT);
}

/* With parking there is no descriptor; attaching needs none. */
TEST(a_descriptor_that_is_not_to_be_had_is_an_error_that_says_why)
{
	struct rlimit all;
	struct rlimit none;

	park_use("/park/a", 1);
	inherited = park_open("/park/a");
	ck_assert_int_eq(prshm_fd(NULL), -1);
	ck_assert_int_eq(errno, EINVAL);
	if (park_is_on()) {
		ck_assert_int_eq(getrlimit(RLIMIT_NOFILE, &all), 0);
		none = (struct rlimit){3, all.rlim_max};
		park_in_child(ask_in_child);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &none), 0);
		use_without_descriptor(inherited, EMFILE);
		ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &all), 0);
		client_lose_broker();
		use_without_descriptor(inherited, ENOENT);
	}
	park_close(inherited);
}

TEST(a_handle_that_was_taken_back_is_attached_many_times)
{
	PRSharedMemory *shm;
	char *bytes[5];

	park_use("/park/a", 1);
	shm = park_open("/park/a");
	for (int i = 0; i < 5; i++) {
		bytes[i] = park_attach(shm);
		for (int k = 0; k < i; k++)
			ck_assert_ptr_ne(bytes[i], bytes[k]);
		ck_assert_int_eq(*bytes[i], i + 1);
		++*bytes[0];
	}
	park_close(shm); /* the attachments stay */
	for (int i = 0; i < 5; i++) {
		ck_assert_int_eq(*bytes[i], 6);
		park_detach(bytes[i]);
		ck_assert_int_eq(PR_DetachSharedMemory(NULL, bytes[i]), PR_FAILURE);
	}
	park_expect("/park/a", 6);
}

static void use_in_child(void)
{
	PRSharedMemory *shm;
	char *bytes;

	for (int i = 0; i < 2; i++) {
		EXPECT((bytes = PR_AttachSharedMemory(inherited, 0)));
		EXPECT(*bytes == 1);
	}
	EXPECT((shm = PR_OpenSharedMemory("/park/a", 0, 0, 0)));
	EXPECT((bytes = PR_AttachSharedMemory(shm, 0)) && *bytes == 1);
	EXPECT(PR_DetachSharedMemory(shm, bytes) == PR_SUCCESS);
	EXPECT(PR_CloseSharedMemory(shm) == PR_SUCCESS);
	EXPECT((shm = PR_OpenSharedMemory("/park/b", 0, 0, 0)));
	EXPECT((bytes = PR_AttachSharedMemory(shm, 0)) && *bytes == 2);
	EXPECT(PR_CloseSharedMemory(inherited) == PR_SUCCESS);
	EXPECT(prshm_fd(shm) >= 0);
}

/* What the parent has parked is the parent's; what it has open without a descriptor is usable. */
TEST(a_child_parks_for_itself)
{
	uint64_t before;

	park_use("/park/a", 1);
	park_use("/park/b", 2);
	inherited = park_open("/park/a");
	park_in_child(use_in_child);
	before = park_opens();
	park_expect("/park/b", 2);
	ck_assert_uint_eq(park_opens() - before, !park_is_on());
	park_close(inherited);
	park_expect("/park/a", 1);
}

#define MANY 4000

/* More than a quarter of the descriptors would be handles'. */
TEST(thousands_are_open_under_a_low_limit_of_descriptors)
{
	static PRSharedMemory *handles[MANY];
	static char *attached[MANY];
	struct rlimit limit = {256, 256};
	char name[32];

	ck_assert_int_eq(setrlimit(RLIMIT_NOFILE, &limit), 0);
	for (int i = 0; i < MANY; i++) {
		snprintf(name, sizeof(name), "/park/many%d", i);
		handles[i] = park_create(name);
		attached[i] = i % 2 ? park_attach(handles[i]) : NULL;
		if (attached[i])
			memcpy(attached[i], &i, sizeof(i));
	}
	for (int i = 0; i < MANY; i++) {
		char *bytes = park_attach(handles[i]);

		ck_assert(!attached[i] || memcmp(bytes, &i, sizeof(i)) == 0);
		park_detach(bytes);
		if (attached[i])
			park_detach(attached[i]);
	}
	ck_assert_int_ge(prshm_fd(handles[MANY - 1]), 0);
	for (int i = 0; i < MANY; i++)
		park_close(handles[i]);
	client_await_holders("/park/many0", 0);
}

#define THREADS 8
#define NAMES   100
#define ROUNDS  20

static void *use_all(void *unused)
{
	char name[32];

	for (int i = 0; i < ROUNDS * NAMES; i++) {
		PRSharedMemory *shm;
		char *bytes;

		snprintf(name, sizeof(name), "/park/thread%d", i % NAMES);
		shm = PR_OpenSharedMemory(name, BYTES, PR_SHM_CREATE, 0666);
		bytes = shm ? PR_AttachSharedMemory(shm, 0) : NULL;
		if (!bytes || PR_DetachSharedMemory(shm, bytes) != PR_SUCCESS ||
			PR_CloseSharedMemory(shm) != PR_SUCCESS)
			abort();
	}
	return unused;
}

TEST(threads_open_the_same_names)
{
	pthread_t threads[THREADS];
	char name[32];

	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_create(&threads[i], NULL, use_all, NULL), 0);
	for (int i = 0; i < THREADS; i++)
		ck_assert_int_eq(pthread_join(threads[i], NULL), 0);
	for (int i = 0; i < NAMES; i++) {
		snprintf(name, sizeof(name), "/park/thread%d", i);
		client_await_holders(name, 0);
	}
}
