/* SPDX-License-Identifier: MIT */
/*
 * A keeper that looks: before and after each put and each drop it does what the next broker would
 * do, were this one killed right there, and fails the test if the journal knows what is not kept.
 */
#ifndef PRSHM_TESTS_JOURNAL_KEEPER_H
#define PRSHM_TESTS_JOURNAL_KEEPER_H

#include "daemon/core/broker.h"

#define KEPT_MAX 256

struct keeper {
	struct {
		uint64_t id;
		int fd; /* owned */
	} kept[KEPT_MAX];
	size_t count;
	bool is_blind;  /* does not look */
	const char *at; /* what the test does, for people */
};

struct succession keeper_succession(struct keeper *keeper);
void keeper_deinit(struct keeper *keeper);

/* The committed journal, replayed as a whole; what it knows has its memory, and is kept. */
void keeper_replay(struct keeper *keeper, struct broker *out);
/* Nothing is kept but what that broker has. */
void keeper_assert_nothing_else(const struct keeper *keeper, struct broker *broker);

#endif
