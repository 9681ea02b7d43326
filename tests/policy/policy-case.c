/* SPDX-License-Identifier: MIT */
/* A broker with a configuration of the test's own, its log, and clients of several users. */
#include "tests/policy/policy-case.h"

#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE 6000 /* hundredths of a second: longer than anything but a hang */
#define LOG_MAX  (1 << 18)

struct broker_process policy_broker;

static struct {
	char directory[64];
	char file[96];
	char log[96];
} scene;

static size_t fds_before;

const char *policy_file(void)
{
	return scene.file;
}

static void nap(void)
{
	nanosleep(&(struct timespec){.tv_nsec = 10000000}, NULL);
}

static void write_configuration(const char *configuration)
{
	FILE *file = fopen(scene.file, "we");

	ck_assert_ptr_nonnull(file);
	fputs(configuration, file);
	ck_assert_int_eq(fclose(file), 0);
	ck_assert_int_eq(chmod(scene.file, 0644), 0);
}

/* The broker inherits our standard error: it leads to the log while it is started. */
static void start_into_log(void)
{
	char argument[128];
	const char *const arguments[] = {argument, NULL};
	const struct broker_options options = {.arguments = arguments};
	int log = open(scene.log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
	int saved = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 10);

	snprintf(argument, sizeof(argument), "--config=%s", scene.file);
	ck_assert_int_ge(log, 0);
	ck_assert_int_ge(saved, 0);
	ck_assert_int_ge(dup2(log, STDERR_FILENO), 0);
	broker_process_start(&policy_broker, &options);
	ck_assert_int_ge(dup2(saved, STDERR_FILENO), 0);
	close(saved);
	close(log);
}

void policy_begin(const char *configuration)
{
	snprintf(scene.directory, sizeof(scene.directory), "/tmp/prshm-policy.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(scene.directory));
	ck_assert_int_eq(chmod(scene.directory, 0755), 0);
	snprintf(scene.file, sizeof(scene.file), "%s/prshmd.conf", scene.directory);
	snprintf(scene.log, sizeof(scene.log), "%s/log", scene.directory);
	write_configuration(configuration);
	start_into_log();
	policy_await_said("ready");
	/* The library keeps its connection: it is there before descriptors are counted. */
	ck_assert(!policy_exists("/nothing"));
	fds_before = testing_count_fds();
}

void policy_end(void)
{
	ck_assert_msg(testing_count_fds() == fds_before, "%zu descriptors open before, %zu after",
		fds_before, testing_count_fds());
	unlink(scene.file);
	unlink(scene.log);
	rmdir(scene.directory);
	broker_process_stop(&policy_broker);
}

void policy_reload(const char *configuration, const char *said)
{
	size_t before = policy_count_said(said);

	if (configuration)
		write_configuration(configuration);
	else
		ck_assert_int_eq(unlink(scene.file), 0);
	ck_assert_int_eq(kill(policy_broker.pid, SIGHUP), 0);
	for (int i = 0; i < PATIENCE && policy_count_said(said) == before; i++)
		nap();
	ck_assert_msg(policy_count_said(said) > before, "the log does not say \"%s\"", said);
}

size_t policy_count_said(const char *text)
{
	char *log = calloc(1, LOG_MAX);
	FILE *file = fopen(scene.log, "re");
	size_t count = 0;

	ck_assert_ptr_nonnull(log);
	ck_assert_ptr_nonnull(file);
	ck_assert_uint_lt(fread(log, 1, LOG_MAX - 1, file), LOG_MAX - 1);
	fclose(file);
	for (const char *at = log; (at = strstr(at, text)); at++)
		count++;
	free(log);
	return count;
}

void policy_await_said(const char *text)
{
	for (int i = 0; i < PATIENCE && policy_count_said(text) == 0; i++)
		nap();
	ck_assert_msg(policy_count_said(text) > 0, "the log does not say \"%s\"", text);
}

static void become(uid_t uid, const gid_t *group)
{
	if (setgroups(group ? 1 : 0, group) < 0 || setresgid(uid, uid, uid) < 0 ||
		setresuid(uid, uid, uid) < 0)
		_exit(125);
	prctl(PR_SET_DUMPABLE, 1); /* /proc/self/fd stays ours: proc(5) */
}

static pid_t begin_as(uid_t uid, const gid_t *group)
{
	pid_t pid;

	fflush(NULL);
	pid = fork();
	ck_assert_int_ge(pid, 0);
	if (pid == 0)
		become(uid, group);
	return pid;
}

static void await(pid_t pid, uid_t uid)
{
	int status;

	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		"the child of uid %u ended with wait status 0x%x", (unsigned int)uid,
		(unsigned int)status);
}

static void run_as(uid_t uid, const gid_t *group, void (*act)(void *data), void *data)
{
	pid_t pid = begin_as(uid, group);

	if (pid == 0) {
		act(data);
		_exit(0);
	}
	await(pid, uid);
}

void policy_as(uid_t uid, void (*act)(void *data), void *data)
{
	run_as(uid, NULL, act, data);
}

void policy_as_member(uid_t uid, gid_t group, void (*act)(void *data), void *data)
{
	run_as(uid, &group, act, data);
}

void guest_enter(struct guest *guest, uid_t uid, void (*act)(void *data), void *data)
{
	int ready[2];
	char byte = 0;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	guest->pid = begin_as(uid, NULL);
	if (guest->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		act(data);
		if (write(ready[1], &byte, 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	ck_assert_msg(
		read(ready[0], &byte, 1) == 1, "the guest of uid %u failed", (unsigned int)uid);
	close(ready[0]);
}

static void end_guest(struct guest *guest, int signal_number)
{
	int status;

	ck_assert_int_eq(kill(guest->pid, signal_number), 0);
	ck_assert_int_eq(waitpid(guest->pid, &status, 0), guest->pid);
	ck_assert(WIFSIGNALED(status) && WTERMSIG(status) == signal_number);
}

void guest_leave(struct guest *guest)
{
	end_guest(guest, SIGTERM);
}

void guest_kill(struct guest *guest)
{
	end_guest(guest, SIGKILL);
}

enum prshm_result policy_create(const char *name, mode_t mode, PRSharedMemory **out)
{
	const struct prshm_options options = {
		.flags = PRSHM_CREATE,
		.size = 4096,
		.rights.mode = mode,
	};

	return prshm_open(name, &options, out);
}

void create_it(void *name)
{
	PRSharedMemory *handle;
	enum prshm_result result = policy_create(name, 0600, &handle);

	ck_assert_msg(result == PRSHM_OK, "uid %u cannot create %s: %s", (unsigned int)geteuid(),
		(const char *)name, prshm_strerror(result));
}

void refuse_it(void *name)
{
	PRSharedMemory *handle = NULL;
	enum prshm_result result = policy_create(name, 0600, &handle);

	ck_assert_msg(result == PRSHM_REFUSED, "uid %u, creating %s: %s", (unsigned int)geteuid(),
		(const char *)name, prshm_strerror(result));
	ck_assert_ptr_null(handle);
}

bool policy_exists(const char *name)
{
	struct prshm_segment stat;
	enum prshm_result result = prshm_stat(name, &stat);

	ck_assert(result == PRSHM_OK || result == PRSHM_NOT_FOUND);
	return result == PRSHM_OK;
}

void policy_await_gone(const char *name)
{
	for (int i = 0; i < PATIENCE && policy_exists(name); i++)
		nap();
	ck_assert_msg(!policy_exists(name), "%s is still there", name);
}
