/* SPDX-License-Identifier: MIT */
/*
 * A program that has work for the broker all the time: it holds segments that go with their last
 * holder, makes and removes others, and ends at the first call that fails. SIGTERM ends it with
 * status 0, if what it holds is still what it was.
 */
#include <prshm-client.h>
#include <prshm.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#define HELD 50

static volatile sig_atomic_t told_to_end;

static void end(int signal)
{
	(void)signal;
	told_to_end = 1;
}

static int failed(const char *what)
{
	fprintf(stderr, "%s: %s\n", what, PR_ErrorToString(PR_GetError(), PR_LANGUAGE_I_DEFAULT));
	return 1;
}

int main(void)
{
	int *held[HELD];
	char name[64];
	unsigned long rounds = 0;

	signal(SIGTERM, end);
	for (int i = 0; i < HELD; i++) {
		snprintf(name, sizeof(name), "/packages/held/%d", i);
		PRSharedMemory *shm = PR_OpenSharedMemory(name, 4096, PR_SHM_CREATE, 0600);
		held[i] = shm ? PR_AttachSharedMemory(shm, 0) : NULL;
		if (!held[i])
			return failed(name);
		*held[i] = i;
	}
	while (!told_to_end) {
		PRSharedMemory *shm =
			PR_OpenSharedMemory("/packages/passing", 8192, PR_SHM_CREATE, 0600);
		PRSharedMemory *again = PR_OpenSharedMemory("/packages/held/7", 0, 0, 0);
		int *seven = again ? PR_AttachSharedMemory(again, PR_SHM_READONLY) : NULL;

		if (!shm || !seven || *seven != 7)
			return failed("open");
		PR_DetachSharedMemory(again, seven);
		if (PR_CloseSharedMemory(again) != PR_SUCCESS ||
			PR_CloseSharedMemory(shm) != PR_SUCCESS)
			return failed("close");
		if (PR_DeleteSharedMemory("/packages/passing") != PR_SUCCESS)
			return failed("delete");
		if (rounds++ == 0 && (puts("busy") < 0 || fflush(stdout) != 0))
			return 1;
		usleep(1000);
	}
	for (int i = 0; i < HELD; i++)
		if (*held[i] != i)
			return 1;
	fprintf(stderr, "%lu rounds\n", rounds);
	return 0;
}
