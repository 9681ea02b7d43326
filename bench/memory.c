/* SPDX-License-Identifier: MIT */
/*
 * The broker's memory, as the kernel counts it from outside: what an idle one takes, and what each
 * segment and each connection adds to its heap. Not in it: the kernel's own share, a socket or a
 * file of each, which every broker pays alike. Each question has a fresh broker, so that no free
 * list answers it.
 */
#include "bench/memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "bench/daemon-process.h"
#include "bench/section.h"

/* Enough for the broker's first pages to be nothing each, few enough for 20,000 descriptors. */
#define SEGMENTS    4000U
#define CONNECTIONS 2000U

#define IDLE_AT_MOST (5.0 * 1024) /* KiB */
#define EACH_AT_MOST 1024.0       /* bytes */

double memory_status_kib(pid_t pid, const char *key)
{
	const size_t length = strlen(key);
	double value = -1;
	char text[128];
	FILE *file;

	snprintf(text, sizeof(text), "/proc/%d/status", (int)pid);
	file = fopen(text, "re");
	while (file && fgets(text, sizeof(text), file)) {
		if (strncmp(text, key, length) == 0 && text[length] == ':')
			value = strtod(text + length + 1, NULL);
	}
	if (file)
		fclose(file);
	return value;
}

static double anon_bytes(const struct daemon_process *daemon)
{
	return memory_status_kib(daemon_process_broker(daemon), "RssAnon") * 1024;
}

static bool start(struct daemon_process *daemon, const struct place *place)
{
	static const struct daemon_options options = {.configuration = CONFIGURATION_UNLIMITED};

	return daemon_process_start(daemon, place, &options);
}

static bool measure_idle(const struct place *place)
{
	struct daemon_process daemon;
	double idle;
	bool ok;

	if (!start(&daemon, place))
		return section_missing("%s does not run", place->daemon_program);
	idle = memory_status_kib(daemon_process_broker(&daemon), "VmRSS");
	ok = section_put("idle", "resident when idle", "KiB", idle, IDLE_AT_MOST,
		"anonymous %.0f, of files %.0f",
		memory_status_kib(daemon_process_broker(&daemon), "RssAnon"),
		memory_status_kib(daemon_process_broker(&daemon), "RssFile"));
	daemon_process_stop(&daemon);
	return ok && idle > 0;
}

/* Creates a segment and closes it: nobody holds it, as most of the time. */
static bool create_segment(int fd, unsigned int number)
{
	struct bare_segment segment;
	char name[64];

	snprintf(name, sizeof(name), "/prshm-bench/segment-%05u", number);
	return bare_open(fd, name, SEGMENT_BYTES, WIRE_OPEN_CREATE, &segment) == STATUS_OK &&
	       bare_close(fd, &segment);
}

static bool measure_segments(const struct place *place, unsigned int segments)
{
	struct daemon_process daemon;
	unsigned int count = 0;
	double before;
	bool ok;
	int fd;

	if (!start(&daemon, place))
		return false;
	fd = daemon_process_connect(&daemon);
	ok = fd >= 0 && create_segment(fd, SEGMENTS); /* what the first of all brings along */
	before = anon_bytes(&daemon);
	while (ok && count < segments)
		ok = create_segment(fd, count++);
	ok = ok && section_put("segment", "heap of each segment", "bytes",
			   (anon_bytes(&daemon) - before) / count, EACH_AT_MOST, "of %u", count);
	if (fd >= 0)
		close(fd);
	daemon_process_stop(&daemon);
	return ok;
}

static bool measure_connections(const struct place *place, unsigned int connections)
{
	int *fds = calloc(connections, sizeof(*fds));
	struct daemon_process daemon;
	unsigned int count = 0;
	double before;
	bool ok;

	if (!fds || !start(&daemon, place)) {
		free(fds);
		return false;
	}
	before = anon_bytes(&daemon);
	for (ok = true; ok && count < connections; count += ok) {
		fds[count] = daemon_process_connect(&daemon);
		ok = fds[count] >= 0;
	}
	ok = ok && section_put("connection", "heap of each connection", "bytes",
			   (anon_bytes(&daemon) - before) / count, EACH_AT_MOST, "of %u", count);
	while (count > 0)
		close(fds[--count]);
	daemon_process_stop(&daemon);
	free(fds);
	return ok;
}

bool memory_measure(const struct place *place, const struct schedule *schedule)
{
	struct rlimit limit = {.rlim_cur = 1024, .rlim_max = 1024};
	rlim_t share;

	(void)schedule; /* it takes no time worth saving */
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	/* Well inside of what the broker grants connections: an eighth of nearly its own limit. */
	share = limit.rlim_cur / 10;
	return measure_idle(place) &&
	       measure_segments(
		       place, (unsigned int)(share < SEGMENTS / 4 ? share * 4 : SEGMENTS)) &&
	       measure_connections(
		       place, (unsigned int)(share < CONNECTIONS ? share : CONNECTIONS));
}
