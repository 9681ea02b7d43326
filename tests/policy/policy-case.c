/* SPDX-License-Identifier: MIT */
/* A broker with a configuration of the test's own, its log, and clients of several users. */
#include "tests/policy/policy-case.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/process.h"
#include "tests/lib/user.h"

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
	fds_before = process_count_fds(0);
}

void policy_end(void)
{
	if (!scene.directory[0])
		return;
	ck_assert_msg(process_count_fds(0) == fds_before, "%zu descriptors open before, %zu after",
		fds_before, process_count_fds(0));
	unlink(scene.file);
	unlink(scene.log);
	rmdir(scene.directory);
	scene.directory[0] = '\0';
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
	process_await_said(scene.log, said, before + 1);
}

size_t policy_count_said(const char *text)
{
	return process_said(scene.log, text);
}

void policy_await_said(const char *text)
{
	process_await_said(scene.log, text, 1);
}

void guest_enter(struct guest *guest, uid_t uid, void (*act)(void *data), void *data)
{
	int ready[2];
	char byte = 0;

	ck_assert_int_eq(pipe2(ready, O_CLOEXEC), 0);
	fflush(NULL);
	guest->pid = fork();
	if (guest->pid == 0) {
		process_forget_test();
		user_become_uid(uid);
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

void guest_leave(struct guest *guest)
{
	ck_assert_int_eq(process_end_child(guest->pid, SIGTERM), 128 + SIGTERM);
}

void guest_kill(struct guest *guest)
{
	ck_assert_int_eq(process_end_child(guest->pid, SIGKILL), 128 + SIGKILL);
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
	AWAIT_TOLD(!policy_exists(name), name);
}
