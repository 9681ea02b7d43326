/* SPDX-License-Identifier: MIT */
/*
 * A terminal for `top`: the alternate screen, and keys without Enter. The terminal is restored
 * however the program ends: by a key, an error or a signal. The escape sequences are those that
 * every terminal knows.
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

/* Replaces the screen by these lines, cut to its size. */
void screen_show(const char *lines);

enum screen_event { SCREEN_TIME, SCREEN_RESIZED, SCREEN_QUIT };

/*
 * Waits until the time has passed, the size has changed, or q was typed. A signal that ends or
 * stops a program does so here, after the terminal was restored.
 */
enum screen_event screen_wait(int milliseconds);

#endif
