/* SPDX-License-Identifier: MIT */
/* Watching by several users: each hears of what a list would show it. As root. */
#include <grp.h>
#include <poll.h>
#include <unistd.h>

#include "tests/client/client-case.h"
#include "tests/lib/exchange.h"
#include "tests/daemon/scene.h"
#include "tests/lib/testing.h"
#include "tests/watch/watch-case.h"

/* The broker sees who somebody is when the connection is made. */
static void become(uid_t uid)
{
	ck_assert_int_eq(seteuid(0), 0);
	ck_assert_int_eq(setegid(uid), 0);
	ck_assert_int_eq(seteuid(uid), 0);
}

static struct prshm_watcher *watch_as(uid_t uid, unsigned int events)
{
	struct prshm_watcher *watch;

	become(uid);
	watch = watch_begin("/", events, 0);
	become(0);
	return watch;
}

FIXTURE(CLIENT_FIXTURE, .unless = without_root);

TEST(each_user_hears_of_what_it_may_see)
{
	const unsigned int events = PRSHM_EVENT_CREATED | PRSHM_EVENT_RIGHTS | PRSHM_EVENT_DELETED;
	struct prshm_watcher *alice = watch_as(ALICE, events);
	struct prshm_watcher *bob = watch_as(BOB, events);
	struct prshm_watcher *root = watch_as(0, events);
	const struct prshm_rights shared = {.mode = 0600,
		.entry_count = 1,
		.entries = {{.kind = PRSHM_USER, .id = BOB, .rights = PRSHM_READ}}};
	const struct prshm_rights hidden = {.mode = 0600};

	become(ALICE);
	PR_CloseSharedMemory(watch_create("/private", 0600));
	PR_CloseSharedMemory(watch_create("/public", 0604));
	ck_assert_int_eq(prshm_set_rights("/private", &shared), PRSHM_OK);
	ck_assert_int_eq(prshm_set_rights("/private", &hidden), PRSHM_OK);
	PR_DeleteSharedMemory("/private");
	PR_DeleteSharedMemory("/public");
	become(0);
	watch_expect(alice, PRSHM_EVENT_CREATED, "/private", NULL);
	watch_expect(root, PRSHM_EVENT_CREATED, "/private", NULL);
	watch_expect(alice, PRSHM_EVENT_CREATED, "/public", NULL);
	watch_expect(bob, PRSHM_EVENT_CREATED, "/public", NULL);
	watch_expect(root, PRSHM_EVENT_CREATED, "/public", NULL);
	for (int i = 0; i < 2; i++) {
		watch_expect(alice, PRSHM_EVENT_RIGHTS, "/private", NULL);
		watch_expect(root, PRSHM_EVENT_RIGHTS, "/private", NULL);
	}
	watch_expect(bob, PRSHM_EVENT_RIGHTS, "/private", NULL);
	watch_expect(alice, PRSHM_EVENT_DELETED, "/private", NULL);
	watch_expect(alice, PRSHM_EVENT_DELETED, "/public", NULL);
	watch_expect(bob, PRSHM_EVENT_DELETED, "/public", NULL);
	prshm_watch_free(alice);
	prshm_watch_free(bob);
	prshm_watch_free(root);
}

static enum status send_watch(int connection, uint32_t serial, struct answer *answer)
{
	const struct wire_request request = {
		.header = {.op = WIRE_OP_WATCH, .serial = serial},
		.watch = {.events = WIRE_EVENT_CREATED},
		.name = "/",
		.name_length = 1,
	};
	struct wire_message message;

	ck_assert(wire_encode_request(&request, &message));
	exchange_send(connection, &message);
	exchange_receive(connection, answer);
	return answer->reply.header.status;
}

TEST(who_watches_and_asks_for_more_is_disconnected)
{
	int connection = broker_process_connect(&client_broker);
	struct wire_message message;
	struct answer answer;

	ck_assert_int_eq(send_watch(connection, 7, &answer), STATUS_OK);
	ck_assert_uint_eq(answer.reply.watched.count, 0);
	watch_flash("/seen");
	exchange_receive(connection, &answer);
	ck_assert_uint_eq(answer.reply.header.serial, 7);
	ck_assert_uint_eq(answer.reply.watched.count, 1);
	exchange_make_open(&message, "/x", 2, WIRE_OPEN_CREATE, 1, 0600, 8);
	exchange_send(connection, &message);
	ck_assert(exchange_is_ended(connection));
	close(connection);
	ck_assert_int_eq(client_stat("/x", NULL), STATUS_NOT_FOUND);
}

/* The others hear all, and so does the one that read nothing, from when it does. */
TEST(who_does_not_read_holds_up_nobody)
{
	int connection = broker_process_connect(&client_broker);
	struct prshm_watcher *watch = watch_begin("/", PRSHM_EVENT_CREATED, 0);
	struct answer answer;

	ck_assert_int_eq(send_watch(connection, 1, &answer), STATUS_OK);
	for (int i = 0; i < 500; i++) {
		watch_flash("/s");
		watch_expect(watch, PRSHM_EVENT_CREATED, "/s", NULL);
	}
	for (uint32_t heard = 0; heard < 500; heard += answer.reply.watched.count)
		exchange_receive(connection, &answer);
	close(connection);
	prshm_watch_free(watch);
}
