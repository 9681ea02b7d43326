/* SPDX-License-Identifier: MIT */
/*
 * s6-fdholderd, a server that keeps descriptors under names, with the C library that belongs to it.
 * It makes no memory: to create, its client makes a memfd and stores that.
 */
#include <errno.h>
#include <fcntl.h>
#include <s6/fdholder.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/contenders.h"
#include "bench/foreign.h"

struct holder {
	struct warden warden;
	s6_fdholder_t client;
	const struct place *place;
	tain never; /* the deadline of all */
};

/* What the server asks when a client connects: one of its own uid may store and get all names. */
static const struct {
	const char *path;
	const char *text; /* NULL: a directory */
} rules[] = {
	{"", NULL},
	{"/uid", NULL},
	{"/uid/self", NULL},
	{"/uid/self/allow", ""},
	{"/uid/self/env", NULL},
	{"/uid/self/env/S6_FDHOLDER_STORE_REGEX", ".*"},
	{"/uid/self/env/S6_FDHOLDER_RETRIEVE_REGEX", ".*"},
};

#define RULES_COUNT (sizeof(rules) / sizeof(rules[0]))

static bool write_rule(const char *path, const char *text)
{
	FILE *file;
	bool ok;

	if (!text)
		return mkdir(path, 0700) == 0;
	file = fopen(path, "we");
	ok = file && fputs(text, file) >= 0;
	return file && fclose(file) == 0 && ok;
}

static bool write_rules(const char *directory)
{
	bool ok = true;

	for (size_t i = 0; ok && i < RULES_COUNT; i++) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s", directory, rules[i].path);
		ok = write_rule(path, rules[i].text);
	}
	return ok;
}

static void remove_rules(const char *directory)
{
	for (size_t i = RULES_COUNT; i-- > 0;) {
		char path[128];

		snprintf(path, sizeof(path), "%s%s", directory, rules[i].path);
		remove(path);
	}
}

static bool start_server(struct competitor *self, struct holder *holder, const char *socket_path,
	const char *rules_path)
{
	const char *const arguments[] = {"s6-fdholderd", "-i", rules_path, NULL};
	struct foreign_program program = {
		.arguments = arguments,
		.fd = foreign_listen(socket_path),
		.fd_as = STDIN_FILENO,
	};
	bool ok;

	if (program.fd < 0 || !write_rules(rules_path)) {
		competitor_missing(self, "%s: %s", holder->place->directory, strerror(errno));
		ok = false;
	} else {
		ok = foreign_start(self, &holder->warden, &program);
	}
	if (program.fd >= 0)
		close(program.fd);
	return ok;
}

static bool store(struct holder *holder, int fd, const char *name)
{
	return s6_fdholder_store_g(&holder->client, fd, name, &holder->never, &holder->never);
}

static bool make_and_store(struct holder *holder, const char *name)
{
	int fd = foreign_make_segment();
	bool ok = fd >= 0 && store(holder, fd, name);

	if (fd >= 0)
		close(fd);
	return ok;
}

static bool connect_client(struct competitor *self, struct holder *holder, const char *socket_path)
{
	tain_now_set_stopwatch_g();
	tain_add_g(&holder->never, &tain_infinite_relative);
	if (!s6_fdholder_start_g(&holder->client, socket_path, &holder->never))
		return competitor_missing(self, "s6-fdholderd does not run: %s", strerror(errno));
	if (make_and_store(holder, holder->place->existing))
		return true;
	competitor_missing(self, "s6-fdholderd stores nothing: %s", strerror(errno));
	s6_fdholder_end(&holder->client);
	return false;
}

/* The socket and the rules are of no more use when the client is known: so they need not stay. */
static bool start(struct competitor *self, struct holder *holder)
{
	char socket_path[64];
	char rules_path[64];
	bool ok;

	snprintf(socket_path, sizeof(socket_path), "%s/s6.sock", holder->place->directory);
	snprintf(rules_path, sizeof(rules_path), "%s/s6.rules", holder->place->directory);
	ok = start_server(self, holder, socket_path, rules_path) &&
	     connect_client(self, holder, socket_path);
	remove_rules(rules_path);
	unlink(socket_path);
	return ok;
}

bool s6_fdholder_setup(struct competitor *self, const struct place *place)
{
	struct holder *holder = calloc(1, sizeof(*holder));

	if (!holder)
		return competitor_missing(self, "out of memory");
	holder->place = place;
	self->state = holder;
	if (start(self, holder))
		return true;
	warden_end(&holder->warden);
	free(holder);
	return false;
}

bool s6_fdholder_open(struct competitor *self)
{
	struct holder *holder = self->state;
	int fd = s6_fdholder_retrieve_g(&holder->client, holder->place->existing, &holder->never);
	bool ok = fd >= 0 && foreign_use_segment(fd);

	return fd >= 0 && close(fd) == 0 && ok;
}

bool s6_fdholder_create(struct competitor *self)
{
	struct holder *holder = self->state;
	const char *name = holder->place->created;
	int fd = foreign_make_segment();
	bool ok = fd >= 0 && store(holder, fd, name) && foreign_use_segment(fd);

	return fd >= 0 && close(fd) == 0 && ok &&
	       s6_fdholder_delete_g(&holder->client, name, &holder->never);
}

void s6_fdholder_teardown(struct competitor *self)
{
	struct holder *holder = self->state;

	s6_fdholder_end(&holder->client);
	warden_end(&holder->warden);
	free(holder);
}
