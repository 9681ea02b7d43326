/* SPDX-License-Identifier: MIT */
/*
 * Dynamic users. A service with DynamicUser= gets a uid of this range from systemd while it runs,
 * and later another service gets that uid. So what such a user has kept goes with the user's last
 * connection, after a linger (policy::dynamic_linger), unless the user comes back meanwhile. What a
 * rule of the policy makes kept stays; so does what a rule gives to another owner.
 *
 * Nothing of this is in the journal: a broker that takes over begins each linger anew.
 */
#ifndef PRSHM_DAEMON_CORE_DYNAMIC_USERS_H
#define PRSHM_DAEMON_CORE_DYNAMIC_USERS_H

#include "daemon/core/broker.h"

#define DYNAMIC_UID_FIRST 61184
#define DYNAMIC_UID_LAST  65519

/*
 * A user has another connection, or one less. Other users than those of the range are left alone.
 */
void dynamic_user_came(struct broker *broker, struct account *account);
void dynamic_user_left(struct broker *broker, struct account *account);
/* After a take-over, and when the policy is another one: the lingers begin anew. */
void dynamic_users_begin(struct broker *broker);
void dynamic_users_end(struct broker *broker); /* forgets all lingers */
/* When the first linger is over: nanoseconds, CLOCK_MONOTONIC; 0: there is none. */
uint64_t dynamic_users_deadline(const struct broker *broker);
/* Removes the names of those whose linger is over. */
void dynamic_users_expire(struct broker *broker);

#endif
