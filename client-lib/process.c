/* SPDX-License-Identifier: MIT */
/*
 * Child processes, by posix_spawn(3): no handler of the program's runs in the child before the
 * exec, and a failure of the exec is told.
 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config.h"
#include "client-lib/foreign.h"
#include "client-lib/process-attr.h"
#include "include/prerr.h"
#include "include/prerror.h"

#define SIGNALED_STATUS 256

struct PRProcess {
	pid_t pid;
};

/* Not failure_set: that takes the outcome of a call to the broker. */
static void set_error(int error)
{
	static const struct {
		int error;
		PRErrorCode code;
	} known[] = {
		{E2BIG, PR_BUFFER_OVERFLOW_ERROR},
		{EACCES, PR_NO_ACCESS_RIGHTS_ERROR},
		{EAGAIN, PR_INSUFFICIENT_RESOURCES_ERROR},
		{EBADF, PR_BAD_DESCRIPTOR_ERROR},
		{EINVAL, PR_INVALID_ARGUMENT_ERROR},
		{ELOOP, PR_LOOP_ERROR},
		{EMFILE, PR_PROC_DESC_TABLE_FULL_ERROR},
		{ENAMETOOLONG, PR_NAME_TOO_LONG_ERROR},
		{ENFILE, PR_SYS_DESC_TABLE_FULL_ERROR},
		{ENOSYS, PR_NOT_IMPLEMENTED_ERROR},
		{ENOENT, PR_FILE_NOT_FOUND_ERROR},
		{ENOMEM, PR_OUT_OF_MEMORY_ERROR},
		{ENOTDIR, PR_NOT_DIRECTORY_ERROR},
		{EPERM, PR_NO_ACCESS_RIGHTS_ERROR},
		{ESRCH, PR_INVALID_ARGUMENT_ERROR},
		{ETXTBSY, PR_FILE_IS_BUSY_ERROR},
	};
	PRErrorCode code = PR_UNKNOWN_ERROR;

	for (size_t i = 0; i < PR_ARRAY_SIZE(known); i++) {
		if (known[i].error == error)
			code = known[i].code;
	}
	PR_SetError(code, error);
}

/* The C library may be too old to begin a child in another directory. */
static int add_directory(posix_spawn_file_actions_t *actions, const char *directory)
{
#ifdef HAVE_POSIX_SPAWN_FILE_ACTIONS_ADDCHDIR_NP
	return posix_spawn_file_actions_addchdir_np(actions, directory);
#else
	(void)actions;
	(void)directory;
	return ENOSYS;
#endif
}

/* A dup2 of a descriptor to itself clears FD_CLOEXEC (posix_spawn(3)), in the child only. */
static int add_actions(posix_spawn_file_actions_t *actions, const PRProcessAttr *attr)
{
	const struct named_map *named;
	int error = -filemaps_add_closes(actions);

	if (!attr)
		return error;
	TAILQ_FOREACH(named, &attr->maps, in_list) {
		const int fd = named->map->memory.reference.fd;

		if (error == 0 && !memory_is_own(&named->map->memory))
			error = EBADF;
		if (error == 0)
			error = posix_spawn_file_actions_adddup2(actions, fd, fd);
	}
	for (int stream = 0; stream < STREAMS; stream++) {
		if (error == 0 && attr->streams[stream])
			error = posix_spawn_file_actions_adddup2(
				actions, foreign_descriptor(attr->streams[stream]), stream);
	}
	if (error == 0 && attr->directory)
		error = add_directory(actions, attr->directory);
	return error;
}

/* The lock is held until the child runs: no other thread can export a map that it would inherit. */
static int spawn_locked(const char *path, char *const *argv, char *const *environment,
	const PRProcessAttr *attr, pid_t *pid)
{
	posix_spawn_file_actions_t actions;
	int error = posix_spawn_file_actions_init(&actions);

	if (error != 0)
		return error;
	filemaps_lock();
	error = add_actions(&actions, attr);
	if (error == 0)
		error = posix_spawn(pid, path, &actions, NULL, argv, environment);
	filemaps_unlock();
	posix_spawn_file_actions_destroy(&actions);
	return error;
}

