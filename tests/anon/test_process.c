/* SPDX-License-Identifier: MIT */
/* Children as such: what they are started with, how they end, and that no zombie stays. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "tests/anon/anon.h"
#include "tests/lib/await.h"
#include "tests/lib/testing.h"

static PRInt32 run_shell(const char *script, char *const *environment, const PRProcessAttr *attr)
{
	char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)script, NULL};
	PRProcess *process = PR_CreateProcess("/bin/sh", arguments, environment, attr);
	PRInt32 code = -1;

	ck_assert_ptr_nonnull(process);
	ck_assert_int_eq(PR_WaitProcess(process, &code), PR_SUCCESS);
	return code;
}

static const struct {
	const char *script;
	PRInt32 code;
} ends[] = {
	{"exit 0", 0},
	{"exit 7", 7},
	{"exit 255", 255},
	{"kill -9 $$", 256 + SIGKILL},
	{"kill -15 $$", 256 + SIGTERM},
};

FIXTURE(ANON_FIXTURE);

TEST_LOOP(the_exit_code_is_the_status_or_256_and_the_signal, PR_ARRAY_SIZE(ends))
{
	ck_assert_int_eq(run_shell(ends[_i].script, NULL, NULL), ends[_i].code);
}

TEST(the_environment_is_the_given_one_or_the_parents)
{
	char *const given[] = {(char *)"GIVEN=1", NULL};

	setenv("OWN", "1", 1);
	ck_assert_int_eq(run_shell("test \"$OWN\" = 1", NULL, NULL), 0);
	ck_assert_int_eq(run_shell("test \"$GIVEN$OWN\" = 1 && test -z \"$OWN\"", given, NULL), 0);
}

TEST(an_inherited_variable_of_the_library_is_not_passed_on)
{
	char *const given[] = {(char *)"A=1", (char *)"PRSHM_INHERITED=x", (char *)"B=1", NULL};
	const char *script = "test -z \"${PRSHM_INHERITED+set}\" && test \"$A$B\" = 11";

	ck_assert_int_eq(run_shell(script, given, NULL), 0);
	setenv("PRSHM_INHERITED", "x", 1);
	setenv("A", "1", 1);
	setenv("B", "1", 1);
	ck_assert_int_eq(run_shell(script, NULL, NULL), 0);
}

static const char *without_directories(void)
{
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCHDIR_NP
	return NULL;
#else
	return "needs posix_spawn_file_actions_addchdir_np";
#endif
}

TEST_UNLESS(without_directories, the_child_begins_in_its_directory)
{
	char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)"test $PWD = /usr", NULL};
	PRProcessAttr *attr = PR_NewProcessAttr();
	PRProcess *process;
	PRInt32 code;
	char directory[] = "/usr";

	ck_assert_int_eq(PR_ProcessAttrSetCurrentDirectory(attr, "/etc"), PR_SUCCESS);
	ck_assert_int_eq(PR_ProcessAttrSetCurrentDirectory(attr, directory), PR_SUCCESS);
	directory[1] = 'X'; /* it was copied */
	ck_assert_int_eq(run_shell("test \"$(pwd)\" = /usr", NULL, attr), 0);
	process = PR_CreateProcess("../bin/sh", arguments, NULL, attr);
	ck_assert_ptr_nonnull(process);
	ck_assert_int_eq(PR_WaitProcess(process, &code), PR_SUCCESS);
	ck_assert_int_eq(code, 0);
	PR_ResetProcessAttr(attr);
	ck_assert_int_eq(run_shell("test \"$(pwd)\" != /usr", NULL, attr), 0);
	PR_DestroyProcessAttr(attr);
}

static const struct {
	const char *path;
	const char *directory;
	PRErrorCode code;
} refused[] = {
	{NULL, NULL, PR_INVALID_ARGUMENT_ERROR},
	{"/does/not/exist", NULL, PR_FILE_NOT_FOUND_ERROR},
	{"sh", NULL, PR_FILE_NOT_FOUND_ERROR}, /* no search */
	{"/etc", NULL, PR_NO_ACCESS_RIGHTS_ERROR},
	{"/etc/passwd", NULL, PR_NO_ACCESS_RIGHTS_ERROR},
	{"/etc/passwd/x", NULL, PR_NOT_DIRECTORY_ERROR},
	{"/bin/sh", "/does/not/exist", PR_FILE_NOT_FOUND_ERROR},
	{"/bin/sh", "/etc/passwd", PR_NOT_DIRECTORY_ERROR},
};

TEST_LOOP(a_program_that_cannot_be_run_is_an_error_and_leaves_no_child, PR_ARRAY_SIZE(refused))
{
	char *const arguments[] = {(char *)"x", NULL};
	PRProcessAttr *attr = PR_NewProcessAttr();

	if (refused[_i].directory && without_directories())
		return;
	if (refused[_i].directory)
		PR_ProcessAttrSetCurrentDirectory(attr, refused[_i].directory);
	ck_assert_ptr_null(PR_CreateProcess(refused[_i].path, arguments, NULL, attr));
	anon_expect(refused[_i].code);
	ck_assert_int_eq(
		PR_CreateProcessDetached(refused[_i].path, arguments, NULL, attr), PR_FAILURE);
	anon_expect(refused[_i].code);
	PR_DestroyProcessAttr(attr);
}

