/* SPDX-License-Identifier: MIT */
/*
 * The scene of a hostile test: a real broker, an honest client with a segment "/honest", and an
 * audience that checks afterwards that nothing of the attack is left and the honest one was served.
 */
#ifndef PRSHM_TESTS_DAEMON_SCENE_H
#define PRSHM_TESTS_DAEMON_SCENE_H

#include "tests/lib/await.h"
#include "tests/lib/broker.h"
#include "tests/lib/exchange.h"
#include "tests/lib/testing.h"

struct scene {
	struct broker_process broker;
	int honest;      /* its connection, which stays open throughout */
	size_t fds;      /* of the broker, once the honest client has its segment */
	size_t segments; /* that LIST shows */
};

extern struct scene scene;

/* Fixtures. The second checks that all is as it was and that the broker ends with status 0. */
void scene_begin(const struct broker_options *options);
void scene_begin_plain(void);
void scene_end(void);

/* The same check, at any point; waits for the broker to notice who has gone. */
void scene_check_restored(void);
/* A few opens and closes by the honest client, which must work. */
void scene_check_honest(void);

/* A uid for the broker that no other test's broker has: descriptors in flight count per uid. */
uid_t scene_own_uid(void);

#endif
