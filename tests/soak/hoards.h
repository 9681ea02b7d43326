/* SPDX-License-Identifier: MIT */
/* Processes that hoard, beside as many that only burn CPU. */
#ifndef PRSHM_SOAK_HOARDS_H
#define PRSHM_SOAK_HOARDS_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/place.h"

struct hoards {
	unsigned int users;
	unsigned int each;   /* things that each hoards at most */
	unsigned int rounds; /* up to HOARDS_ROUNDS_MAX */
	double seconds;      /* of each measurement */
};

#define HOARDS_ROUNDS_MAX 16
#define HOARDS_TIMES      3.0

/*
 * For each thing that can be hoarded, and in rounds, first beside burners and then beside hoarders:
 * what an honest client's opens take, and what a newcomer takes who creates, deletes and goes. The
 * medians of the rounds count. One line each; json: NULL, or where a list goes. *missed grows by
 * each that is more than HOARDS_TIMES the burners'.
 */
bool hoards_measure(
	const struct place *place, const struct hoards *hoards, FILE *json, unsigned int *missed);

#endif
