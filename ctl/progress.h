/* SPDX-License-Identifier: MIT */
/* How far a long copy is, on a terminal; nothing anywhere else. */
#ifndef PRSHM_CTL_PROGRESS_H
#define PRSHM_CTL_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

struct progress {
	bool visible;
	uint64_t shown; /* when a line was last shown, in milliseconds; 0: never */
	uint64_t begun;
};

void progress_begin(struct progress *progress);
/* total: 0 where it is not known. */
void progress_show(struct progress *progress, uint64_t done, uint64_t total);
/* Leaves the line empty. */
void progress_end(struct progress *progress);

#endif
