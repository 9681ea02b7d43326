/* SPDX-License-Identifier: MIT */
/*
 * Who may do what with a segment: a pure function of who asks and whose it is.
 *
 *	if (rights_of(&peer->credentials, &segment->rights) & RIGHT_READ) ...
 */
#ifndef PRSHM_DAEMON_RIGHTS_H
#define PRSHM_DAEMON_RIGHTS_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Taken once, when the connection is accepted, from the kernel; never from a pid. */
struct credentials {
	uid_t uid;
	gid_t gid;
	pid_t pid; /* for people to read only: 0 where our pid namespace cannot name it */
	gid_t *groups; /* owned: supplementary groups */
	size_t group_count;
};

struct rights {
	uid_t uid;
	gid_t gid;
	mode_t mode; /* 0..0777; execute bits are kept and mean nothing */
};

enum right {
	RIGHT_READ = 1 << 0,
	RIGHT_WRITE = 1 << 1, /* never without RIGHT_READ: memory cannot be mapped write-only */
	RIGHT_DELETE = 1 << 2,
};

void credentials_deinit(struct credentials *credentials);

/* A set of enum right. */
unsigned int rights_of(const struct credentials *who, const struct rights *rights);

#endif
