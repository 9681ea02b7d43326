/* SPDX-License-Identifier: MIT */
/*
 * Whom to charge: a principal is a uid with all the uids that it may act as.
 *
 * A user that useradd(8) makes owns a range of subordinate uids (subuid(5)) and may act as each of
 * them (newuidmap(1)). If each had a share of its own, one user could take all there is.
 */
#ifndef PRSHM_DAEMON_CORE_PRINCIPALS_H
#define PRSHM_DAEMON_CORE_PRINCIPALS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The owner of a range that belongs to no uid: the range is a principal of its own. */
#define PRINCIPAL_NO_OWNER UINT32_MAX

struct principal_range {
	uint32_t first;
	uint32_t last;
	uint32_t owner; /* a uid other than 0, or PRINCIPAL_NO_OWNER */
};

struct principals {
	struct principal_range *ranges; /* owned; of two that cover a uid, the first one counts */
	size_t count;
	size_t room;
};

/*
 * Appends a range of count uids from first on. owner: a uid, or PRINCIPAL_NO_OWNER. A range of uid
 * 0 gets no owner: it would be bounded by nothing. A range without uids, or beyond the last uid, is
 * left out. False: no memory.
 */
bool principals_add(struct principals *principals, uint32_t first, uint32_t count, uint32_t owner);
void principals_deinit(struct principals *principals);

/*
 * Who pays for that uid: a uid, or for a range without an owner PRINCIPAL_RANGE with its first uid.
 * Takes NULL: each uid pays for itself.
 */
#define PRINCIPAL_RANGE (UINT64_C(1) << 32)
uint64_t principals_find(const struct principals *principals, uid_t uid);

#endif
