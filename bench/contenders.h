/* SPDX-License-Identifier: MIT */
/* The functions of all competitors, for the table in competitors.c; each in the file of that name.
 */
#ifndef PRSHM_BENCH_CONTENDERS_H
#define PRSHM_BENCH_CONTENDERS_H

#include "bench/competitor.h"

/* Variants of floor.c. */
enum {
	FLOOR_LIBEVENT = 1,
	FLOOR_MAP = 2,
	FLOOR_CLOSE = 4,
	FLOOR_KEEPER = 8,
	FLOOR_CHECKS = 16, /* the system calls with which our library checks what it has */
};
bool floor_setup(struct competitor *self, const struct place *place);
bool floor_open(struct competitor *self);
bool floor_create(struct competitor *self);
bool floor_anonymous_64k(struct competitor *self);
bool floor_anonymous_1m(struct competitor *self);
void floor_teardown(struct competitor *self);

/* variants of pr-library.c */
enum { PR_LIBRARY_PRSHM, PR_LIBRARY_UNPARKED, PR_LIBRARY_OTHER, PR_LIBRARY_NSPR };
bool pr_library_setup(struct competitor *self, const struct place *place);
bool pr_library_open(struct competitor *self);
bool pr_library_create(struct competitor *self);
bool pr_library_anonymous_64k(struct competitor *self);
bool pr_library_anonymous_1m(struct competitor *self);
void pr_library_teardown(struct competitor *self);

/* Variants of spawn.c: whose library, and how the child gets the memory. */
enum { SPAWN_BY_NAME, SPAWN_BY_STRING, SPAWN_BY_TOKEN, SPAWN_NSPR };
bool spawn_setup(struct competitor *self, const struct place *place);
bool spawn_run(struct competitor *self);
void spawn_teardown(struct competitor *self);

/* Variants of bare-broker.c: what the broker has or knows. */
enum { BARE_NOTHING, BARE_KEEPER, BARE_RULES, BARE_USERS };
bool bare_broker_setup(struct competitor *self, const struct place *place);
bool bare_broker_open(struct competitor *self);
bool bare_broker_create(struct competitor *self);
bool bare_broker_prepare_delete(struct competitor *self, unsigned int runs);
bool bare_broker_delete(struct competitor *self);
void bare_broker_teardown(struct competitor *self);

bool s6_fdholder_setup(struct competitor *self, const struct place *place);
bool s6_fdholder_open(struct competitor *self);
bool s6_fdholder_create(struct competitor *self);
void s6_fdholder_teardown(struct competitor *self);

enum { DBUS_DAEMON, DBUS_BROKER }; /* variants of dbus-client.c: whose bus */
bool dbus_setup(struct competitor *self, const struct place *place);
bool dbus_open(struct competitor *self);
bool dbus_create(struct competitor *self);
void dbus_teardown(struct competitor *self);

bool posix_shm_setup(struct competitor *self, const struct place *place);
bool posix_shm_open(struct competitor *self);
bool posix_shm_create(struct competitor *self);
void posix_shm_teardown(struct competitor *self);

bool sysv_shm_setup(struct competitor *self, const struct place *place);
bool sysv_shm_open(struct competitor *self);
bool sysv_shm_create(struct competitor *self);
void sysv_shm_teardown(struct competitor *self);

#endif
