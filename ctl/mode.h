/* SPDX-License-Identifier: MIT */
/* Modes as chmod(1) takes them. */
#ifndef PRSHM_CTL_MODE_H
#define PRSHM_CTL_MODE_H

#include <stdbool.h>
#include <sys/types.h>

#define MODE_EXPECTED "expected a MODE: 0640, or like u+rw,o-w"

/*
 * Octal, or parts with commas between them: whom (u, g, o, a; none is a), what (+, -, =), and which
 * (r, w; none is none). out may point to the old mode.
 */
bool mode_parse(const char *text, mode_t old, mode_t *out);

#endif
