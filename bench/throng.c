/* SPDX-License-Identifier: MIT */
/* Many honest clients at once. */
#include "bench/throng.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/statistics.h"

#define PATIENCE_MS 300000 /* only to end a hang */

static size_t times_size(const struct throng *throng)
{
	return (size_t)throng->count * throng->runs * sizeof(*throng->times);
}

/* In the child. A byte that does not come is the parent's end, one that is 0 a run that failed. */
static void live(const struct throng *throng, unsigned int number,
	bool (*act)(void *data, unsigned int number), void *data)
{
	double *times = throng->times + (size_t)number * throng->runs;
	char ok = 1;

	for (unsigned int round = 0; ok && read(throng->go[round % 2][0], &ok, 1) == 1; round++) {
		for (unsigned int i = 0; ok && i < throng->runs; i++) {
			const double begin = now_us();

			ok = act(data, number);
			times[i] = now_us() - begin;
		}
		if (write(throng->done[1], &ok, 1) != 1)
			break;
	}
}

static void start_one(struct throng *throng, unsigned int number,
	bool (*act)(void *data, unsigned int number), void *data)
{
	const pid_t pid = fork();

	if (pid == 0) {
		signal(SIGINT, SIG_DFL);
		signal(SIGTERM, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		live(throng, number, act, data);
		_exit(0);
	}
	throng->pids[number] = pid;
}

bool throng_start(struct throng *throng, unsigned int count, unsigned int runs,
	bool (*act)(void *data, unsigned int number), void *data)
{
	bool ok = true;

	*throng = (struct throng){
		.count = count, .runs = runs, .go = {{-1, -1}, {-1, -1}}, .done = {-1, -1}};
	throng->times = mmap(NULL, times_size(throng), PROT_READ | PROT_WRITE,
		MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (throng->times == MAP_FAILED)
		throng->times = NULL;
	if (!throng->times || pipe2(throng->go[0], O_CLOEXEC) < 0 ||
		pipe2(throng->go[1], O_CLOEXEC) < 0 || pipe2(throng->done, O_CLOEXEC) < 0)
		return false;
	for (unsigned int i = 0; i < count; i++) {
		start_one(throng, i, act, data);
		ok = ok && throng->pids[i] > 0;
	}
	return ok;
}

double throng_run(struct throng *throng)
{
	struct pollfd done = {.fd = throng->done[0], .events = POLLIN};
	const double begin = now_us();
	char bytes[THRONG_MAX];
	char ok = 1;

	memset(bytes, 1, sizeof(bytes));
	if (write(throng->go[throng->round++ % 2][1], bytes, throng->count) !=
		(ssize_t)throng->count)
		return 0;
	for (unsigned int i = 0; ok && i < throng->count; i++) {
		if (poll(&done, 1, PATIENCE_MS) != 1 || read(throng->done[0], &ok, 1) != 1)
			ok = 0;
	}
	return ok ? now_us() - begin : 0;
}

static void close_both(const int fds[2])
{
	if (fds[0] >= 0) {
		close(fds[0]);
		close(fds[1]);
	}
}

void throng_stop(struct throng *throng)
{
	if (!throng->times)
		return;
	for (unsigned int i = 0; i < throng->count; i++) {
		if (throng->pids[i] > 0 && kill(throng->pids[i], SIGKILL) == 0)
			waitpid(throng->pids[i], NULL, 0);
	}
	close_both(throng->go[0]);
	close_both(throng->go[1]);
	close_both(throng->done);
	munmap(throng->times, times_size(throng));
}
