/* SPDX-License-Identifier: MIT */
/*
 * A warden: a process that stands between us and one we start, so that nothing outlives us. Broker
 * and keeper start each other again, and each goes into a session of its own or is nobody's child;
 * but all of them stay the warden's, which kills every one when we end, however we do.
 */
#ifndef PRSHM_BENCH_WARDEN_H
#define PRSHM_BENCH_WARDEN_H

#include <stdbool.h>
#include <sys/types.h>

struct warden {
	pid_t pid; /* 0: none */
};

/* In that process run(data) is called; it does not return. */
bool warden_start(struct warden *warden, void (*run)(const void *data), const void *data);
/* Waits until nobody is left under it. */
void warden_wait(struct warden *warden);
/* Kills all under it. */
void warden_end(struct warden *warden);

/*
 * The one under it that runs the program of that name, or 0: none now. Of two, the one that has
 * started the other: a child bears its parent's name until it runs a program of its own.
 */
pid_t warden_find(const struct warden *warden, const char *name);

#endif
