/* SPDX-License-Identifier: MIT */
/*
 * What ends a thing that one thread closes while another one uses it: whoever lets go of the thing
 * last. There is no lock that a child of fork could find held: in the child such a thing is never
 * freed.
 */
#ifndef PRSHM_PYTHON_HOLD_H
#define PRSHM_PYTHON_HOLD_H

#include <stdatomic.h>
#include <stdbool.h>

struct hold {
	/* 1 more than there are users, until the thing is closed; 0: it is freed */
	atomic_uint uses;
	atomic_bool closed;
};

static inline void hold_init(struct hold *hold)
{
	atomic_init(&hold->uses, 1);
	atomic_init(&hold->closed, false);
}

/* False: the thing is closed. */
static inline bool hold_take(struct hold *hold)
{
	unsigned int uses = atomic_load(&hold->uses);

	if (atomic_load(&hold->closed))
		return false;
	while (uses > 0) {
		if (atomic_compare_exchange_weak(&hold->uses, &uses, uses + 1))
			return true;
	}
	return false;
}

/* True: the caller was the last one, and frees the thing. */
static inline bool hold_drop(struct hold *hold)
{
	return atomic_fetch_sub(&hold->uses, 1) == 1;
}

/* As hold_drop, for who closes the thing; several may. */
static inline bool hold_close(struct hold *hold)
{
	return !atomic_exchange(&hold->closed, true) && hold_drop(hold);
}

#endif
