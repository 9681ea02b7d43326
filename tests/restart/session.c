/* SPDX-License-Identifier: MIT */
/* The session, and what is seen of it; session.h tells the idea. */
#include "tests/restart/session.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "tests/restart/actor.h"
#include "tests/restart/acts.h"
#include "tests/restart/restart-case.h"

enum { FIRST, SECOND, THIRD };
static const uid_t uids[SESSION_CLIENTS] = {ALICE, BOB, ALICE};

static struct actor clients[SESSION_CLIENTS];
bool session_is_slow;

struct step {
	int client;
	act_function act; /* NULL: it is killed, and another one comes */
	const char *text; /* for one that is killed: what it held, and how many others do */
};

#define UNTIL_UNUSED "2"

/* The first client makes, and the second, of another user, uses; the third is there to die. */
static const struct step before[] = {
	{FIRST, act_create, "/a"},
	{SECOND, act_open, "/a"},
	{FIRST, act_set_rights, "/a 0600 60011 3"},
	{SECOND, act_open, "/a"},
	{SECOND, act_check, "/a"},
	{FIRST, act_create, "/a"},
	{FIRST, act_create, "/until-unused 8192 0666 " UNTIL_UNUSED},
	{SECOND, act_create, "/linger 4096 0666 " UNTIL_UNUSED " 3600"},
	{SECOND, act_open, "/until-unused"},
	{FIRST, act_close, "/until-unused"},
	{SECOND, act_close, "/linger"},
	{SECOND, act_delete, "/a"},
	{FIRST, act_holders, "/until-unused"},
	{FIRST, act_export, "anonymous"},
	{THIRD, act_import, "anonymous"},
	{THIRD, act_check, "anonymous"},
	{THIRD, act_open, "/linger"},
	{FIRST, act_close, "anonymous"},
	{THIRD, act_open, "/a"},
	{FIRST, act_holders, "/a"},
	{FIRST, act_delete, "/a"},
	{FIRST, act_create, "/a 4096 0640"},
	{FIRST, act_delete, "/nothing"},
};

static const struct step after[] = {
	{FIRST, act_holders, "/a"},
	{THIRD, NULL, "/linger 0"},
	{THIRD, act_open, "/a"},
	{THIRD, act_import, "anonymous"},
	{SECOND, act_close, "/until-unused"},
	{SECOND, act_open, "/until-unused"},
	{SECOND, act_open, "/linger"},
	{SECOND, act_check, "/linger"},
	{SECOND, act_check, "/a"},
	{FIRST, act_set_rights, "/under-way 0606"},
	{SECOND, act_set_rights, "/under-way 0600"},
	{FIRST, act_set_group, "/under-way 60010"},
	{SECOND, act_may, "/under-way 2"},
	{SECOND, act_open, "/under-way"},
	{FIRST, act_close, "/under-way"},
	{FIRST, act_create, "/short-lived 4096 0600 " UNTIL_UNUSED},
	{FIRST, act_close, "/short-lived"},
	{FIRST, act_ask, ""},
	{THIRD, act_check, "/a"},
	{SECOND, act_check, "/under-way"},
	{SECOND, act_close, "/linger"},
	{SECOND, act_ask, ""},
};

__attribute__((format(printf, 2, 3))) static void add(struct view *view, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	view->length += (size_t)vsnprintf(
		view->text + view->length, sizeof(view->text) - view->length, format, arguments);
	va_end(arguments);
	ck_assert_uint_lt(view->length, sizeof(view->text));
}

/* A connection's end is noticed later than anybody's next call. */
static void replace(const struct step *step)
{
	char name[64];
	unsigned int left = 0;

	sscanf(step->text, "%63s %u", name, &left);
	actor_kill(&clients[step->client]);
	ask_holders(name, left);
	actor_begin(&clients[step->client], uids[step->client], 0);
}

static void do_steps(const struct step *steps, size_t count, struct view *view)
{
	for (size_t i = 0; i < count; i++) {
		const struct step *step = &steps[i];

		if (!step->act)
			replace(step);
		else
			add(view, "client %d, step %zu, %s: %ld\n", step->client + 1, i, step->text,
				actor_do(&clients[step->client], step->act, step->text));
		if (session_is_slow) {
			nap();
			nap();
		}
	}
}

static void add_segment(struct view *view, const struct wire_stated *is, const char *name)
{
	add(view,
		"%.*s: %ju bytes, uid %u, gid %u, mode %o, %u holders, lifetime %u, linger %u, "
		"%u entries, %s\n",
		(int)is->name_length, name, (uintmax_t)is->size, is->uid, is->gid, is->mode,
		is->holders, is->lifetime, is->linger, is->entry_count,
		is->opened >= is->created && is->created > 0 ? "in order" : "times out of order");
}

void session_look(struct view *view)
{
	struct wire_request request = {.header = {.op = WIRE_OP_LIST}, .name = ""};
	struct answer answer;
	struct wire_stated is;
	const char *name;
	size_t used = 0;

	ck_assert_int_eq(ask(&request, &answer), STATUS_OK);
	ck_assert_uint_eq(answer.reply.listed.next, 0);
	for (uint32_t i = 0; i < answer.reply.listed.count; i++) {
		ck_assert(wire_get_entry(
			answer.reply.tail, answer.reply.tail_length, &used, &is, &name));
		add_segment(view, &is, name);
	}
	for (int i = 0; i < SESSION_CLIENTS; i++)
		add(view, "client %d: %ld %ld\n", i + 1, actor_do(&clients[i], act_ask, ""),
			actor_do(&clients[i], act_check, "/a"));
}

void session_run(void (*interrupt)(const struct actor *asking), struct view *view)
{
	view->length = 0;
	for (int i = 0; i < SESSION_CLIENTS; i++)
		actor_begin(&clients[i], uids[i], 0);
	do_steps(before, sizeof(before) / sizeof(*before), view);
	if (interrupt)
		interrupt(NULL);
	actor_tell(&clients[FIRST], act_create, "/under-way");
	if (interrupt)
		interrupt(&clients[FIRST]);
	add(view, "under way: %ld\n", actor_await(&clients[FIRST]));
	do_steps(after, sizeof(after) / sizeof(*after), view);
	session_look(view);
}

void session_end(void)
{
	for (int i = 0; i < SESSION_CLIENTS; i++)
		actor_end(&clients[i]);
}
