/* SPDX-License-Identifier: MIT */
/*
 * A real prshm-keeper and the broker's side of its links. The fixture makes a directory, and a
 * listening socket in it that may be passed; what is left of keepers it kills.
 */
#ifndef PRSHM_TESTS_KEEPER_CASE_H
#define PRSHM_TESTS_KEEPER_CASE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "wire/keeper.h"

struct keeper_place {
	char directory[64];
	char socket[96]; /* made by the test, and passed */
	char own[96];    /* for --socket */
	char log[96];    /* what keepers have said */
	int listener;
	pid_t pid; /* of the keeper that was started last; 0: none */
};
extern struct keeper_place keeper_place;

void keeper_place_setup(void);
void keeper_place_teardown(void);

/* arguments are NULL-terminated, without the program's name; passed: descriptor 3, or -1. */
void keeper_run(const char *const *arguments, int passed);
void keeper_start(void); /* on the passed socket */
/* Waits for its end. The exit status, or 128 plus the signal. */
int keeper_wait(void);
int keeper_stop(void); /* the same after SIGTERM */
void keeper_await_log(const char *text);
size_t keeper_count_fds(void);

int link_connect(const char *path); /* without a look at HELLO */
void link_greeted(int link);        /* HELLO comes, with a pidfd of the keeper */
int link_open(void);                /* both, at the socket that was passed */
/* A new memory file of that size is put, to be known again by it. */
void link_put(int link, uint64_t id, off_t size);
void link_say(int link, enum keeper_op op, uint64_t id);
/* What has ids above that, in one batch or in all of them: checks order and END. How many. */
size_t link_take(int link, uint64_t after, uint64_t *ids, off_t *sizes, size_t max);
size_t link_take_all(int link, uint64_t *ids, off_t *sizes, size_t max);
void link_ends(int link); /* the keeper has ended it; closes our end */

#endif
