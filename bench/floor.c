/* SPDX-License-Identifier: MIT */
/* The floor's client: the bare system calls of an open, against the least a broker could do. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/contenders.h"
#include "bench/floor.h"

bool floor_setup(struct competitor *self, const struct place *place)
{
	struct floor *floor = calloc(1, sizeof(*floor));

	if (!floor)
		return competitor_missing(self, "out of memory");
	floor->name_length = strlen(place->existing);
	floor->server = floor_server_start(
		self->variant & FLOOR_LIBEVENT, self->variant & FLOOR_KEEPER, &floor->fd, 1);
	if (floor->server < 0) {
		free(floor);
		return competitor_missing(self, "%s", strerror(errno));
	}
	self->state = floor;
	return true;
}

static bool send_request(const struct floor *floor, enum floor_request request, char times)
{
	char bytes[FLOOR_MESSAGE_MAX] = {(char)request, times};
	size_t length = floor_request_length(request, floor->name_length);

	return send(floor->fd, bytes, length, MSG_NOSIGNAL) >= 0;
}

static bool map_and_unmap(int fd)
{
	void *address = mmap(NULL, SEGMENT_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	return address != MAP_FAILED && munmap(address, SEGMENT_BYTES) == 0;
}

static bool has_seals(int fd)
{
	return fcntl(fd, F_GET_SEALS) > 0;
}

static bool is_file(int fd)
{
	struct stat st;

	return fstat(fd, &st) == 0;
}

/* Who we are when we ask. */
static bool is_same_user(unsigned int variant)
{
	return !(variant & FLOOR_CHECKS) || geteuid() != (uid_t)-1;
}

/* Which memory it is, its seals and size; that it is still the same. */
bool floor_use(const struct floor *floor, unsigned int variant, enum floor_request request)
{
	const bool checks = variant & FLOOR_CHECKS;
	bool ok = true;
	int fd;

	if (!is_same_user(variant) || !send_request(floor, request, 1) ||
		!floor_receive(floor->fd, 0, &fd))
		return false;
	if (checks)
		ok = has_seals(fd) && is_file(fd);
	if (variant & FLOOR_MAP)
		ok = map_and_unmap(fd) && ok;
	if (variant & FLOOR_CLOSE)
		ok = send_request(floor, FLOOR_NOTICE, 1) && ok;
	if (checks)
		ok = is_file(fd) && ok;
	return close(fd) == 0 && ok;
}

bool floor_open(struct competitor *self)
{
	return floor_use(self->state, self->variant, FLOOR_PASS);
}

bool floor_create(struct competitor *self)
{
	const struct floor *floor = self->state;
	int fd;

	return floor_use(floor, self->variant, FLOOR_MAKE) && is_same_user(self->variant) &&
	       send_request(floor, FLOOR_REMOVE, 1) && floor_receive(floor->fd, 0, &fd);
}

/* The least that anonymous memory costs whoever has it from a broker that counts it. */
static bool make_and_fill(const struct floor *floor, char times)
{
	const size_t bytes = SEGMENT_BYTES * (size_t)times;
	void *address;
	int fd;
	bool ok;

	if (!send_request(floor, FLOOR_MAKE, times) || !floor_receive(floor->fd, 0, &fd))
		return false;
	address = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	ok = address != MAP_FAILED;
	if (ok) {
		memset(address, 1, bytes);
		ok = munmap(address, bytes) == 0;
	}
	return send_request(floor, FLOOR_DROP, 1) && close(fd) == 0 && ok;
}

bool floor_anonymous_64k(struct competitor *self)
{
	return make_and_fill(self->state, 1);
}

bool floor_anonymous_1m(struct competitor *self)
{
	return make_and_fill(self->state, 16);
}

void floor_teardown(struct competitor *self)
{
	struct floor *floor = self->state;

	kill(floor->server, SIGKILL); /* SIGTERM it would catch: fork(2) gave it our handler */
	waitpid(floor->server, NULL, 0);
	close(floor->fd);
	free(floor);
}