static int spawn(const char *path, char *const *argv, char *const *envp, const PRProcessAttr *attr,
	pid_t *pid)
{
	struct named_maps none = TAILQ_HEAD_INITIALIZER(none);
	char **environment;
	int error;

	if (!path || !argv)
		return EINVAL;
	error = -inherit_environment(attr ? &attr->maps : &none, envp, &environment);
	if (error != 0)
		return error;
	error = spawn_locked(path, argv, environment, attr, pid);
	free(environment);
	return error;
}

PRProcess *PR_CreateProcess(
	const char *path, char *const *argv, char *const *envp, const PRProcessAttr *attr)
{
	PRProcess *process = malloc(sizeof(*process));
	int error = process ? spawn(path, argv, envp, attr, &process->pid) : ENOMEM;

	if (error != 0) {
		free(process);
		set_error(error);
		return NULL;
	}
	return process;
}

/* 0 or an errno. */
static int wait_for(const PRProcess *process, int *status)
{
	while (waitpid(process->pid, status, 0) < 0) {
		if (errno != EINTR)
			return errno;
	}
	return 0;
}

PRStatus PR_WaitProcess(PRProcess *process, PRInt32 *exit_code)
{
	int status = 0;
	int error = process ? wait_for(process, &status) : EINVAL;

	free(process);
	if (error != 0) {
		set_error(error);
		return PR_FAILURE;
	}
	if (exit_code)
		*exit_code = WIFSIGNALED(status) ? SIGNALED_STATUS + WTERMSIG(status)
						 : WEXITSTATUS(status);
	return PR_SUCCESS;
}

static void *wait_and_free(void *process)
{
	int status;

	wait_for(process, &status);
	free(process);
	return NULL;
}

/* With all signals blocked: the program's signal handlers run in the program's threads only. */
static int start_waiter(PRProcess *process)
{
	pthread_attr_t attributes;
	pthread_t thread;
	sigset_t every;
	sigset_t before;
	int error = pthread_attr_init(&attributes);

	if (error != 0)
		return error;
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	sigfillset(&every);
	pthread_sigmask(SIG_SETMASK, &every, &before);
	error = pthread_create(&thread, &attributes, wait_and_free, process);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_attr_destroy(&attributes);
	return error;
}

PRStatus PR_DetachProcess(PRProcess *process)
{
	int error = process ? start_waiter(process) : EINVAL;

	if (error == 0)
		return PR_SUCCESS;
	set_error(error);
	return PR_FAILURE;
}

PRStatus PR_CreateProcessDetached(
	const char *path, char *const *argv, char *const *envp, const PRProcessAttr *attr)
{
	PRProcess *process = PR_CreateProcess(path, argv, envp, attr);
	int error = process ? start_waiter(process) : 0;

	if (!process)
		return PR_FAILURE;
	if (error == 0)
		return PR_SUCCESS;
	kill(process->pid, SIGKILL); /* nobody would wait for this child */
	wait_and_free(process);
	set_error(error);
	return PR_FAILURE;
}

/* If the program has waited for the child itself, the pid may be another process's by now. */
static int kill_child(const PRProcess *process)
{
	siginfo_t ended = {.si_pid = 0};

	if (waitid(P_PID, (id_t)process->pid, &ended, WEXITED | WNOHANG | WNOWAIT) < 0 ||
		ended.si_pid != 0)
		return ESRCH;
	return kill(process->pid, SIGKILL) < 0 ? errno : 0;
}

PRStatus PR_KillProcess(PRProcess *process)
{
	int error = process ? kill_child(process) : EINVAL;

	if (error == 0)
		return PR_SUCCESS;
	set_error(error);
	return PR_FAILURE;
}
