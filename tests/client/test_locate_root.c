/* SPDX-License-Identifier: MIT */
/*
 * Which broker, where other users could have a hand in it: their directories, and programs that run
 * with more rights than their callers. Needs root, to be those users.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/wait.h>
#include <unistd.h>

#include "nspr.h"
#include "client-lib/user-broker.h"
#include "tests/client/client-case.h"
#include "tests/client/fake-broker.h"
#include "tests/client/scratch-runtime.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"
#include "tests/lib/user.h"

/* Nobody's, and not those of the other tests, which may run at the same time. */
#define USER     61001
#define STRANGER 61002
#define FALLBACK "/tmp/prshm-61001"
#define CROWD    16

/* A failed test of an earlier run may have left something. */
static void set_up(void)
{
	static const char *const left[] = {
		FALLBACK "/broker.sock",
		FALLBACK "/broker.sock.log",
		FALLBACK "/broker.sock.start",
		FALLBACK,
	};

	for (size_t i = 0; i < PR_ARRAY_SIZE(left); i++)
		remove(left[i]);
	scratch_runtime_set_up();
}

static void as_user(uid_t uid, void (*act)(void))
{
	pid_t child = fork();

	if (child == 0) {
		user_become_uid(uid);
		act();
		_exit(0);
	}
	process_join(child);
}

static void expect_fallback(void)
{
	char path[108];
	struct stat st;

	ck_assert(user_broker_path(path, sizeof(path)));
	ck_assert_str_eq(path, FALLBACK "/broker.sock");
	ck_assert_int_eq(lstat(FALLBACK, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(st.st_uid, USER);
}

/* What all processes of the user agree on: the spare directory is written there by the first. */
static char *agreed;

static void expect_spare(void)
{
	char path[108];
	struct stat st;

	ck_assert(user_broker_path(path, sizeof(path)));
	ck_assert_int_eq(strncmp(path, FALLBACK ".", sizeof(FALLBACK)), 0);
	if (agreed[0] == '\0')
		strcpy(agreed, path);
	ck_assert_str_eq(path, agreed);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(lstat(path, &st), 0);
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(st.st_uid, USER);
}

static void expect_spare_again_and_again(void)
{
	agreed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(agreed, MAP_FAILED);
	as_user(USER, expect_spare);
	as_user(USER, expect_spare);
	ck_assert_int_eq(remove(FALLBACK), 0); /* who uses the spare one must still be found */
	as_user(USER, expect_spare);
	*strrchr(agreed, '/') = '\0';
	ck_assert_int_eq(rmdir(agreed), 0);
	munmap(agreed, 4096);
}

static void take_fallback(void)
{
	ck_assert_int_eq(mkdir(FALLBACK, 0700), 0);
}

static void make_brokers_directory(void)
{
	char path[sizeof(scratch_runtime.directory) + sizeof("/prshm")];

	snprintf(path, sizeof(path), "%s/prshm", scratch_runtime.directory);
	ck_assert_int_eq(mkdir(path, 0700), 0);
}

static void link_fallback(void)
{
	ck_assert_int_eq(symlink(scratch_runtime.directory, FALLBACK), 0);
}

static bool setuid_works(void)
{
	struct statvfs fs;

	return statvfs("/tmp", &fs) == 0 && !(fs.f_flag & ST_NOSUID) &&
	       prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0;
}

static const char *find_obstacle(void)
{
	if (geteuid() != 0)
		return "needs root, to be several users";
	if (scratch_runtime_system_broker())
		return scratch_runtime_system_broker();
	return setuid_works() ? NULL : "no setuid programs in /tmp here";
}

FIXTURE(set_up, scratch_runtime_tear_down, .unless = find_obstacle);

TEST(without_a_runtime_directory_there_is_one_in_tmp)
{
	static const char *const useless[] = {NULL, "", "/nonexistent", "/"};

	for (size_t i = 0; i < PR_ARRAY_SIZE(useless); i++) {
		unsetenv("XDG_RUNTIME_DIR");
		if (useless[i])
			setenv("XDG_RUNTIME_DIR", useless[i], 1);
		as_user(USER, expect_fallback);
	}
	ck_assert_int_eq(rmdir(FALLBACK), 0);
}

/* Even where what is needed there is the user's own: the other one could exchange it. */
TEST(the_runtime_directory_of_another_user_is_refused)
{
	ck_assert_int_eq(chown(scratch_runtime.directory, USER, USER), 0);
	as_user(USER, make_brokers_directory);
	ck_assert_int_eq(chown(scratch_runtime.directory, STRANGER, STRANGER), 0);
	ck_assert_int_eq(chmod(scratch_runtime.directory, 0755), 0);
	as_user(USER, expect_fallback);
	ck_assert_int_eq(rmdir(FALLBACK), 0);
}

TEST(where_another_user_made_the_directory_in_tmp_all_find_one_spare)
{
	unsetenv("XDG_RUNTIME_DIR");
	as_user(STRANGER, take_fallback);
	expect_spare_again_and_again();
	as_user(STRANGER, take_fallback);
	ck_assert_int_eq(chmod(FALLBACK, 0777), 0);
	expect_spare_again_and_again();
}

TEST(processes_that_come_at_once_find_the_same_spare_one)
{
	pid_t children[CROWD];

	unsetenv("XDG_RUNTIME_DIR");
	as_user(STRANGER, take_fallback);
	agreed = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ck_assert_ptr_ne(agreed, MAP_FAILED);
	for (int i = 0; i < CROWD; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			char path[108] = "";

			user_become_uid(USER);
			user_broker_path(path, sizeof(path));
			snprintf(agreed + 128 * i, 128, "%s", path);
			_exit(0);
		}
	}
	for (int i = 0; i < CROWD; i++)
		process_join(children[i]);
	ck_assert_int_eq(strncmp(agreed, FALLBACK ".", sizeof(FALLBACK)), 0);
	for (int i = 1; i < CROWD; i++)
		ck_assert_str_eq(agreed + 128 * i, agreed);
	*strrchr(agreed, '/') = '\0';
	ck_assert_int_eq(rmdir(agreed), 0);
	ck_assert_int_eq(rmdir(FALLBACK), 0);
	munmap(agreed, 4096);
}

/* Even where it leads to a directory that would do. */
TEST(a_link_in_tmp_is_not_followed)
{
	unsetenv("XDG_RUNTIME_DIR");
	ck_assert_int_eq(chown(scratch_runtime.directory, USER, USER), 0);
	as_user(STRANGER, link_fallback);
	expect_spare_again_and_again();
}

/* A copy of this program that runs as root whoever starts it. */
static void make_setuid_copy(const char *path)
{
	char buffer[65536];
	ssize_t length;
	int from = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
	int to = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0700);

	while ((length = read(from, buffer, sizeof(buffer))) > 0)
		ck_assert_int_eq(write(to, buffer, (size_t)length), length);
	ck_assert_int_eq(length, 0);
	ck_assert_int_eq(fchmod(to, 04755), 0);
	close(from);
	close(to);
}

