/* SPDX-License-Identifier: MIT */
/* A test in the broker's place; kept.h tells the idea. */
#include "tests/restart/kept.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/restart/restart-case.h"
#include "wire/keeper.h"

/* The keeper talks to its own user only. */
static int link_as_broker(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	const int link = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
	const bool root = geteuid() == 0;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", place.keeper_socket);
	ck_assert(!root || seteuid(BROKER_UID) == 0);
	ck_assert_int_eq(connect(link, (struct sockaddr *)&address, sizeof(address)), 0);
	ck_assert(!root || seteuid(0) == 0);
	return link;
}

static void tell(const struct kept_all *all, enum keeper_op op, uint64_t id, int fd)
{
	const struct keeper_message message = {.op = op, .id = id, .fd = fd};

	ck_assert_int_eq(keeper_send(all->link, &message, 0), 0);
}

void kept_begin(struct kept_all *all)
{
	struct keeper_message message;

	*all = (struct kept_all){.link = link_as_broker()};
	tell(all, KEEPER_TAKE, 0, -1);
	for (;;) {
		ck_assert_int_eq(keeper_receive(all->link, &message, 0), 0);
		if (message.op == KEEPER_END)
			break;
		if (message.op == KEEPER_HELLO) {
			close(message.fd);
			continue;
		}
		ck_assert_int_eq(message.op, KEEPER_HELD);
		ck_assert_uint_lt(all->count, KEPT_MAX);
		all->kept[all->count].id = message.id;
		all->kept[all->count++].fd = message.fd;
	}
}

void kept_put(const struct kept_all *all, uint64_t id, int fd)
{
	tell(all, KEEPER_PUT, id, fd);
}

void kept_drop(const struct kept_all *all, uint64_t id)
{
	tell(all, KEEPER_DROP, id, -1);
}

int kept_find(const struct kept_all *all, uint64_t id)
{
	for (size_t i = 0; i < all->count; i++) {
		if (all->kept[i].id == id)
			return all->kept[i].fd;
	}
	return -1;
}

void kept_end(struct kept_all *all)
{
	close(all->link);
	for (size_t i = 0; i < all->count; i++)
		close(all->kept[i].fd);
}

int kept_memory(size_t size, bool sealed)
{
	const int fd = memfd_create("prshm", MFD_CLOEXEC | MFD_ALLOW_SEALING);

	ck_assert_int_ge(fd, 0);
	ck_assert_int_eq(ftruncate(fd, (off_t)size), 0);
	ck_assert_int_eq(fchmod(fd, 0600), 0);
	ck_assert(geteuid() != 0 || fchown(fd, BROKER_UID, BROKER_UID) == 0);
	ck_assert(
		!sealed || fcntl(fd, F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL) == 0);
	return fd;
}
