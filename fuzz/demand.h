/* SPDX-License-Identifier: MIT */
/* What must hold after each input. */
#ifndef PRSHM_FUZZ_DEMAND_H
#define PRSHM_FUZZ_DEMAND_H

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

/*
 * Ends the program, which the fuzzer takes for a find, with the sentence that tells what is wrong.
 */
static inline void demand(bool holds, const char *sentence)
{
	if (holds)
		return;
	fprintf(stderr, "%s: %s\n", program_invocation_short_name, sentence);
	abort();
}

#endif
