/* SPDX-License-Identifier: MIT */
/*
 * A section of the report: something that is measured once, not in rounds with others, and comes
 * to a list of lines. To add one, write its function in bench/SECTION.c and give it a line in
 * SECTIONS; the table, the JSON and the plots then have it.
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
	X(parking, "parking", "a name that is opened again")                                       \
	X(sweep, "sweep", "all that 2,000 clients have parked")                                    \
	X(scale, "scale", "a broker that has much beside one that has little")                     \
	X(simulation, "simulation", "a million names, without their memory")

/*
 * Writes a line. Its key "NUMBER/SERIES" makes it a point of the section's plot, at that number in
 * the line of that series; numbers that 1024 divides are bytes, a series that begins with "prshm"
 * is ours. measured NAN: it could not be, the note says why, and nothing is met. at_most 0: nothing
 * is expected. The note's format may be "". Returns true, for its function to return.
 */
__attribute__((format(printf, 6, 7))) bool section_put(const char *key, const char *what,
	const char *unit, double measured, double at_most, const char *note, ...);
__attribute__((format(printf, 6, 7))) bool section_put_at_least(const char *key, const char *what,
	const char *unit, double measured, double at_least, const char *note, ...);

/* Says why it was not measured. Returns false, for its function to return. */
__attribute__((format(printf, 1, 2))) bool section_missing(const char *format, ...);

/*
 * Each is run on place->cpu, in a process of its own, with no competitor about, and undoes what it
 * did. A quick schedule wants it within about 5 seconds, the other within about 60. False: it was
 * not measured, which is one missed expectation.
 */
#define X(name, key, title)                                                                        \
	bool name##_measure(const struct place *place, const struct schedule *schedule);
SECTIONS(X)
#undef X

/* All that the schedule wants. False: interrupted. */
bool sections_measure(const struct place *place, const struct schedule *schedule);
bool sections_know(const char *key);

#endif