TEST(nonsense_is_an_invalid_argument)
{
	PRProcessAttr *attr = PR_NewProcessAttr();

	ck_assert_ptr_null(PR_CreateProcess("/bin/sh", NULL, NULL, NULL));
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_WaitProcess(NULL, NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_KillProcess(NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_DetachProcess(NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_ProcessAttrSetCurrentDirectory(attr, NULL), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_ProcessAttrSetCurrentDirectory(NULL, "/"), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	PR_ResetProcessAttr(NULL);
	PR_DestroyProcessAttr(NULL);
	PR_DestroyProcessAttr(attr);
}

TEST(too_many_arguments_are_an_error)
{
	const size_t size = 1 << 18; /* execve(2): one string has 128 KiB at most */
	char *text = malloc(size);
	char *const arguments[] = {(char *)"sh", text, NULL};

	memset(text, 'x', size);
	text[size - 1] = '\0';
	ck_assert_ptr_null(PR_CreateProcess("/bin/sh", arguments, NULL, NULL));
	anon_expect(PR_BUFFER_OVERFLOW_ERROR);
	free(text);
}

TEST(a_killed_process_ends_and_one_that_ended_cannot_be_killed)
{
	char *const sleeper[] = {(char *)"sleep", (char *)"1000", NULL};
	PRProcess *process = PR_CreateProcess("/bin/sleep", sleeper, NULL, NULL);
	siginfo_t ended;
	PRInt32 code;

	ck_assert_ptr_nonnull(process);
	ck_assert_int_eq(PR_KillProcess(process), PR_SUCCESS);
	ck_assert_int_eq(waitid(P_ALL, 0, &ended, WEXITED | WNOWAIT), 0);
	ck_assert_int_eq(PR_KillProcess(process), PR_FAILURE);
	ck_assert_int_eq(PR_GetOSError(), ESRCH);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_WaitProcess(process, &code), PR_SUCCESS);
	ck_assert_int_eq(code, 256 + SIGKILL);
}

TEST(a_process_somebody_else_waited_for_has_no_code)
{
	char *const arguments[] = {(char *)"true", NULL};
	PRProcess *process = PR_CreateProcess("/bin/true", arguments, NULL, NULL);
	PRInt32 code = -1;

	ck_assert_int_gt(waitpid(-1, NULL, 0), 0);
	ck_assert_int_eq(PR_KillProcess(process), PR_FAILURE);
	anon_expect(PR_INVALID_ARGUMENT_ERROR);
	ck_assert_int_eq(PR_WaitProcess(process, &code), PR_FAILURE);
	ck_assert_int_eq(PR_GetOSError(), ECHILD);
	anon_expect(PR_UNKNOWN_ERROR);
	ck_assert_int_eq(code, -1);
}

/* Children of this process in any state, by the kernel's own list. */
static size_t count_children(void)
{
	const char *command = "ps -o pid= --ppid $PPID | wc -l";
	FILE *list = popen(command, "re");
	size_t count = 0;

	ck_assert_ptr_nonnull(list);
	ck_assert_int_eq(fscanf(list, "%zu", &count), 1);
	pclose(list);
	return count - 1; /* the shell itself */
}

static volatile sig_atomic_t signals;

static void on_signal(int number)
{
	(void)number;
	signals = signals + 1;
}

TEST(a_detached_process_leaves_no_zombie)
{
	char *const arguments[] = {(char *)"sh", (char *)"-c", (char *)"exit 3", NULL};
	size_t before = count_children();

	for (int i = 0; i < 10; i++) {
		ck_assert_int_eq(
			PR_CreateProcessDetached("/bin/sh", arguments, NULL, NULL), PR_SUCCESS);
		ck_assert_int_eq(
			PR_DetachProcess(PR_CreateProcess("/bin/sh", arguments, NULL, NULL)),
			PR_SUCCESS);
	}
	AWAIT(count_children() == before);
}

/* While this thread blocks it, a signal to the process goes to whichever thread does not. */
TEST(a_waiter_takes_no_signals)
{
	char script[256];
	char *const arguments[] = {(char *)"sh", (char *)"-c", script, NULL};
	size_t before = count_children();
	char path[128];
	sigset_t user;

	snprintf(path, sizeof(path), "%s/blocked", client_broker.directory);
	snprintf(script, sizeof(script), "until test -e %s; do sleep 0.01; done; kill -USR1 $PPID",
		path);
	signal(SIGUSR1, on_signal);
	ck_assert_int_eq(PR_CreateProcessDetached("/bin/sh", arguments, NULL, NULL), PR_SUCCESS);
	sigemptyset(&user);
	sigaddset(&user, SIGUSR1);
	ck_assert_int_eq(sigprocmask(SIG_BLOCK, &user, NULL), 0);
	close(open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	AWAIT(count_children() == before);
	unlink(path);
	ck_assert_int_eq(signals, 0);
	sigprocmask(SIG_UNBLOCK, &user, NULL);
	ck_assert_int_eq(signals, 1);
}
