/* SPDX-License-Identifier: MIT */
/*
 * A competitor: one way to share memory by name, and how it does each operation that is measured.
 * To add one, write its functions and put it into the table in competitors.c; to add an operation,
 * give it a line in OPERATIONS and its function to every competitor that can do it.
 */
#ifndef PRSHM_BENCH_COMPETITOR_H
#define PRSHM_BENCH_COMPETITOR_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#define SEGMENT_BYTES ((size_t)64 * 1024)

/* What is measured: its name in JSON, and what one run of it does. */
#define OPERATIONS(X)                                                                              \
	X(OPEN, "open", "open, attach, detach and close an existing segment of 64 KiB")            \
	X(CREATE, "create", "create, attach, detach, close and delete a segment of 64 KiB")

enum operation {
#define X(name, key, text) OPERATION_##name,
	OPERATIONS(X)
#undef X
	OPERATION_COUNT,
};

/* Where the run takes place. */
struct place {
	char directory[40]; /* of this run's own, on a tmpfs if there is one */
	char existing[64];  /* the name of the segment that OPEN opens: a path in the directory */
	char created[64];   /* the name of the segment that CREATE makes; as long as the other */
	const char *client_library;
	const char *daemon_program;
};

struct competitor {
	const char *name;
	unsigned int variant;            /* its own business */
	double at_most[OPERATION_COUNT]; /* expected ratio to the base; 0: nothing is expected */
	bool is_base;                    /* what the ratios are to; one of all */

	/* Makes ready, and makes the segment that OPEN opens. False: it is missing, see below. */
	bool (*setup)(struct competitor *self, const struct place *place);
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

const char *operation_key(enum operation operation);
const char *operation_text(enum operation operation);

/* Says why it is missing. Returns false, for setup to return. */
__attribute__((format(printf, 2, 3))) bool competitor_missing(
	struct competitor *self, const char *format, ...);

/* Sets all up; what is missing says so itself. */
void competitors_setup(const struct place *place);
void competitors_teardown(void);

/* The competitors' own functions; each in the file of that name. */
enum { FLOOR_LIBEVENT = 1, FLOOR_MAP = 2, FLOOR_CLOSE = 4 }; /* variants of floor.c */
bool floor_setup(struct competitor *self, const struct place *place);
bool floor_open(struct competitor *self);
bool floor_create(struct competitor *self);
void floor_teardown(struct competitor *self);

enum { PR_LIBRARY_PRSHM, PR_LIBRARY_NSPR }; /* variants of pr-library.c */
bool pr_library_setup(struct competitor *self, const struct place *place);
bool pr_library_open(struct competitor *self);
bool pr_library_create(struct competitor *self);
void pr_library_teardown(struct competitor *self);

bool posix_shm_setup(struct competitor *self, const struct place *place);
bool posix_shm_open(struct competitor *self);
bool posix_shm_create(struct competitor *self);
void posix_shm_teardown(struct competitor *self);

bool sysv_shm_setup(struct competitor *self, const struct place *place);
bool sysv_shm_open(struct competitor *self);
bool sysv_shm_create(struct competitor *self);
void sysv_shm_teardown(struct competitor *self);

#endif
