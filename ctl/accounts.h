/* SPDX-License-Identifier: MIT */
/* What each user has of the broker, in memory of our own; and what the resources are called. */
#ifndef PRSHM_CTL_ACCOUNTS_H
#define PRSHM_CTL_ACCOUNTS_H

#include "include/prshm-client.h"

struct accounts {
	struct prshm_account *accounts; /* by uid */
	size_t count;
	size_t room;
};

/* Of one user, or with (uid_t)-1 of all that may be seen. */
enum prshm_result accounts_get(struct accounts *accounts, uid_t uid);
void accounts_deinit(struct accounts *accounts);

/* "segments"; NULL: this prshmctl knows no resource of that number. */
const char *accounts_resource(size_t resource);

#endif
