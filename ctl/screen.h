/* SPDX-License-Identifier: MIT */
/*
 * A terminal of one's own for a while: the alternate screen, keys without Enter, and all of it
 * given back however it ends, by a key, an error or a signal. Plain escape sequences, as any
 * terminal of today knows them.
 */
#ifndef PRSHM_CTL_SCREEN_H
#define PRSHM_CTL_SCREEN_H

#include <stdbool.h>
#include <stddef.h>

/* False: standard input and output are no terminal, or a dumb one. */
bool screen_is_possible(void);

void screen_enter(void);
void screen_leave(void);

struct screen_size {
	size_t rows, columns;
};

struct screen_size screen_size(void);

/* Shows lines, cut to the screen, in place of what was there. */
void screen_show(const char *lines);

enum screen_event { SCREEN_TIME, SCREEN_RESIZED, SCREEN_QUIT };

/*
 * Waits for so long, for a new size or for q. A signal that ends a program ends it here, once the
 * terminal is as it was; one that stops it stops it so, too.
 */
enum screen_event screen_wait(int milliseconds);

#endif
