/* SPDX-License-Identifier: MIT */
/* The process that has a handle parked, or open, or both, and opens the name again. */
#include "tests/policy/park-opener.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/lib/testing.h"
#include "tests/lib/user.h"

PRSharedMemory *opener_open(size_t size, PRIntn flags)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(NAME, (PRSize)size, flags, 0666);

	ck_assert_msg(shm, "error %d", (int)PR_GetError());
	return shm;
}

char *opener_attach(PRSharedMemory *shm)
{
	char *bytes = PR_AttachSharedMemory(shm, 0);

	ck_assert_ptr_nonnull(bytes);
	return bytes;
}

void opener_use(PRSharedMemory *shm)
{
	ck_assert_int_eq(PR_DetachSharedMemory(shm, opener_attach(shm)), PR_SUCCESS);
}

/* The standard input of the opener is a socket. A byte means: go on. */

static void tell(const void *data, size_t size)
{
	ck_assert_int_eq(write(STDIN_FILENO, data, size), (ssize_t)size);
}

static void await_next(void)
{
	char byte;

	if (read(STDIN_FILENO, &byte, 1) != 1)
		_exit(0);
}

static struct opener_outcome open_again(void)
{
	struct opener_outcome outcome = {0};
	PRSharedMemory *shm = PR_OpenSharedMemory(NAME, BYTES, 0, 0);
	char *bytes;

	if (!shm)
		return (struct opener_outcome){.error = PR_GetError()};
	bytes = PR_AttachSharedMemory(shm, 0);
	outcome.writes = bytes != NULL;
	if (!bytes)
		bytes = PR_AttachSharedMemory(shm, PR_SHM_READONLY);
	ck_assert_ptr_nonnull(bytes);
	outcome.contents = *bytes;
	ck_assert_int_eq(PR_DetachSharedMemory(shm, bytes), PR_SUCCESS);
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
	return outcome;
}

ROLE(opener)
{
	const unsigned int state = (unsigned int)atoi(getenv("OPENER_STATE"));
	PRSharedMemory *parked;
	PRSharedMemory *opened;
	struct opener_outcome outcome;

	user_become_uid(ALICE);
	parked = state & PARKED ? opener_open(0, 0) : NULL;
	opened = state & OPEN ? opener_open(0, 0) : NULL;
	if (parked) {
		opener_use(parked);
		ck_assert_int_eq(PR_CloseSharedMemory(parked), PR_SUCCESS);
	}
	if (opened)
		opener_use(opened);
	tell("", 1);
	await_next();
	if (opened) {
		opener_use(opened); /* it stays what it was */
		ck_assert_int_eq(PR_CloseSharedMemory(opened), PR_SUCCESS);
	}
	outcome = open_again();
	tell(&outcome, sizeof(outcome));
	await_next();
	return 0;
}

pid_t opener_start(unsigned int state, int *socket)
{
	const char text[] = {(char)('0' + state), '\0'};
	int pair[2];
	pid_t child;
	char byte;

	ck_assert_int_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
	child = fork();
	if (child == 0) {
		dup2(pair[1], STDIN_FILENO);
		setenv("OPENER_STATE", text, 1);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		execl("/proc/self/exe", "self", "opener", NULL);
		_exit(127);
	}
	close(pair[1]);
	*socket = pair[0];
	ck_assert_int_eq(read(*socket, &byte, 1), 1);
	return child;
}

struct opener_outcome opener_go_on(int socket)
{
	struct opener_outcome outcome;

	ck_assert_int_eq(write(socket, "", 1), 1);
	ck_assert_int_eq(recv(socket, &outcome, sizeof(outcome), MSG_WAITALL), sizeof(outcome));
	return outcome;
}
