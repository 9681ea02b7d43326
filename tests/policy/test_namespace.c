/* SPDX-License-Identifier: MIT */
/*
 * A broker in a user namespace that has numbers for some users only: all others look like one to
 * it, and so may no more than what "other" may.
 */
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"
#include "tests/policy/policy-case.h"

#define UNMAPPED   60099
#define GROUP_LEFT ((gid_t)-1) /* what the broker makes of a group without a number */

/* ALICE with her group, BOB and CAROL without theirs. */
static const char uid_map[] = "60003 60003 1\n60010 60010 3\n";
static const char gid_map[] = "60003 60003 1\n60010 60010 1\n";

static void write_map(pid_t pid, const char *which, const char *map)
{
	char path[64];
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, which);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(write(fd, map, strlen(map)), (ssize_t)strlen(map));
	close(fd);
}

static void run_broker(int ready, int go, int program)
{
	char *arguments[] = {(char *)"prshmd", NULL};
	char pid[16];
	char byte = 0;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (unshare(CLONE_NEWUSER) < 0 || write(ready, &byte, 1) != 1 || read(go, &byte, 1) != 1)
		_exit(125);
	user_become_uid(BROKER_UID);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("LISTEN_PID", pid, 1);
	setenv("LISTEN_FDS", "1", 1);
	program = fcntl(program, F_DUPFD_CLOEXEC, 10);
	if (dup2(policy_broker.listening_fd, 3) < 0)
		_exit(125);
	if (policy_broker.listening_fd == 3)
		fcntl(3, F_SETFD, 0);
	execveat(program, "", arguments, environ, AT_EMPTY_PATH);
	_exit(126);
}

/* In the place of the one that policy_begin has started. */
static void restart_in_namespace(void)
{
	const char *builddir = getenv("top_builddir");
	char path[4096];
	int ready[2];
	int go[2];
	int program;
	char byte = 0;

	broker_process_kill(&policy_broker, SIGTERM);
	snprintf(path, sizeof(path), "%s/prshmd", builddir ? builddir : ".");
	program = open(path, O_PATH | O_CLOEXEC);
	ck_assert_int_ge(program, 0);
	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	ck_assert_int_eq(pipe2(go, O_CLOEXEC), 0);
	policy_broker.pid = fork();
	ck_assert_int_ge(policy_broker.pid, 0);
	if (policy_broker.pid == 0)
		run_broker(ready[1], go[0], program);
	ck_assert_int_eq(read(ready[0], &byte, 1), 1);
	write_map(policy_broker.pid, "uid_map", uid_map);
	write_map(policy_broker.pid, "gid_map", gid_map);
	ck_assert_int_eq(write(go[1], &byte, 1), 1);
	close(program);
	for (int i = 0; i < 2; i++) {
		close(ready[i]);
		close(go[i]);
	}
	ck_assert(!policy_exists("/nothing"));
}

static void begin(void)
{
	policy_begin("");
	restart_in_namespace();
}

static void create_with(const char *name, mode_t mode)
{
	PRSharedMemory *handle;

	ck_assert_int_eq(policy_create(name, mode, &handle), PRSHM_OK);
}

static void create_some(void *data)
{
	struct prshm_segment stat;

	(void)data;
	create_with("/private", 0600);
	create_with("/group", 0660);
	create_with("/readable", 0644);
	create_with("/open", 0666);
	ck_assert_int_eq(prshm_stat("/private", &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.uid, geteuid());
}

static enum prshm_result open_existing(const char *name, PRSharedMemory **handle)
{
	return prshm_open(name, &(struct prshm_options){0}, handle);
}

static void be_other(void *data)
{
	const struct prshm_rights rights = {.mode = 0666};
	PRSharedMemory *handle;
	char text[128];
	bool allowed;

	(void)data;
	ck_assert_int_eq(open_existing("/private", &handle), PRSHM_DENIED);
	ck_assert_int_eq(open_existing("/group", &handle), PRSHM_DENIED);
	ck_assert_int_eq(open_existing("/readable", &handle), PRSHM_OK);
	ck_assert_ptr_nonnull(PR_AttachSharedMemory(handle, PR_SHM_READONLY));
	ck_assert_ptr_null(PR_AttachSharedMemory(handle, 0));
	ck_assert_int_eq(open_existing("/open", &handle), PRSHM_OK);
	ck_assert_ptr_nonnull(PR_AttachSharedMemory(handle, 0));
	ck_assert_int_eq(PR_DeleteSharedMemory("/open"), PR_FAILURE);
	ck_assert_int_eq(PR_DeleteSharedMemory("/private"), PR_FAILURE);
	ck_assert_int_eq(prshm_set_rights("/open", &rights), PRSHM_DENIED);
	ck_assert_int_eq(prshm_set_owner("/open", geteuid(), (gid_t)-1), PRSHM_DENIED);
	ck_assert_int_eq(
		prshm_explain("/open", PRSHM_WRITE, &allowed, text, sizeof(text)), PRSHM_OK);
	ck_assert(allowed && strstr(text, "rule 5"));
}

static void create_nothing(void *data)
{
	char text[128];
	bool allowed;

	(void)data;
	refuse_it((void *)"/new");
	refuse_it((void *)"/run/user/60099/new");
	refuse_it((void *)"/run/user/65534/new");
	ck_assert_int_eq(prshm_explain("/new", PRSHM_MAKE, &allowed, text, sizeof(text)), PRSHM_OK);
	ck_assert(!allowed);
	ck_assert_str_eq(text, "create denied: this user has no number here");
}

static const char *without_namespaces(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		_exit(unshare(CLONE_NEWUSER) < 0);
	if (waitpid(pid, &status, 0) == pid && status == 0)
		return without_root();
	return "needs user namespaces";
}

FIXTURE(NULL, policy_end, .uncounted = true, .unless = without_namespaces);

TEST(users_with_a_number_are_who_they_are)
{
	begin();
	user_as_uid(ALICE, create_some, NULL);
	user_as_uid(ALICE, create_it, (void *)"/run/user/60010/a");
	user_as_uid(BOB, refuse_it, (void *)"/run/user/60010/b");
	user_as_uid(BOB, be_other, NULL);
}

TEST(users_without_a_number_are_other_and_create_nothing)
{
	begin();
	user_as_uid(ALICE, create_some, NULL);
	user_as_uid(UNMAPPED, be_other, NULL);
	user_as_uid(UNMAPPED, create_nothing, NULL);
	user_as_uid(65534, be_other, NULL);
	user_as_uid(65534, create_nothing, NULL);
}

/* Root of outside is no user of the namespace's, and certainly not its root. */
TEST(root_of_outside_is_other_too)
{
	begin();
	user_as_uid(ALICE, create_some, NULL);
	user_as_uid(0, be_other, NULL);
	user_as_uid(0, create_nothing, NULL);
}

static void create_for_group(void *data)
{
	struct prshm_segment stat;

	(void)data;
	create_with("/bobs", 0660);
	ck_assert_int_eq(prshm_stat("/bobs", &stat), PRSHM_OK);
	ck_assert_uint_eq(stat.gid, GROUP_LEFT);
}

static void be_denied(void *data)
{
	PRSharedMemory *handle;

	(void)data;
	ck_assert_int_eq(open_existing("/bobs", &handle), PRSHM_DENIED);
}

/* BOB's group and CAROL's are different ones, and the broker has a number for neither. */
TEST(groups_without_a_number_are_not_one_group)
{
	begin();
	user_as_uid(BOB, create_for_group, NULL);
	user_as_uid(CAROL, be_denied, NULL);
	user_as_uid(UNMAPPED, be_denied, NULL);
}
