/* SPDX-License-Identifier: MIT */
/*
 * Our broker beside itself, with more or less to know: rules of the name policy, users and their
 * segments; all of them alone, but for one that has a keeper. Without the library, so that all of
 * these are asked by the very same code.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "bench/contenders.h"
#include "bench/daemon-process.h"

#define RULES     1000U
#define USERS     10000U
#define FIRST_UID 100000U
#define PAGE      4096U /* bytes of each segment that is only there to be there */

struct bare_broker {
	struct daemon_process daemon;
	int fd;
	const struct place *place;
	unsigned int to_delete; /* segments that were made to be deleted */
};

/* Rules that the names do not match: all have to be looked at. The caller's to free. */
static char *make_configuration(unsigned int rules)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	if (!stream)
		return NULL;
	fputs(CONFIGURATION_UNLIMITED, stream);
	for (unsigned int i = 0; i < rules; i++)
		fprintf(stream, "[name /srv/department-%u/%%u]\nmax-mode = 0770\n", i);
	fclose(stream);
	return text;
}

static bool create_segment(int fd, const char *name, uint64_t size)
{
	struct bare_segment segment;

	return bare_open(fd, name, size, WIRE_OPEN_CREATE, &segment) == STATUS_OK &&
	       bare_close(fd, &segment);
}

/* One more user comes, leaves a segment, and goes. */
static bool create_as(const char *socket, uid_t uid)
{
	char name[64];
	bool ok = seteuid(uid) == 0;
	int fd = ok ? bare_connect(socket) : -1;

	snprintf(name, sizeof(name), "/prshm-bench/segment-of-%u", (unsigned int)uid);
	ok = fd >= 0 && create_segment(fd, name, PAGE);
	if (fd >= 0)
		close(fd);
	return seteuid(0) == 0 && ok;
}

/* In a child: whoever this process is has to stay so. */
static bool create_many_users(const char *socket)
{
	pid_t pid = fork();
	int status = -1;

	if (pid == 0) {
		bool ok = true;

		for (unsigned int i = 0; ok && i < USERS; i++)
			ok = create_as(socket, FIRST_UID + i);
		_exit(ok ? 0 : 1);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static bool fill(struct competitor *self, struct bare_broker *broker)
{
	errno = 0;
	broker->fd = daemon_process_connect(&broker->daemon);
	if (broker->fd < 0 || !create_segment(broker->fd, broker->place->existing, SEGMENT_BYTES))
		return competitor_missing(self, "cannot create a segment: %s", strerror(errno));
	if (self->variant == BARE_USERS && !create_many_users(broker->daemon.socket))
		return competitor_missing(self, "cannot create segments of %u users", USERS);
	return true;
}

bool bare_broker_setup(struct competitor *self, const struct place *place)
{
	struct daemon_options options = {.no_keeper = self->variant != BARE_KEEPER};
	struct bare_broker *broker;
	char *text;

	if (self->variant == BARE_USERS && geteuid() != 0)
		return competitor_missing(self, "needs root: %u users come", USERS);
	broker = calloc(1, sizeof(*broker));
	text = make_configuration(self->variant == BARE_RULES ? RULES : 0);
	options.configuration = text;
	self->state = broker;
	if (!broker || !text || !daemon_process_start(&broker->daemon, place, &options)) {
		free(text);
		free(broker);
		return competitor_missing(self, "%s does not run", place->daemon_program);
	}
	free(text);
	broker->place = place;
	if (fill(self, broker))
		return true;
	bare_broker_teardown(self);
	return false;
}

bool bare_broker_open(struct competitor *self)
{
	const struct bare_broker *broker = self->state;

	return bare_use(broker->fd, broker->place->existing, 0, 0);
}

bool bare_broker_create(struct competitor *self)
{
	const struct bare_broker *broker = self->state;

	return bare_use(broker->fd, broker->place->created, SEGMENT_BYTES, WIRE_OPEN_CREATE) &&
	       bare_delete(broker->fd, broker->place->created) == STATUS_OK;
}

static void name_numbered(const struct bare_broker *broker, unsigned int number, char name[96])
{
	snprintf(name, 96, "%s-%u", broker->place->created, number);
}

bool bare_broker_prepare_delete(struct competitor *self, unsigned int runs)
{
	struct bare_broker *broker = self->state;
	char name[96];

	for (broker->to_delete = 0; broker->to_delete < runs; broker->to_delete++) {
		name_numbered(broker, broker->to_delete, name);
		if (!create_segment(broker->fd, name, SEGMENT_BYTES))
			return false;
	}
	return true;
}

bool bare_broker_delete(struct competitor *self)
{
	struct bare_broker *broker = self->state;
	char name[96];

	name_numbered(broker, --broker->to_delete, name);
	return bare_delete(broker->fd, name) == STATUS_OK;
}

void bare_broker_teardown(struct competitor *self)
{
	struct bare_broker *broker = self->state;

	if (broker->fd >= 0)
		close(broker->fd);
	daemon_process_stop(&broker->daemon);
	free(broker);
}
