/* SPDX-License-Identifier: MIT */
/*
 * The parts of prshm-keeper. The keeper stores descriptors, each under an id, for one broker, over
 * one link at a time. It knows neither what the descriptors are for nor who the broker's clients
 * are.
 */
#ifndef PRSHM_KEEPER_KEEPER_H
#define PRSHM_KEEPER_KEEPER_H

#include <bsd/sys/tree.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* store.c: the descriptors, by their ids. */
struct entry {
	RB_ENTRY(entry) in_store; /* store::tree */
	uint64_t id;
	int fd; /* owned */
};
struct store {
	RB_HEAD(entry_tree, entry) tree;
	size_t count; /* descriptors in the tree */
	size_t max;   /* how many descriptors there may be */
};
/*
 * Puts fd under id; a descriptor that was there before is closed. The store owns fd from here on,
 * and closes it when this fails. 0; -EMFILE: the store is full; -ENOMEM.
 */
int store_put(struct store *store, uint64_t id, int fd);
void store_drop(struct store *store, uint64_t id, bool is_small); /* it is closed at once */
void store_clear(struct store *store);
/* The entry with the least id above this id; NULL: there is no such entry. */
const struct entry *store_next(struct store *store, uint64_t id);

/* parcel.c: from one keeper to the next, by way of the service manager. */
/* what is in the store, for the next keeper */
void keeper_leave(struct store *store);
void keeper_inherit(int parcel, struct store *store); /* closes parcel */

struct keeper {
	struct store store;
	bool inherited; /* the store is the last keeper's, and no broker has asked for that yet */
	int signals;    /* a signalfd, owned: the service manager ends the keeper; or -1 */
	bool ending;    /* the manager has done that */
	int64_t end_at; /* monotonic milliseconds, then: no broker is served for longer */
	int pidfd;      /* owned; of the keeper itself; the broker gets a copy with HELLO */
	char **command; /* starts a broker; NULL: somebody else starts brokers, and they connect */
	bool has_put;   /* PUT has come on the last link: its broker had started well */
	int watchdog;   /* milliseconds, half of the watchdog's time; -1: there is no watchdog */
	int64_t notify_at; /* monotonic milliseconds; the service manager is told nothing before */
};

/*
 * link.c: one link. link_wait returns when fd is readable, when half of the watchdog's time is
 * over, or when the keeper is to end; at each call it tells the service manager that the keeper is
 * alive, but not too often.
 */
void link_wait(struct keeper *keeper, int fd);

/*
 * Serves one broker until the link ends, then closes the link (but not with -ECANCELED).
 * -ECONNRESET: the broker has died; all that it had sent is done.
 * -ESHUTDOWN: the broker has sent LEAVE; nothing need be stored any more.
 * -ECANCELED: the keeper is to end; what the broker had sent is done.
 * Any other error: the keeper itself ended the link, and has logged why.
 */
int link_serve(struct keeper *keeper, int link);

#endif
