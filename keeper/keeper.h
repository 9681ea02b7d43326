/* SPDX-License-Identifier: MIT */
/*
 * The parts of prshm-keeper, which holds descriptors by id for one broker, over one link at a time,
 * and knows neither what they are nor who the broker's clients are.
 */
#ifndef PRSHM_KEEPER_KEEPER_H
#define PRSHM_KEEPER_KEEPER_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* store.c: ids to descriptors. */
struct kept {
	RB_ENTRY(kept) in_store; /* store::tree */
	uint64_t id;
	int fd; /* owned */
};
struct store {
	RB_HEAD(kept_tree, kept) tree;
	size_t count;
	size_t max;
};
/* In place of what has that id. fd is the store's from here on, and closed on -EMFILE, -ENOMEM. */
int store_put(struct store *store, uint64_t id, int fd);
void store_drop(struct store *store, uint64_t id);
/* The one with the least id above this one; NULL: none. */
const struct kept *store_next(struct store *store, uint64_t id);

struct keeper {
	struct store store;
	int pidfd;      /* our own; the broker gets it with HELLO */
	char **command; /* starts a broker; NULL: somebody else does, and it connects */
	bool has_put;   /* the broker of the last link: so it had started well */
	int watchdog;   /* milliseconds: half of what is allowed; -1: nobody waits to hear of us */
	int64_t notify_at; /* not before that the service manager is told again */
};

/*
 * link.c: one link. link_wait returns when fd is readable, or when half of the watchdog's time is over;
 * at each call it tells the service manager that the keeper is alive, but not too often.
 */
void link_wait(struct keeper *keeper, int fd);

/*
 * Serves to the end of the link, and closes it. -ECONNRESET: the broker has died, and all
 * it had sent is done; -ESHUTDOWN: it left, and nothing is to be kept; else we ended it, as logged.
 */
int link_serve(struct keeper *keeper, int link);

#endif