/* What the copy does. 0: there is a broker; 1: there is none; 2: something else is wrong. */
ROLE(open_one)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/locate/a", 0, PR_SHM_CREATE, 0600);

	if (shm)
		return PR_CloseSharedMemory(shm) == PR_SUCCESS ? 0 : 2;
	return PR_GetError() == PR_CONNECT_REFUSED_ERROR ? 1 : 2;
}

/* What stays of a setuid program that has given its rights back: it was started by somebody. */
ROLE(drop_rights_and_open_one)
{
	return setresuid(USER, USER, USER) == 0 ? open_one() : 2;
}

static int run_as_user(const char *program, const char *action)
{
	pid_t child = fork();

	if (child == 0) {
		user_become_uid(USER);
		execl(program, program, action, NULL);
		_exit(127);
	}
	return process_wait(child);
}

TEST(a_setuid_program_goes_to_no_broker_of_its_callers_choice)
{
	struct fake_broker fake;
	char copy[sizeof(scratch_runtime.directory) + sizeof("/copy")];

	ck_assert_int_eq(chmod(scratch_runtime.directory, 0755), 0);
	snprintf(copy, sizeof(copy), "%s/copy", scratch_runtime.directory);
	make_setuid_copy(copy);
	fake_broker_start(&fake, NULL, 0, 0);
	ck_assert_int_eq(chmod(fake.directory, 0755), 0);
	ck_assert_int_eq(chmod(fake.socket, 0666), 0);
	ck_assert_int_eq(run_as_user(copy, "open_one"), 1);
	ck_assert_int_eq(chmod(copy, 0755), 0); /* the same program, without the bit */
	ck_assert_int_eq(run_as_user(copy, "open_one"), 0);
	fake_broker_stop(&fake);
	unlink(copy);
}

/* Its directory would be the first sign of that. */
TEST(a_setuid_program_looks_for_no_users_broker)
{
	char copy[sizeof(scratch_runtime.directory) + sizeof("/copy")];

	ck_assert_int_eq(chmod(scratch_runtime.directory, 0755), 0);
	snprintf(copy, sizeof(copy), "%s/copy", scratch_runtime.directory);
	make_setuid_copy(copy);
	setenv("PRSHM_AUTOSTART", "0", 1);
	ck_assert_int_eq(run_as_user(copy, "drop_rights_and_open_one"), 1);
	ck_assert_int_eq(access(FALLBACK, F_OK), -1);
	ck_assert_int_eq(chmod(copy, 0755), 0);
	ck_assert_int_eq(run_as_user(copy, "drop_rights_and_open_one"), 1);
	ck_assert_int_eq(rmdir(FALLBACK), 0);
	unlink(copy);
}

static void expect_refused_connection(void)
{
	ck_assert_int_eq(open_one(), 1);
}

FIXTURE(NULL, NULL, .uncounted = true, .unless = find_obstacle); /* it stays connected */

/* The socket's own rights: the error must not speak of a segment's. */
TEST(a_named_socket_out_of_reach_is_a_refused_connection)
{
	struct fake_broker fake;

	fake_broker_start(&fake, NULL, 0, 0); /* its directory is root's alone */
	as_user(USER, expect_refused_connection);
	ck_assert_int_eq(chmod(fake.directory, 0755), 0);
	ck_assert_int_eq(chmod(fake.socket, 0600), 0);
	as_user(USER, expect_refused_connection);
	ck_assert_int_eq(open_one(), 0);
	fake_broker_stop(&fake);
}
