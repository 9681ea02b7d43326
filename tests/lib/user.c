/* SPDX-License-Identifier: MIT */
/* Other users, as whom children of a test act. */
#include "tests/lib/user.h"

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "tests/lib/process.h"

void user_become(const struct person *who)
{
	if (setgroups(who->group_count, who->groups) < 0 ||
		setresgid(who->gid, who->gid, who->gid) < 0 ||
		setresuid(who->uid, who->uid, who->uid) < 0)
		_exit(125);
	/* A change of uid hides /proc/self/fd even from ourselves: proc(5), dumpable. */
	prctl(PR_SET_DUMPABLE, 1);
}

void user_become_uid(uid_t uid)
{
	user_become(&(struct person){.uid = uid, .gid = uid});
}

void user_as(const struct person *who, void (*act)(void *data), void *data)
{
	int status;
	pid_t child;

	fflush(NULL);
	child = fork();
	if (child == 0) {
		user_become(who);
		act(data);
		_exit(0);
	}
	status = process_wait(child);
	ck_assert_msg(status == 0, "the child of uid %u ended with status %d",
		(unsigned int)who->uid, status);
}

void user_as_uid(uid_t uid, void (*act)(void *data), void *data)
{
	user_as(&(struct person){.uid = uid, .gid = uid}, act, data);
}

void user_as_member(uid_t uid, gid_t group, void (*act)(void *data), void *data)
{
	user_as(&(struct person){.uid = uid, .gid = uid, .groups = &group, .group_count = 1}, act,
		data);
}
