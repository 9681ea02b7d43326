/* SPDX-License-Identifier: MIT */
/*
 * Which broker a program talks to: the named one and no other, or the user's own, in a directory
 * that nobody else can reach into. Nothing is started here.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "nspr.h"
#include "client-lib/user-broker.h"
#include "tests/client/client-case.h"
#include "tests/client/fake-broker.h"
#include "tests/client/scratch-runtime.h"
#include "tests/lib/testing.h"

static char path[108];

static const char *in_runtime(const char *what)
{
	static char text[256];

	snprintf(text, sizeof(text), "%s%s", scratch_runtime.directory, what);
	return text;
}

/* XDG_RUNTIME_DIR is good enough, and its broker's directory is there now, for its owner alone. */
static void expect_accepted(void)
{
	struct stat st;

	ck_assert(user_broker_path(path, sizeof(path)));
	ck_assert_str_eq(path, scratch_runtime.socket);
	ck_assert_int_eq(lstat(in_runtime("/prshm"), &st), 0);
	ck_assert(S_ISDIR(st.st_mode));
	ck_assert_uint_eq(st.st_mode & 07777, 0700);
	ck_assert_uint_eq(st.st_uid, geteuid());
}

/* The next place is taken, or none; never this one. */
static void expect_refused(void)
{
	if (!user_broker_path(path, sizeof(path)))
		return;
	ck_assert_msg(path[0] == '/' && strncmp(path, scratch_runtime.directory,
						strlen(scratch_runtime.directory)) != 0,
		"accepted: %s", path);
	*strrchr(path, '/') = '\0';
	rmdir(path); /* which it may just have made; one in use is not empty */
}

FIXTURE(scratch_runtime_set_up, scratch_runtime_tear_down);

TEST(the_users_broker_is_in_the_runtime_directory)
{
	expect_accepted();
	expect_accepted(); /* and again, when its directory exists */
}

static const mode_t open_modes[] = {0720, 0702, 0770, 0777, 01777};

TEST_LOOP(a_runtime_directory_that_others_may_write_is_refused,
	sizeof(open_modes) / sizeof(open_modes[0]))
{
	ck_assert_int_eq(chmod(scratch_runtime.directory, open_modes[_i]), 0);
	expect_refused();
	ck_assert_int_eq(access(in_runtime("/prshm"), F_OK), -1);
	ck_assert_int_eq(chmod(scratch_runtime.directory, 0755), 0);
	expect_accepted();
}

static const mode_t leaky_modes[] = {0710, 0701, 0740, 0704, 0755};

TEST_LOOP(a_brokers_directory_that_others_may_look_into_is_refused,
	sizeof(leaky_modes) / sizeof(leaky_modes[0]))
{
	ck_assert_int_eq(mkdir(in_runtime("/prshm"), 0700), 0);
	ck_assert_int_eq(chmod(in_runtime("/prshm"), leaky_modes[_i]), 0);
	expect_refused();
}

TEST(a_link_in_the_place_of_a_directory_is_refused)
{
	char real[256];

	strcpy(real, in_runtime("/real"));
	ck_assert_int_eq(mkdir(real, 0700), 0);
	ck_assert_int_eq(symlink(real, in_runtime("/prshm")), 0);
	expect_refused();
	ck_assert_int_eq(symlink(real, in_runtime("/link")), 0);
	setenv("XDG_RUNTIME_DIR", in_runtime("/link"), 1);
	expect_refused();
	unlink(in_runtime("/link"));
	unlink(in_runtime("/prshm"));
	rmdir(real);
}

TEST(a_file_in_the_place_of_a_directory_is_refused)
{
	close(open(in_runtime("/prshm"), O_CREAT | O_WRONLY | O_CLOEXEC, 0700));
	expect_refused();
}

TEST(a_relative_runtime_directory_is_refused)
{
	ck_assert_int_eq(chdir("/tmp"), 0);
	setenv("XDG_RUNTIME_DIR", scratch_runtime.directory + strlen("/tmp/"), 1);
	expect_refused();
	ck_assert_int_eq(access(in_runtime("/prshm"), F_OK), -1);
}

/* The socket's path has to fit into sockaddr_un: 107 bytes. */
TEST(a_runtime_directory_too_long_for_a_socket_is_refused)
{
	char deep[256];

	snprintf(deep, sizeof(deep), "%s/%0100d", scratch_runtime.directory, 0);
	ck_assert_int_eq(mkdir(deep, 0700), 0);
	setenv("XDG_RUNTIME_DIR", deep, 1);
	expect_refused();
	rmdir(deep);
	snprintf(deep, sizeof(deep), "%s/%0*d", scratch_runtime.directory,
		107 - (int)strlen(scratch_runtime.directory) - (int)strlen("//prshm/broker.sock"),
		0);
	ck_assert_int_eq(mkdir(deep, 0700), 0);
	setenv("XDG_RUNTIME_DIR", deep, 1);
	ck_assert(user_broker_path(path, sizeof(path)));
	ck_assert_uint_eq(strlen(path), 107);
	*strrchr(path, '/') = '\0';
	ck_assert_int_eq(rmdir(path), 0);
	rmdir(deep);
}

static void expect_broker(bool there)
{
	PRSharedMemory *shm = PR_OpenSharedMemory("/locate/a", 0, PR_SHM_CREATE, 0600);

	if (there) {
		ck_assert_msg(shm != NULL, "open: %s", PR_ErrorToString(PR_GetError(), 0));
		PR_CloseSharedMemory(shm);
	} else {
		ck_assert_ptr_null(shm);
		client_expect_error(PR_CONNECT_REFUSED_ERROR);
	}
}

/* They connect, and stay connected. */
FIXTURE(scratch_runtime_set_up, scratch_runtime_tear_down, .uncounted = true);

TEST(a_named_socket_that_is_none_is_a_refused_connection)
{
	char too_long[200] = "/";

	memset(too_long + 1, 'x', sizeof(too_long) - 2);
	setenv("PRSHM_SOCKET", too_long, 1);
	expect_broker(false);
	setenv("PRSHM_SOCKET", "/nonexistent/broker.sock", 1);
	expect_broker(false);
	setenv("PRSHM_SOCKET", "/etc/passwd", 1);
	expect_broker(false);
	setenv("PRSHM_SOCKET", "/etc/passwd/broker.sock", 1);
	expect_broker(false);
	ck_assert_int_eq(access(in_runtime("/prshm"), F_OK), -1); /* no other was looked for */
}

TEST(a_socket_of_another_type_is_a_refused_connection)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(address.sun_path, in_runtime("/stream"));
	ck_assert_int_eq(bind(fd, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert_int_eq(listen(fd, 1), 0);
	setenv("PRSHM_SOCKET", address.sun_path, 1);
	expect_broker(false);
	close(fd);
	unlink(address.sun_path);
}

TEST(a_refused_program_may_be_told_another_socket)
{
	struct fake_broker fake;

	setenv("PRSHM_SOCKET", "/nonexistent/broker.sock", 1);
	expect_broker(false);
	fake_broker_start(&fake, NULL, 0, 0);
	expect_broker(true);
	fake_broker_stop(&fake);
}

/* A program must not change worlds half-way. */
TEST(the_first_broker_reached_is_the_programs_for_good)
{
	struct fake_broker first;
	struct fake_broker second;

	fake_broker_start(&first, NULL, 0, 0);
	expect_broker(true);
	fake_broker_start(&second, NULL, 0, 0);
	expect_broker(true);
	fake_broker_stop(&first);
	expect_broker(false);
	fake_broker_stop(&second);
}
