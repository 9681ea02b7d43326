/* SPDX-License-Identifier: MIT */
/* Nothing outlives us. */
#include "bench/warden.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define CHILDREN_MAX 64

static unsigned int list_children(pid_t parent, pid_t children[CHILDREN_MAX])
{
	char path[64];
	unsigned int count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)parent, (int)parent);
	file = fopen(path, "re");
	while (file && count < CHILDREN_MAX && fscanf(file, "%d", &children[count]) == 1)
		count++;
	if (file)
		fclose(file);
	return count;
}

/* Whose parent dies becomes ours before that one can be waited for: this finds them all. */
_Noreturn static void kill_all(void)
{
	pid_t children[CHILDREN_MAX];

	for (;;) {
		unsigned int count = list_children(getpid(), children);

		while (count > 0)
			kill(children[--count], SIGKILL);
		if (waitpid(-1, NULL, 0) < 0 && errno == ECHILD)
			_exit(0);
	}
}

_Noreturn static void watch(const sigset_t *signals)
{
	for (;;) {
		pid_t gone;

		if (sigwaitinfo(signals, NULL) == SIGTERM)
			kill_all();
		do
			gone = waitpid(-1, NULL, WNOHANG);
		while (gone > 0);
		if (gone < 0 && errno == ECHILD)
			_exit(0);
	}
}

static void default_signals(void)
{
	static const int changed[] = {SIGINT, SIGTERM, SIGCHLD, SIGPIPE};

	for (size_t i = 0; i < sizeof(changed) / sizeof(changed[0]); i++)
		signal(changed[i], SIG_DFL);
}

_Noreturn static void guard(pid_t parent, void (*run)(const void *data), const void *data)
{
	sigset_t signals;
	sigset_t before;
	pid_t child;

	default_signals();
	setpgid(0, 0); /* a Ctrl-C is for us, who then end it */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGCHLD);
	sigprocmask(SIG_BLOCK, &signals, &before);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	if (getppid() != parent) /* it was gone before it was asked for */
		_exit(0);
	child = fork();
	if (child == 0) {
		sigprocmask(SIG_SETMASK, &before, NULL);
		run(data);
		_exit(126);
	}
	if (child < 0)
		_exit(1);
	close_range(STDERR_FILENO + 1, ~0U, 0); /* or others would never see their ends */
	watch(&signals);
}

bool warden_start(struct warden *warden, void (*run)(const void *data), const void *data)
{
	const pid_t self = getpid();

	fflush(NULL);
	warden->pid = fork();
	if (warden->pid == 0)
		guard(self, run, data);
	return warden->pid > 0;
}

void warden_wait(struct warden *warden)
{
	while (warden->pid > 0 && waitpid(warden->pid, NULL, 0) < 0 && errno == EINTR)
		;
	warden->pid = 0;
}

void warden_end(struct warden *warden)
{
	if (warden->pid > 0)
		kill(warden->pid, SIGTERM);
	warden_wait(warden);
}

/* And it lives: a zombie has a name, too. */
static bool is_named(pid_t pid, const char *name)
{
	char path[64];
	char program[32] = "";
	char state = 'Z';
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	file = fopen(path, "re");
	if (file) {
		if (fscanf(file, "%*d (%31[^)]) %c", program, &state) != 2)
			state = 'Z';
		fclose(file);
	}
	return state != 'Z' && state != 'X' && strcmp(program, name) == 0;
}

static pid_t find_below(pid_t parent, const char *name, unsigned int depth)
{
	pid_t children[CHILDREN_MAX];
	unsigned int count = depth > 0 ? list_children(parent, children) : 0;
	pid_t found = 0;

	for (unsigned int i = 0; i < count && found == 0; i++)
		found = is_named(children[i], name) ? children[i] : 0;
	for (unsigned int i = 0; i < count && found == 0; i++)
		found = find_below(children[i], name, depth - 1);
	return found;
}

pid_t warden_find(const struct warden *warden, const char *name)
{
	return find_below(warden->pid, name, 4);
}
