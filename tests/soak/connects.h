/* SPDX-License-Identifier: MIT */
/* Processes that only connect and close, beside as many that only burn CPU. */
#ifndef PRSHM_SOAK_CONNECTS_H
#define PRSHM_SOAK_CONNECTS_H

#include <stdbool.h>
#include <stdio.h>

#include "bench/place.h"

/*
 * For 1, 4 and most processes, each of a user of its own: what an honest client's opens take, and
 * what a newcomer's connect and open take, and how many times what the burners make them take. One
 * line each; json: NULL, or where a list goes. *missed grows by each that is more than
 * CONNECTS_TIMES.
 */
bool connects_measure(const struct place *place, unsigned int most, double seconds, FILE *json,
	unsigned int *missed);

#define CONNECTS_TIMES 3.0

#endif
