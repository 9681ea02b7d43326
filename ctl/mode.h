/* SPDX-License-Identifier: MIT */
/* Modes as chmod(1) takes them. */
#ifndef PRSHM_CTL_MODE_H
#define PRSHM_CTL_MODE_H

#include <sys/types.h>

/*
 * Octal, or parts with commas between them: whom (u, g, o, a; none is a), what (+, -, =), and which
 * (r, w; none is none). out may point to the old mode. NULL, or what is wrong, for people.
 */
const char *mode_parse(const char *text, mode_t old, mode_t *out);

#endif
