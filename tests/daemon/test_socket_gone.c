/* SPDX-License-Identifier: MIT */
/* A broker whose socket has gone from its path makes it again, or ends once nobody is connected. */
#include "tests/daemon/launch.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "tests/lib/broker.h"
#include "tests/lib/exchange.h"
#include "tests/lib/testing.h"

static char above[64];              /* the directory of the broker's directory */
static struct broker_process place; /* only its directory and socket are used */
static char option[128];            /* --socket= of it */
static char lock[128];
static struct launched broker;
static int client; /* has "/a" */

static void begin(void)
{
	snprintf(above, sizeof(above), "/tmp/prshm-gone.XXXXXX");
	ck_assert_ptr_nonnull(mkdtemp(above));
	snprintf(place.directory, sizeof(place.directory), "%.40s/prshm", above);
	ck_assert_int_eq(mkdir(place.directory, 0700), 0);
	snprintf(place.socket, sizeof(place.socket), "%s/broker.sock", place.directory);
	snprintf(option, sizeof(option), "--socket=%s", place.socket);
	snprintf(lock, sizeof(lock), "%s.lock", place.socket);
	launch(&(struct launch){.arguments = {option}}, &broker);
	launched_await(&broker, "ready");
	client = broker_process_connect(&place);
	exchange_create(client, "/a");
}

static void end(void)
{
	unlink(lock);
	rmdir(place.directory);
	ck_assert_int_eq(rmdir(above), 0);
}

static void remove_all(void)
{
	ck_assert_int_eq(unlink(place.socket), 0);
	ck_assert_int_eq(unlink(lock), 0);
	ck_assert_int_eq(rmdir(place.directory), 0);
}

static void check_another_finds_it(void)
{
	int another;

	launched_await(&broker, "is there again");
	another = broker_process_connect(&place);
	ck_assert_uint_eq(exchange_list(another, "/"), 1);
	ck_assert_uint_eq(exchange_holders(client, "/a"), 1);
	close(another);
}

static void stop(void)
{
	close(client);
	ck_assert_int_eq(launched_stop(&broker), 0);
	ck_assert_int_lt(access(place.socket, F_OK), 0);
}

FIXTURE(begin, end);

TEST(a_socket_that_was_removed_is_made_again)
{
	ck_assert_int_eq(unlink(place.socket), 0);
	check_another_finds_it();
	stop();
}

TEST(a_socket_whose_directory_was_removed_is_made_again)
{
	remove_all();
	check_another_finds_it();
	stop();
}

TEST(a_broker_that_nobody_can_find_serves_its_clients_and_ends_with_them)
{
	remove_all();
	ck_assert_int_eq(rmdir(above), 0);
	launched_await(&broker, "cannot be made again");
	ck_assert_uint_eq(exchange_list(client, "/"), 1);
	close(client);
	launched_await(&broker, "leaving, with 1 segment");
	ck_assert_int_eq(launched_wait(&broker), 0);
	ck_assert_int_eq(mkdir(above, 0700), 0);
}

/*
 * As after a logout and a login: the user has two brokers, and the old one does not touch the new
 * one's.
 */
TEST(a_broker_in_whose_place_another_listens_leaves_that_alone)
{
	struct launched other;

	ck_assert_int_eq(unlink(place.socket), 0);
	ck_assert_int_eq(unlink(lock), 0);
	launch(&(struct launch){.arguments = {option}}, &other);
	launched_await(&other, "ready");
	launched_await(&broker, "something else is there");
	close(client);
	ck_assert_int_eq(launched_wait(&broker), 0);
	client = broker_process_connect(&place);
	ck_assert_uint_eq(exchange_list(client, "/"), 0);
	close(client);
	ck_assert_int_eq(launched_stop(&other), 0);
}
