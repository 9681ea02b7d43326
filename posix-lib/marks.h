/* SPDX-License-Identifier: MIT */
/*
 * A mark for each number that a descriptor may have: a look at one byte tells that it is foreign.
 */
#ifndef PRSHM_POSIX_MARKS_H
#define PRSHM_POSIX_MARKS_H

#include <stdatomic.h>
#include <stdbool.h>

/*
 * The kernel's largest number by default (fs.nr_open). A larger one is foreign until it is looked
 * at.
 */
#define MARKS_COUNT (1 << 20)

enum mark {
	MARK_FOREIGN = 0,
	MARK_OBJECT = 1, /* of an object; see objects.h */
	MARK_OWN = 2,    /* the library's own socket */
};

extern _Atomic unsigned char marks[MARKS_COUNT];

static inline enum mark marks_get(int fd)
{
	if ((unsigned int)fd >= MARKS_COUNT)
		return MARK_FOREIGN;
	return (enum mark)atomic_load_explicit(&marks[fd], memory_order_relaxed);
}

static inline void marks_set(int fd, enum mark mark)
{
	if ((unsigned int)fd < MARKS_COUNT)
		atomic_store_explicit(&marks[fd], (unsigned char)mark, memory_order_relaxed);
}

static inline void marks_clear(int fd)
{
	if (marks_get(fd) != MARK_FOREIGN)
		marks_set(fd, MARK_FOREIGN);
}

#endif
