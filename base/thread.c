/* SPDX-License-Identifier: MIT */
/* Starts threads. */
#include "base/thread.h"

#include <pthread.h>
#include <signal.h>
#include <stdlib.h>

struct task {
	void (*work)(void *of);
	void *of;
};

static void *begin(void *data)
{
	const struct task task = *(struct task *)data;

	free(data);
	task.work(task.of);
	return NULL;
}

/* The thread gets no signal: they are for the event loop. */
bool thread_run(void (*work)(void *of), void *of)
{
	struct task *task = malloc(sizeof(*task));
	pthread_t thread;
	sigset_t all;
	sigset_t before;
	bool started;

	if (!task)
		return false;
	*task = (struct task){work, of};
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	started = pthread_create(&thread, NULL, begin, task) == 0;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (started)
		pthread_detach(thread);
	else
		free(task);
	return started;
}
