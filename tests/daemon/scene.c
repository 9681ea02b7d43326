/* SPDX-License-Identifier: MIT */
/* The scene of a hostile test. */
#include "tests/daemon/scene.h"

#include <check.h>
#include <stdio.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/process.h"

#define FIRST_OWN_UID 62000
#define OWN_UIDS      1000

struct scene scene;

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
	scene.fds = process_count_fds(scene.broker.pid);
}

void scene_begin_plain(void)
{
	scene_begin(NULL);
}

static bool fds_are_back(void *data)
{
	(void)data;
	return process_count_fds(scene.broker.pid) == scene.fds;
}

static bool holds_are_back(void *data)
{
	(void)data;
	return exchange_holders(scene.honest, "/honest") == 1;
}

void scene_check_restored(void)
{
	AWAIT(holds_are_back(NULL));
	AWAIT(fds_are_back(NULL));
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
