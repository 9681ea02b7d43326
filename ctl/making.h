/* SPDX-License-Identifier: MIT */
/* What `create` and `write` have in common: how a new segment is to be. */
#ifndef PRSHM_CTL_MAKING_H
#define PRSHM_CTL_MAKING_H

#include "include/prshm-client.h"

enum { MAKING_MODE = 256, MAKING_LIFETIME, MAKING_LINGER };

#define MAKING_OPTIONS                                                                             \
	{"lifetime", required_argument, NULL, MAKING_LIFETIME},                                    \
		{"linger", required_argument, NULL, MAKING_LINGER},                                \
	{                                                                                          \
		"mode", required_argument, NULL, MAKING_MODE                                       \
	}

#define MAKING_HELP                                                                                \
	"      --mode=MODE      of a new one: 0640, or u=rw,g=r (0600)\n"                          \
	"      --lifetime=LIFETIME\n"                                                              \
	"                       of a new one: kept, or until-unused, to go with its\n"             \
	"                       last holder (kept, or what the name policy says)\n"                \
	"      --linger=TIME    of a new one: how long it stays when nobody holds it:\n"           \
	"                       90s, 10min, 2h, 1d; with kept, 0 is for ever (0)\n"

/* Takes one of the options above; ignores other letters. */
void making_take(struct prshm_options *options, int letter, const char *text);

/* Gives the handle back, and says so if the segment goes with it. Returns the exit status. */
int making_close(PRSharedMemory *handle, const char *name);

#endif
