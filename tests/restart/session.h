/* SPDX-License-Identifier: MIT */
/*
 * A session of three clients, one call at a time, so that it goes the same way each time; and all
 * that they see of it, as text. Whatever dies in it, and whenever: they see the same.
 */
#ifndef PRSHM_TESTS_RESTART_SESSION_H
#define PRSHM_TESTS_RESTART_SESSION_H

#include <stdbool.h>
#include <stddef.h>

#include "tests/restart/actor.h"

#define SESSION_CLIENTS 3

struct view {
	char text[16384];
	size_t length;
};

/* Between any two calls there is time for the keeper, which otherwise does many things at once. */
extern bool session_is_slow;
/*
 * interrupt, unless NULL, is called in the middle: before a request (NULL), and when that client
 * has been told to make it.
 */
void session_run(void (*interrupt)(const struct actor *asking), struct view *view);
/* What is there at the end, asked once more: to be added when the broker has died again. */
void session_look(struct view *view);
/* The clients leave. */
void session_end(void);

#endif
