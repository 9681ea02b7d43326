/* SPDX-License-Identifier: MIT */
/* A test in the broker's place: what the keeper has is looked at, and made worse. */
#ifndef PRSHM_TESTS_RESTART_KEPT_H
#define PRSHM_TESTS_RESTART_KEPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KEPT_MAX 64

struct kept_all {
	int link;
	size_t count;
	struct {
		uint64_t id;
		int fd; /* owned */
	} kept[KEPT_MAX];
};

/* Links to the keeper of a supervised place that has no broker now, and takes all. */
void kept_begin(struct kept_all *all);
void kept_put(const struct kept_all *all, uint64_t id, int fd); /* borrowed */
void kept_drop(const struct kept_all *all, uint64_t id);
/* Under that id, borrowed, or -1. */
int kept_find(const struct kept_all *all, uint64_t id);
void kept_end(struct kept_all *all);

/* A memory file as the broker makes them, or without its seals. The caller's. */
int kept_memory(size_t size, bool sealed);

#endif
