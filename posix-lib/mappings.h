/* SPDX-License-Identifier: MIT */
/*
 * Which object is mapped where. All but mappings_are_any is called under the guard of objects.c,
 * which is what the rest of the library calls.
 */
#ifndef PRSHM_POSIX_MAPPINGS_H
#define PRSHM_POSIX_MAPPINGS_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct object;

struct mapping {
	uintptr_t at;
	size_t size;
	struct object *object;
	RB_ENTRY(mapping) in_all;
	struct mapping *next; /* of a list of those that are not there (any more) */
};

bool mappings_are_any(void); /* without a lock */
/* The first one that ends after that address, or NULL. */
struct mapping *mappings_after(uintptr_t at);
/* Nothing else may lie there. */
void mappings_insert(struct mapping *added);
/*
 * Takes one that lies there out, or the part of it that does: what is left before and behind gets
 * one of the spares, or is forgotten. Two are enough for all that lies there. NULL: none.
 */
struct mapping *mappings_cut(uintptr_t from, uintptr_t to, struct mapping **spares);
/* Follows no pointer. */
void mappings_forget(void);

#endif
