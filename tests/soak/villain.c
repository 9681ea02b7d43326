/* SPDX-License-Identifier: MIT */
/* One of the crowd. */
#include "tests/soak/villain.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "bench/bare-client.h"
#include "tests/soak/hoarder.h"

#define CONNECTIONS_MAX 4096
#define UNREAD_SENT     64 /* requests: more than a connection has room for replies */
#define AHEAD           4  /* requests that a flood sends before it looks for a reply */
#define PAGE            4096U

static struct {
	const struct villain *self;
	char own[64]; /* the name of a segment of ours */
	int fds[CONNECTIONS_MAX];
	unsigned int count;
	unsigned int sequence;
} state;

static void rest(long milliseconds)
{
	const struct timespec time = {.tv_nsec = milliseconds * 1000000};

	nanosleep(&time, NULL);
}

static bool connect_all(void)
{
	while (state.count < state.self->connections) {
		int fd = bare_connect(state.self->socket);

		if (fd < 0)
			return false;
		state.fds[state.count++] = fd;
		/* Accepted by now, or the queue of those who are not would be part of the abuse. */
		if (state.self->abuse != ABUSE_SILENT && !bare_ask(fd))
			return false;
	}
	return true;
}

static void connect_again(unsigned int i)
{
	close(state.fds[i]);
	state.fds[i] = bare_connect(state.self->socket);
	if (state.fds[i] < 0)
		rest(10);
}

static bool create_own(void)
{
	struct bare_segment segment;

	snprintf(state.own, sizeof(state.own), "/abuse/%u/own", state.self->number);
	return bare_open(state.fds[0], state.own, PAGE, WIRE_OPEN_CREATE, &segment) == STATUS_OK &&
	       bare_close(state.fds[0], &segment);
}

/* Who is thrown out for having said nothing comes again. */
static void stay(void)
{
	for (;;) {
		for (unsigned int i = 0; i < state.count; i++) {
			struct pollfd gone = {.fd = state.fds[i], .events = 0};

			if (poll(&gone, 1, 0) > 0)
				connect_again(i);
		}
		rest(100);
	}
}

static void fill_unread(void)
{
	for (unsigned int i = 0; i < state.count; i++) {
		for (unsigned int sent = 0; sent < UNREAD_SENT; sent++) {
			if (bare_send_open(state.fds[i], state.own, 0, 0, MSG_DONTWAIT) < 0)
				break;
		}
	}
}

static enum status open_one(const char *name, uint64_t size, uint32_t flags)
{
	struct bare_segment segment;
	enum status status = bare_open(state.fds[0], name, size, flags, &segment);

	close(segment.fd);
	return status;
}

/* Memory, segments, handles, connections: each until it is refused. */
static void take_all(void)
{
	char name[64];
	unsigned int taken = 0;

	for (uint64_t size = UINT64_C(1) << 40; size >= PAGE; size /= 2) {
		snprintf(name, sizeof(name), "/abuse/%u/%ju", state.self->number, (uintmax_t)size);
		open_one(name, size, WIRE_OPEN_CREATE);
	}
	do
		snprintf(name, sizeof(name), "/abuse/%u/held-%u", state.self->number, taken);
	while (open_one(name, 1, WIRE_OPEN_CREATE) == STATUS_OK &&
		++taken < state.self->hold_at_most);
	while (open_one(state.own, 0, 0) == STATUS_OK && ++taken < state.self->hold_at_most)
		;
	while (state.count > 1 && state.count < CONNECTIONS_MAX) {
		int fd = bare_connect(state.self->socket);

		if (fd < 0 || !bare_ask(fd)) {
			close(fd);
			return;
		}
		state.fds[state.count++] = fd;
	}
}

/* One request of the flood. 0 or a negative errno. */
static int pour(int fd)
{
	static const uint8_t half[7] = {WIRE_VERSION};
	char name[64];
	int error;

	switch (state.self->abuse) {
	case ABUSE_HALF:
		return send(fd, half, sizeof(half), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 ? -1 : 0;
	case ABUSE_OPENS:
		return bare_send_open(fd, state.own, 0, 0, MSG_DONTWAIT);
	case ABUSE_CREATES:
		snprintf(name, sizeof(name), "/abuse/%u/%u", state.self->number, state.sequence++);
		error = bare_send_open(fd, name, PAGE, WIRE_OPEN_CREATE, MSG_DONTWAIT);
		return error < 0 ? error : bare_send_delete(fd, name, MSG_DONTWAIT);
	default:
		snprintf(name, sizeof(name), "/abuse/%u/none-%u", state.self->number,
			state.sequence++);
		return bare_send_delete(fd, name, MSG_DONTWAIT);
	}
}

/* Reads what has come, and closes what was opened: a handle too many would end the flood. */
static bool drain(unsigned int i)
{
	enum status status;
	uint32_t handle;
	int error = -1;
	bool progress = false;

	while ((error = bare_receive(state.fds[i], MSG_DONTWAIT, &status, &handle)) == 0) {
		if (handle != 0)
			bare_send_close(state.fds[i], handle, MSG_DONTWAIT);
		progress = true;
	}
	if (error == -EAGAIN || error == -EINTR)
		return progress;
	connect_again(i);
	return true;
}

static void wait_for_any(void)
{
	static struct pollfd replies[CONNECTIONS_MAX];

	for (unsigned int i = 0; i < state.count; i++)
		replies[i] = (struct pollfd){.fd = state.fds[i], .events = POLLIN};
	poll(replies, state.count, 10);
}

static void flood(void)
{
	for (;;) {
		bool progress = false;

		for (unsigned int i = 0; i < state.count; i++) {
			for (unsigned int ahead = 0; ahead < AHEAD; ahead++)
				progress = pour(state.fds[i]) == 0 || progress;
			progress = drain(i) || progress;
		}
		if (!progress)
			wait_for_any();
	}
}

/* As fast as the broker accepts, or the queue of those that it has not accepted yet lets it. */
static void connect_and_close(void)
{
	for (;;) {
		int fd = bare_connect(state.self->socket);

		if (fd >= 0)
			close(fd);
	}
}

static void begin_with_the_others(int ready_fd, int go_fd)
{
	char byte;

	if (write(ready_fd, "", 1) != 1 || read(go_fd, &byte, 1) != 0)
		_exit(1);
}

static void burn(void)
{
	for (volatile unsigned int i = 0;; i++)
		;
}

void villain_run(const struct villain *villain, int ready_fd, int go_fd)
{
	const bool connects = villain->abuse != ABUSE_BURN && villain->abuse != ABUSE_CONNECTS &&
			      villain->abuse < ABUSE_COUNT;

	state.self = villain;
	if (connects && !connect_all())
		return;
	if (connects && villain->abuse != ABUSE_SILENT && !create_own())
		return;
	if (villain->abuse == ABUSE_UNREAD)
		fill_unread();
	if (villain->abuse == ABUSE_HOLD)
		take_all();
	if (villain->abuse > ABUSE_COUNT && !hoarder_take_all(villain))
		return;
	begin_with_the_others(ready_fd, go_fd);
	if (villain->abuse == ABUSE_BURN)
		burn();
	else if (villain->abuse == ABUSE_CONNECTS)
		connect_and_close();
	else if (villain->abuse > ABUSE_COUNT)
		hoarder_go_on();
	else if (villain->abuse <= ABUSE_HOLD)
		stay();
	else
		flood();
}
