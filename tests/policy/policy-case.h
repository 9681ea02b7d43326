/* SPDX-License-Identifier: MIT */
/*
 * What the tests of rights, name policy and limits share: a broker with a configuration of the
 * test's own, its log, and clients of several users.
 *
 *	policy_begin("[name /srv]\ncreate-users = 60010\n");
 *	user_as_uid(ALICE, open_it, "/srv/a");
 *	policy_end();
 */
#ifndef PRSHM_TESTS_POLICY_CASE_H
#define PRSHM_TESTS_POLICY_CASE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "include/nspr.h"
#include "include/prshm-client.h"
#include "tests/lib/broker.h"
#include "tests/lib/testing.h"

extern struct broker_process policy_broker;

/* For tests that begin a broker themselves; from then on descriptors are counted. */
#define POLICY_FIXTURE NULL, policy_end, .uncounted = true, .unless = without_root

void policy_begin(const char *configuration);
void policy_end(void); /* also before the test's end: the broker must end with status 0 */

/* Writes another configuration (NULL: removes it), sends SIGHUP and waits for the log to say that.
 */
void policy_reload(const char *configuration, const char *said);
const char *policy_file(void); /* the configuration's path */

/* How often the broker's log has this so far; waiting until it has, for as long as only a hang
 * takes. */
size_t policy_count_said(const char *text);
void policy_await_said(const char *text);

/* A client that stays after its act, with all it holds, until it is told to leave or killed. */
struct guest {
	pid_t pid;
};

void guest_enter(struct guest *guest, uid_t uid, void (*act)(void *data), void *data);
void guest_leave(struct guest *guest);
void guest_kill(struct guest *guest);

/* Acts. data is a name. */
void create_it(void *name); /* and keep the handle; mode 0600, one page */
void refuse_it(void *name); /* creating it must be PRSHM_REFUSED */

/* prshm_open of a page with PRSHM_CREATE; *out is the caller's where it is PRSHM_OK. */
enum prshm_result policy_create(const char *name, mode_t mode, PRSharedMemory **out);
/* By prshm_stat. */
bool policy_exists(const char *name);
void policy_await_gone(const char *name);

#endif
