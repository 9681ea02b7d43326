/* SPDX-License-Identifier: MIT */
/*
 * A section of the report: something that is measured once, not in rounds with others, and comes
 * to a list of lines. To add one, write its function in bench/SECTION.c and give it a line in
 * SECTIONS; the report, the JSON and the plots then have it.
 */
#ifndef PRSHM_BENCH_SECTION_H
#define PRSHM_BENCH_SECTION_H

#include <stdbool.h>
#include <stddef.h>

#include "bench/measure.h"
#include "bench/place.h"

/* The function is NAME_measure, below; its key in JSON, and its title. */
#define SECTIONS(X)                                                                                \
	X(memory, "memory", "memory of the broker")                                                \
	X(recovery, "recovery", "when the broker is killed")                                       \
	X(first_touch, "first-touch", "until new memory is full")                                  \
	X(many, "many", "64 segments in one call")                                                 \
	X(scale, "scale", "a broker that has much beside one that has little")                     \
	X(simulation, "simulation", "a million names, without their memory")

/*
 * A key "NUMBER/SERIES" is a point of the section's plot, at that number in the line of that
 * series; numbers that 1024 divides are bytes, a series that begins with "prshm" is ours.
 */
struct line {
	char key[48];  /* in JSON */
	char what[64]; /* the table shows 38 of it in a column */
	char unit[16];
	double measured; /* NAN: it could not be, the note says why; then nothing is met either */
	double expected; /* 0: nothing is */
	bool at_least;   /* that is the least expected; else the most */
	char note[96];   /* "", or what else there is to know */
};

#define SECTION_LINES_MAX 64

struct section {
	const char *key;
	const char *title;
	struct line lines[SECTION_LINES_MAX];
	size_t count;
	char missing[160]; /* if it was not measured: why not */
};

/*
 * One more line, all of it but the texts zero: they are copied. NULL: there are as many as there may
 * be.
 */
struct line *section_add(
	struct section *section, const char *key, const char *what, const char *unit);

/* Adds a line that is complete but for its note, of which the format may be "". False: no
 * room. */
__attribute__((format(printf, 7, 8))) bool section_put(struct section *section, const char *key,
	const char *what, const char *unit, double measured, double at_most, const char *note, ...);

/* Says why it was not measured. Returns false, for its function to return. */
__attribute__((format(printf, 2, 3))) bool section_missing(
	struct section *section, const char *format, ...);

bool line_is_met(const struct line *line); /* also if nothing is expected */

/*
 * Each is run on place->cpu, in a process of its own, with no competitor about, and undoes what it did. A quick schedule
 * wants it within about 5 seconds, the other within about 60. False: it was not measured,
 * section->missing says why (a reason of no words is "it went wrong"); that is one missed
 * expectation.
 */
#define X(name, key, title)                                                                        \
	bool name##_measure(const struct place *place, const struct schedule *schedule,            \
		struct section *section);
SECTIONS(X)
#undef X

enum {
#define X(name, key, title) SECTION_##name,
	SECTIONS(X)
#undef X
		SECTION_COUNT,
};

/* All that the schedule wants; sections are in shared memory. False: interrupted. */
bool sections_measure(const struct place *place, const struct schedule *schedule,
	struct section sections[SECTION_COUNT]);
bool sections_know(const char *key);

#endif
