/* SPDX-License-Identifier: MIT */
/* The processes of the clients of chaos, from outside. */
#include "tests/soak/chaos-clients.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/statistics.h"

bool chaos_clients_start(struct chaos_clients *clients, const char *socket)
{
	const pid_t self = getpid();

	setenv("PRSHM_SOCKET", socket, 1);
	fflush(NULL);
	for (unsigned int i = 0; i < clients->chaos->clients; i++) {
		clients->pids[i] = fork();
		if (clients->pids[i] < 0)
			return false;
		if (clients->pids[i] > 0)
			continue;
		signal(SIGINT, SIG_IGN); /* they are told by chaos->ending */
		signal(SIGTERM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != self)
			_exit(1);
		_exit(chaos_client(clients->chaos, i) ? 0 : 1);
	}
	return true;
}

static bool wait_for(const struct chaos_clients *clients, unsigned int i, uint64_t answers)
{
	const double deadline = now_us() + CHAOS_STUCK_SECONDS * 1e6;

	while (clients->chaos->client[i].answers < answers) {
		if (now_us() > deadline) {
			fprintf(stderr, "chaos: client %u (pid %d) gets no answer\n", i,
				(int)clients->pids[i]);
			return false;
		}
		usleep(200);
	}
	return true;
}

/* Each one's second answer from now on: the first may be to what it had asked before. */
bool chaos_clients_wait(const struct chaos_clients *clients)
{
	uint64_t enough[CHAOS_CLIENTS_MAX];

	for (unsigned int i = 0; i < clients->chaos->clients; i++)
		enough[i] = clients->chaos->client[i].answers + 2;
	for (unsigned int i = 0; i < clients->chaos->clients; i++) {
		if (!wait_for(clients, i, enough[i]))
			return false;
	}
	return true;
}

double chaos_clients_take_longest(struct chaos_clients *clients)
{
	uint64_t longest = 0;

	for (unsigned int i = 0; i < clients->chaos->clients; i++) {
		const uint64_t own = atomic_exchange(&clients->chaos->client[i].longest, 0);

		longest = own > longest ? own : longest;
	}
	return (double)longest / 1e6;
}

uint64_t chaos_clients_errors(const struct chaos_clients *clients)
{
	uint64_t errors = 0;

	for (unsigned int i = 0; i < clients->chaos->clients; i++)
		errors += clients->chaos->client[i].errors;
	return errors;
}

/* Returns what waitpid(2) says; who does not end is killed. */
static int await_end(pid_t pid)
{
	const double deadline = now_us() + CHAOS_STUCK_SECONDS * 1e6;
	int status = 0;
	pid_t ended;

	while ((ended = waitpid(pid, &status, WNOHANG)) == 0 && now_us() < deadline)
		usleep(1000);
	if (ended == 0) {
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
	}
	return status;
}

void chaos_clients_end(struct chaos_clients *clients, struct chaos_totals *totals)
{
	clients->chaos->ending = true;
	for (unsigned int i = 0; i < clients->chaos->clients && clients->pids[i] > 0; i++) {
		const struct chaos_client *client = &clients->chaos->client[i];
		const int status = await_end(clients->pids[i]);

		if (status != 0 && client->errors == 0) {
			fprintf(stderr, "chaos: client %u (pid %d) ended with wait status 0x%x\n",
				i, (int)clients->pids[i], (unsigned int)status);
			totals->errors++;
		}
		totals->operations += client->answers;
		totals->errors += client->errors;
		totals->lost += client->lost;
	}
}
