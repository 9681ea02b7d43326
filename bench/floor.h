/* SPDX-License-Identifier: MIT */
/* The floor's client: the bare system calls of an open, against the least a broker could do. */
#ifndef PRSHM_BENCH_FLOOR_H
#define PRSHM_BENCH_FLOOR_H

#include "bench/floor-server.h"

struct floor {
	pid_t server;
	int fd;
	size_t name_length; /* of the names the others use: as many bytes travel */
};

/* Gets a descriptor, and does with it what the variant of FLOOR_* in contenders.h says. */
bool floor_use(const struct floor *floor, unsigned int variant, enum floor_request request);

#endif
