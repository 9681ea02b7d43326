/* SPDX-License-Identifier: MIT */
/* The crowd: starting and stopping it. What each of them does is in villain.c. */
#include "tests/soak/crowd.h"

#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/statistics.h"
#include "tests/soak/villain.h"

#define FIRST_UID     70000U
#define LIFE_SECONDS  3600 /* longer than any measurement, on however busy a machine */
#define READY_SECONDS 600  /* that is only to end a hang */

static void run(const struct villain *villain, int ready_fd, int go_fd)
{
	const uid_t uid = FIRST_UID + villain->number;
	const gid_t gid = FIRST_UID + villain->number;

	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	if (setresgid(gid, gid, gid) < 0 || setresuid(uid, uid, uid) < 0)
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL); /* another uid would have cleared it */
	alarm(LIFE_SECONDS);
	villain_run(villain, ready_fd, go_fd);
	_exit(1);
}

/* go: the children must not hold its other end, or it would never be at its end. */
static void start(struct crowd *crowd, struct villain *villain, unsigned int users,
	const int ready[2], const int go[2])
{
	for (villain->number = 0; villain->number < users; villain->number++) {
		pid_t pid = fork();

		if (pid == 0) {
			close(ready[0]);
			close(go[1]);
			run(villain, ready[1], go[0]);
		}
		if (pid > 0)
			crowd->pids[crowd->count++] = pid;
	}
}

static bool wait_until_ready(int fd, unsigned int count)
{
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	char byte;

	for (unsigned int i = 0; i < count; i++) {
		if (poll(&ready, 1, READY_SECONDS * 1000) != 1 || read(fd, &byte, 1) != 1)
			return false;
	}
	return true;
}

bool crowd_start(struct crowd *crowd, enum abuse abuse, const char *socket, unsigned int users,
	unsigned int connections_each)
{
	struct villain villain = {
		.abuse = abuse,
		.socket = socket,
		.connections = connections_each,
		.hold_at_most = abuse > ABUSE_COUNT ? connections_each : VILLAIN_HANDLES / users,
	};
	int ready[2];
	int go[2];
	bool ok;

	crowd->count = 0;
	crowd->since = now_us();
	if (pipe(ready) < 0)
		return false;
	if (pipe(go) < 0) {
		close(ready[0]);
		close(ready[1]);
		return false;
	}
	start(crowd, &villain, users, ready, go);
	close(ready[1]);
	close(go[0]);
	ok = crowd->count == users && wait_until_ready(ready[0], users);
	close(ready[0]);
	close(go[1]);
	return ok;
}

static double seconds(const struct timeval *time)
{
	return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

double crowd_stop(struct crowd *crowd)
{
	double elapsed = (now_us() - crowd->since) / 1e6;
	double used = 0;

	for (unsigned int i = 0; i < crowd->count; i++)
		kill(crowd->pids[i], SIGKILL);
	for (unsigned int i = 0; i < crowd->count; i++) {
		struct rusage usage = {0};

		if (wait4(crowd->pids[i], NULL, 0, &usage) == crowd->pids[i])
			used += seconds(&usage.ru_utime) + seconds(&usage.ru_stime);
	}
	crowd->count = 0;
	return elapsed > 0 ? used / elapsed : 0;
}
