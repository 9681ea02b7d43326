/* SPDX-License-Identifier: MIT */
/* The scene of a hostile test. */
#include "tests/daemon/scene.h"

#include <check.h>
#include <grp.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOKS         3000 /* 10 ms apart */
#define FIRST_OWN_UID 62000
#define OWN_UIDS      1000

struct scene scene;

void eventually_at(bool (*holds)(void *data), void *data, const char *what)
{
	const struct timespec pause = {.tv_nsec = 10000000};

	for (int look = 0; look < LOOKS; look++) {
		if (holds(data))
			return;
		nanosleep(&pause, NULL);
	}
	ck_abort_msg("never came true: %s", what);
}

uid_t scene_own_uid(void)
{
	return FIRST_OWN_UID + (uid_t)getpid() % OWN_UIDS;
}

void scene_begin(const struct broker_options *options)
{
	broker_process_start(&scene.broker, options);
	scene.honest = broker_process_connect(&scene.broker);
	exchange_create(scene.honest, "/honest");
	scene.segments = exchange_list(scene.honest, "/");
	scene.fds = broker_process_count_fds(&scene.broker);
}

void scene_begin_plain(void)
{
	scene_begin(NULL);
}

static bool fds_are_back(void *data)
{
	(void)data;
	return broker_process_count_fds(&scene.broker) == scene.fds;
}

static bool holds_are_back(void *data)
{
	(void)data;
	return exchange_holders(scene.honest, "/honest") == 1;
}

void scene_check_restored(void)
{
	eventually(holds_are_back, NULL);
	eventually(fds_are_back, NULL);
	ck_assert_uint_eq(exchange_list(scene.honest, "/"), scene.segments);
}

void scene_check_honest(void)
{
	for (int i = 0; i < 10; i++) {
		struct wire_opened opened;
		int fd;

		ck_assert_int_eq(
			exchange_open(scene.honest, "/honest", 0, 0, 0, &opened, &fd), STATUS_OK);
		ck_assert_int_ge(fd, 0);
		close(fd);
		exchange_close(scene.honest, opened.handle);
	}
}

void scene_end(void)
{
	scene_check_honest();
	scene_check_restored();
	close(scene.honest);
	broker_process_stop(&scene.broker);
}

static void become(const struct person *who)
{
	if (setgroups(who->group_count, who->groups) < 0 ||
		setresgid(who->gid, who->gid, who->gid) < 0 ||
		setresuid(who->uid, who->uid, who->uid) < 0)
		_exit(125);
	/* A change of uid hides /proc/self/fd even from ourselves: proc(5), dumpable. */
	prctl(PR_SET_DUMPABLE, 1);
}

void scene_as(const struct person *who, void (*act)(void *data), void *data)
{
	int status;
	pid_t child = fork();

	ck_assert_int_ge(child, 0);
	if (child == 0) {
		become(who);
		act(data);
		_exit(0);
	}
	ck_assert_int_eq(waitpid(child, &status, 0), child);
	ck_assert_msg(WIFEXITED(status) && WEXITSTATUS(status) == 0,
		"the child of uid %u ended with wait status 0x%x", (unsigned int)who->uid,
		(unsigned int)status);
}

void scene_as_user(uid_t uid, void (*act)(void *data), void *data)
{
	scene_as(&(struct person){.uid = uid, .gid = uid}, act, data);
}
