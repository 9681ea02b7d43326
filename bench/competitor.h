/* SPDX-License-Identifier: MIT */
/*
 * A competitor: one way to share memory, and how it does each operation that is measured. To add
 * one, write its functions and put it into the table in competitors.c; to add an operation, give it
 * a line in OPERATIONS and its function to every competitor that can do it.
 */
#ifndef PRSHM_BENCH_COMPETITOR_H
#define PRSHM_BENCH_COMPETITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/place.h"

/* What a competitor's time is held against: */
enum scale {
	SCALE_RATIO,       /* as a multiple of the base's */
	SCALE_ROUND_TRIPS, /* as so many round trips more than the base's */
};

/*
 * What is measured: its name in JSON, what one run does, its scale, how many times fewer runs a
 * round has because it is slow, and whether it is measured again with all servers on another CPU.
 */
#define OPERATIONS(X)                                                                              \
	X(OPEN, "open", "open, attach, detach and close an existing segment of 64 KiB",            \
		SCALE_RATIO, 1, true)                                                              \
	X(CREATE, "create", "create, attach, detach, close and delete a segment of 64 KiB",        \
		SCALE_RATIO, 1, true)                                                              \
	X(ANONYMOUS_64K, "anonymous-64k",                                                          \
		"create, map, fill, unmap and close anonymous memory of 64 KiB",                   \
		SCALE_ROUND_TRIPS, 2, false)                                                       \
	X(ANONYMOUS_1M, "anonymous-1m",                                                            \
		"create, map, fill, unmap and close anonymous memory of 1 MiB", SCALE_ROUND_TRIPS, \
		20, false)                                                                         \
	X(SPAWN, "spawn", "make anonymous memory, start a child that maps it, wait for its end",   \
		SCALE_ROUND_TRIPS, 25, false)                                                      \
	X(BARE_OPEN, "bare-open",                                                                  \
		"as open, without the library, of brokers that have more or less", SCALE_RATIO, 1, \
		false)                                                                             \
	X(BARE_CREATE, "bare-create", "as create, without the library, of the same brokers",       \
		SCALE_RATIO, 2, false)                                                             \
	X(BARE_DELETE, "bare-delete", "delete a segment that nobody holds, of the same brokers",   \
		SCALE_RATIO, 2, false)

enum operation {
#define X(name, key, text, scale, divisor, apart) OPERATION_##name,
	OPERATIONS(X)
#undef X
		OPERATION_COUNT,
};

/* In the order and with the meaning of OPERATIONS. */
extern const struct operation_facts {
	const char *key;
	const char *text;
	enum scale scale;
	unsigned int divisor;
	bool apart;
} operations[OPERATION_COUNT];

struct competitor {
	const char *name;
	unsigned int variant;                /* its own business */
	double at_most[OPERATION_COUNT];     /* expected on the operation's scale; 0: nothing is */
	bool is_base[OPERATION_COUNT];       /* what the others are held against; one of all */
	bool is_round_trip[OPERATION_COUNT]; /* how long one takes; of SCALE_ROUND_TRIPS */

	/* Makes ready, with the segment that OPEN opens. False: it is missing, see below. */
	bool (*setup)(struct competitor *self, const struct place *place);
	/* What the next so many runs of the operation need; not measured. NULL: nothing. */
	bool (*prepare[OPERATION_COUNT])(struct competitor *self, unsigned int runs);
	/* All of one operation. False: it went wrong, the run ends. NULL: it cannot do that. */
	bool (*run[OPERATION_COUNT])(struct competitor *self);
	/* Leaves nothing behind. After a setup that succeeded. */
	void (*teardown)(struct competitor *self);

	void *state;       /* its own, from setup to teardown */
	bool is_present;   /* setup succeeded */
	char missing[160]; /* or else: why not */
};

extern struct competitor competitors[];
extern const size_t competitor_count;

/* Whether it takes part; if it has no such function, it is not spoken of either. */
bool competitor_can(const struct competitor *competitor, enum operation operation);

/* Says why it is missing. Returns false, for setup to return. */
__attribute__((format(printf, 2, 3))) bool competitor_missing(
	struct competitor *self, const char *format, ...);

/*
 * Sets all up that can do any of these; what is missing says so itself. The servers that they start
 * are on place->server_cpu, and so are we meanwhile: what is forked inherits that.
 */
bool competitors_setup(const struct place *place, const bool wanted[OPERATION_COUNT]);
void competitors_teardown(void);

#endif
