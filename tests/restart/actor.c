/* SPDX-License-Identifier: MIT */
/* Clients in processes of their own; actor.h tells the idea. */
#include "tests/restart/actor.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/user.h"
#include "tests/restart/restart-case.h"

struct actor alice = {.uid = ALICE};
struct actor bob = {.uid = BOB};

struct order {
	act_function act; /* NULL: leave */
	char text[ACT_TEXT_MAX];
};

static void become(uid_t uid, gid_t group)
{
	if (geteuid() == 0)
		user_become(&(struct person){uid, uid, &group, group != 0});
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* after the uid, which clears it: prctl(2) */
}

__attribute__((noreturn)) static void obey(int link)
{
	struct order order;

	while (read(link, &order, sizeof(order)) == (ssize_t)sizeof(order) && order.act) {
		const long result = order.act(order.text);

		if (write(link, &result, sizeof(result)) != (ssize_t)sizeof(result))
			_exit(124);
	}
	_exit(0);
}

void actor_begin(struct actor *actor, uid_t uid, gid_t group)
{
	int ends[2];

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends), 0);
	fflush(NULL);
	actor->pid = fork();
	ck_assert_int_ge(actor->pid, 0);
	if (actor->pid == 0) {
		close(ends[0]);
		close(place.janitor_fd); /* or the janitor would wait for us, too */
		become(uid, group);
		obey(ends[1]);
	}
	close(ends[1]);
	actor->link = ends[0];
}

void actor_tell(struct actor *actor, act_function act, const char *text)
{
	struct order order = {.act = act};

	if (actor->pid == 0)
		actor_begin(actor, actor->uid, 0);
	ck_assert_uint_lt(strlen(text), sizeof(order.text));
	strcpy(order.text, text);
	ck_assert_int_eq(write(actor->link, &order, sizeof(order)), (ssize_t)sizeof(order));
}

long actor_await(struct actor *actor)
{
	long result = 0;

	ck_assert_msg(read(actor->link, &result, sizeof(result)) == (ssize_t)sizeof(result),
		"a client has died");
	return result;
}

long actor_do(struct actor *actor, act_function act, const char *text)
{
	actor_tell(actor, act, text);
	return actor_await(actor);
}

bool actor_is_done(const struct actor *actor)
{
	struct pollfd readable = {.fd = actor->link, .events = POLLIN};

	return poll(&readable, 1, 0) > 0;
}

/* proc(5): the system call it is in, and its arguments; "running" where it is in none. */
static bool is_asking(const struct actor *actor)
{
	char path[64];
	char line[256];
	long number = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/syscall", (int)actor->pid);
	file = fopen(path, "re");
	ck_assert_ptr_nonnull(file);
	if (fgets(line, sizeof(line), file))
		sscanf(line, "%ld", &number);
	fclose(file);
	return number == SYS_recvmsg || number == SYS_poll || number == SYS_ppoll;
}

void actor_await_asking(const struct actor *actor)
{
	AWAIT(is_asking(actor));
}

static void bury(struct actor *actor)
{
	ck_assert_int_eq(waitpid(actor->pid, NULL, 0), actor->pid);
	close(actor->link);
	actor->pid = 0;
}

void actor_end(struct actor *actor)
{
	const struct order leave = {.act = NULL};

	ck_assert_int_eq(write(actor->link, &leave, sizeof(leave)), (ssize_t)sizeof(leave));
	bury(actor);
}

void actors_end(void)
{
	if (alice.pid > 0)
		actor_end(&alice);
	if (bob.pid > 0)
		actor_end(&bob);
}

void actor_kill(struct actor *actor)
{
	ck_assert_int_gt(actor->pid, 0);
	ck_assert_int_eq(kill(actor->pid, SIGKILL), 0);
	bury(actor);
}
