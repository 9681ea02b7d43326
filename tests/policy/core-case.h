/* SPDX-License-Identifier: MIT */
/*
 * The broker called like a function, with a clock and a configuration of the test's own.
 *
 *	core_begin();
 *	struct peer *alice = core_connect(ALICE);
 *	core_create(alice, "/a", 4096, 0600, &handle);
 *	core_end();
 */
#ifndef PRSHM_TESTS_CORE_CASE_H
#define PRSHM_TESTS_CORE_CASE_H

#include "daemon/core/broker.h"
#include "daemon/core/reply.h"
#include "tests/lib/testing.h"

#define ALICE 1000U
#define BOB   1001U
#define CAROL 1002U

struct core {
	struct broker broker;
	uint64_t clock;         /* nanoseconds: what registry.h's clock says */
	char expired[256];      /* names that went, each with a blank behind it */
	struct refusal refusal; /* of the last request */
};

extern struct core core;

/* Host limits of 1,000 of everything and 1 GiB; the rest as policy_init has it. */
void core_begin(void);
/* Ends what is still connected; fails the test unless every charge is refunded then. */
void core_end(void);

struct peer *core_connect(uid_t uid); /* NULL: refused */
struct peer *core_connect_unmapped(void);
struct peer *core_connect_member(uid_t uid, gid_t group);
void core_disconnect(struct peer *peer);

/* Rules of the configuration; the caller fills in the rest. */
struct name_rule *core_add_rule(const char *prefix);

/* A request; the descriptor of its reply is closed, reply may be NULL, its tail ends with a NUL. */
enum status core_ask(
	struct peer *peer, struct wire_request *request, const char *name, struct reply *reply);
enum status core_create(
	struct peer *peer, const char *name, uint64_t size, uint32_t mode, uint32_t *handle);
/* Creates with this lifetime; fails the test unless it can. Returns the handle. */
uint32_t core_create_living(
	struct peer *peer, const char *name, uint32_t lifetime, uint32_t linger);
enum status core_open(struct peer *peer, const char *name, uint32_t *handle);
void core_close(struct peer *peer, uint32_t handle);
enum status core_delete(struct peer *peer, const char *name);
enum status core_set_owner(struct peer *peer, const char *name, uint32_t uid, uint32_t gid);
/* Whether it is allowed; *text is filled in. */
bool core_explain(struct peer *peer, const char *name, uint32_t right, char text[256]);

bool core_exists(const char *name);
/* Lets so much time pass, to the nanosecond, and removes what is due. */
void core_pass(double seconds);

#endif
