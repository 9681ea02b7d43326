/* SPDX-License-Identifier: MIT */
/* A table of users. The uids stand by themselves, so that a search of all of them reads 4 KiB. */
#include "daemon/user-names.h"

#include <pwd.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"

static struct {
	uid_t uids[USER_NAMES_MAX];
	struct {
		char *name;    /* owned; NULL: the uid has none */
		int64_t asked; /* clock_milliseconds() */
	} users[USER_NAMES_MAX];
	size_t count;
	size_t oldest; /* which one goes when the table is full */
} table;

/* table.count: the user is not there. */
static size_t find(uid_t uid)
{
	size_t at = 0;

	while (at < table.count && table.uids[at] != uid)
		at++;
	return at;
}

/* A place for another user. */
static size_t make_room(void)
{
	const size_t at = table.oldest;

	if (table.count < USER_NAMES_MAX)
		return table.count++;
	table.oldest = (at + 1) % USER_NAMES_MAX;
	return at;
}

static const char *ask(uid_t uid, size_t at)
{
	const struct passwd *user = getpwuid(uid);

	free(table.users[at].name);
	table.uids[at] = uid;
	table.users[at].name = user ? strdup(user->pw_name) : NULL;
	table.users[at].asked = clock_milliseconds();
	return table.users[at].name;
}

const char *user_names_find(uid_t uid)
{
	const size_t at = find(uid);

	if (at == table.count)
		return ask(uid, make_room());
	if (!table.users[at].name &&
		clock_milliseconds() - table.users[at].asked >= USER_NAMES_AGAIN_MS)
		return ask(uid, at);
	return table.users[at].name;
}

void user_names_forget(void)
{
	for (size_t i = 0; i < table.count; i++) {
		free(table.users[i].name);
		table.users[i].name = NULL;
	}
	table.count = 0;
	table.oldest = 0;
}
