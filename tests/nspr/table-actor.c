/* SPDX-License-Identifier: MIT */

/*
 * The processes that do the steps. An actor is forked at its first step in a case, takes its uid,
 * and then does one step at a time that it is told by index over a socket, so its handles and
 * attachments live as long as the case. That it dies of a step is a result like any other
 * ("SIGSEGV").
 *
 * The first process never calls PR_*: what it had set up there, a connection for example, would be
 * in every actor.
 */
#include "table.h"

#include <errno.h>
#include <grp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { OWNER_ID = 60001, OTHER_ID = 60002, PATIENCE_MS = 120000 };

static struct {
	pid_t pid; /* 0: not started */
	int socket;
} actors[ACTORS];

bool actors_can_be_other_users(void)
{
	return geteuid() == 0;
}

void actor_own_directory(const char *path)
{
	if (actors_can_be_other_users() && chown(path, OWNER_ID, OWNER_ID) < 0) {
		perror(path);
		exit(2);
	}
}

/* Root itself never plays a part: it may do everything, and most rows would say nothing. */
static void become(enum actor actor)
{
	gid_t group_of_owner = OWNER_ID;
	uid_t id = actor == OWNER ? OWNER_ID : OTHER_ID;

	if (!actors_can_be_other_users())
		return;
	if (setgroups(actor == MEMBER ? 1 : 0, &group_of_owner) < 0 || setresgid(id, id, id) < 0 ||
		setresuid(id, id, id) < 0) {
		perror("cannot change the user");
		_exit(2);
	}
}

/*
 * Sanitizers catch SIGSEGV, a harness may ignore SIGPIPE, and a core file of each row is of no use
 * to anybody.
 */
static void die_quietly(void)
{
	struct rlimit no_core = {0, 0};

	signal(SIGSEGV, SIG_DFL);
	signal(SIGBUS, SIG_DFL);
	signal(SIGPIPE, SIG_DFL);
	setrlimit(RLIMIT_CORE, &no_core);
	umask(022);
}

__attribute__((noreturn)) static void act(enum actor actor, int socket)
{
	const struct step *step;
	char result[RESULT_SIZE];

	become(actor);
	die_quietly();
	if (chdir(name_directory()) < 0)
		_exit(2);
	while (recv(socket, &step, sizeof(step), 0) == (ssize_t)sizeof(step)) {
		memset(result, 0, sizeof(result));
		step_run(step, result);
		if (send(socket, result, sizeof(result), MSG_NOSIGNAL) < 0)
			break;
	}
	_exit(0);
}

static void start(enum actor actor)
{
	int pair[2];

	fflush(NULL);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) {
		perror("socketpair");
		exit(2);
	}
	actors[actor].pid = fork();
	if (actors[actor].pid < 0) {
		perror("fork");
		exit(2);
	}
	if (actors[actor].pid == 0) {
		/* Another actor's end, kept open here, would hide that actor's death. */
		for (int i = 0; i < ACTORS; i++)
			if (i != (int)actor && actors[i].pid)
				close(actors[i].socket);
		close(pair[0]);
		act(actor, pair[1]);
	}
	close(pair[1]);
	actors[actor].socket = pair[0];
	sysv_note_creator(actors[actor].pid);
}

/* Returns the wait status. */
static int end(enum actor actor)
{
	int status = 0;

	if (!actors[actor].pid)
		return 0;
	close(actors[actor].socket);
	while (waitpid(actors[actor].pid, &status, 0) < 0 && errno == EINTR)
		;
	actors[actor].pid = 0;
	return status;
}

void actor_kill(enum actor actor)
{
	if (actors[actor].pid)
		kill(actors[actor].pid, SIGKILL);
	end(actor);
}

void actors_end(void)
{
	for (int i = 0; i < ACTORS; i++)
		end((enum actor)i);
}

/* A step is passed by its address: the rows are constant, and an actor is a copy of this process.
 */
void actor_do(enum actor actor, const struct step *step, char *result)
{
	struct pollfd answer;
	int status;

	if (!actors[actor].pid)
		start(actor);
	answer = (struct pollfd){.fd = actors[actor].socket, .events = POLLIN};
	if (send(answer.fd, &step, sizeof(step), MSG_NOSIGNAL) < 0) {
		perror("send");
		exit(2);
	}
	if (poll(&answer, 1, PATIENCE_MS) == 0) {
		actor_kill(actor);
		result_write(result, "no answer");
		return;
	}
	if (recv(answer.fd, result, RESULT_SIZE, 0) == RESULT_SIZE)
		return;
	status = end(actor);
	if (WIFSIGNALED(status))
		result_write(result, "%s", signal_word(WTERMSIG(status)));
	else
		result_write(result, "exit %d", WEXITSTATUS(status));
}
