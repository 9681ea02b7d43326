/* SPDX-License-Identifier: MIT */
/* An honest client. */
#include "tests/soak/honest.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "bench/statistics.h"

#define HONEST_UID    69000U
#define NAME          "/honest/segment"
#define NEWCOMER_NAME "/honest/newcomer"
#define BYTES         65536U
#define TIMES_MAX     200000U
#define NEWCOMERS     8 /* or fewer, if they take too long */

/* The broker takes a client's uid from its connect(2), so that much is done as the other user. */
static int connect_as_honest(const char *socket)
{
	int fd;

	if (seteuid(HONEST_UID) < 0)
		return -1;
	fd = bare_connect(socket);
	if (seteuid(0) < 0)
		abort();
	return fd;
}

static bool create(int fd, const char *name)
{
	struct bare_segment segment;

	return bare_open(fd, name, BYTES, WIRE_OPEN_CREATE, &segment) == STATUS_OK &&
	       bare_close(fd, &segment);
}

bool honest_init(struct honest *honest, const char *socket)
{
	honest->socket = socket;
	honest->fd = connect_as_honest(socket);
	return honest->fd >= 0 && create(honest->fd, NAME);
}

void honest_deinit(struct honest *honest)
{
	if (honest->fd >= 0)
		close(honest->fd);
	honest->fd = -1;
}

/* *time: until the descriptor is there. */
static bool open_and_close(const struct honest *honest, double *time)
{
	struct bare_segment segment;
	double begin = now_us();
	enum status status = bare_open(honest->fd, NAME, 0, 0, &segment);

	*time = now_us() - begin;
	return status == STATUS_OK && bare_close(honest->fd, &segment);
}

static bool come_and_go(const struct honest *honest)
{
	int fd = connect_as_honest(honest->socket);
	bool ok = fd >= 0 && create(fd, NEWCOMER_NAME);

	ok = ok && bare_delete(fd, NEWCOMER_NAME) == STATUS_OK;
	if (fd >= 0)
		close(fd);
	return ok;
}

static void measure_part(
	struct honest *honest, double seconds, double *times, struct honest_times *out)
{
	const double begin = now_us();
	double end;

	if (!come_and_go(honest))
		out->failures++;
	end = now_us();
	if (end - begin > out->newcomer)
		out->newcomer = end - begin;
	end += seconds * 1e6;
	while (out->opens < TIMES_MAX && (out->opens == 0 || now_us() < end)) {
		if (!open_and_close(honest, &times[out->opens++]))
			out->failures++;
	}
}

bool honest_measure(struct honest *honest, double seconds, struct honest_times *out)
{
	double *times = calloc(TIMES_MAX, sizeof(*times));
	const double patience = now_us() + 2 * seconds * 1e6;

	if (!times)
		return false;
	*out = (struct honest_times){.opens = 0};
	for (unsigned int i = 0; i < NEWCOMERS && (i == 0 || now_us() < patience); i++)
		measure_part(honest, seconds / NEWCOMERS, times, out);
	for (unsigned int i = 0; i < out->opens; i++)
		out->mean += times[i] / out->opens;
	out->p50 = quantile(times, out->opens, 0.5);
	out->p99 = quantile(times, out->opens, 0.99);
	free(times);
	return true;
}

static bool come_open_and_go(const struct honest *honest)
{
	struct bare_segment segment;
	int fd = connect_as_honest(honest->socket);
	bool ok = fd >= 0 && bare_open(fd, NAME, 0, 0, &segment) == STATUS_OK;

	if (ok)
		bare_close(fd, &segment);
	if (fd >= 0)
		close(fd);
	return ok;
}

bool honest_measure_newcomers(struct honest *honest, double seconds, struct honest_times *out)
{
	const struct timespec pause = {.tv_nsec = 2000000};
	const double end = now_us() + seconds * 1e6;
	double *times = calloc(TIMES_MAX, sizeof(*times));

	if (!times)
		return false;
	*out = (struct honest_times){.opens = 0};
	while (out->opens < TIMES_MAX && (out->opens == 0 || now_us() < end)) {
		const double begin = now_us();

		if (!come_open_and_go(honest))
			out->failures++;
		times[out->opens++] = now_us() - begin;
		nanosleep(&pause, NULL);
	}
	out->p50 = quantile(times, out->opens, 0.5);
	out->p99 = quantile(times, out->opens, 0.99);
	free(times);
	return true;
}
