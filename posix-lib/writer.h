/* SPDX-License-Identifier: MIT */
/*
 * A descriptor that writes, beside early ones that a lock of the program forbids to replace. A lock
 * of flock(2) ends with the open file that it hangs on. A lock of fcntl(2) ends when the process
 * closes any descriptor of the file: so what is kept stays until the object goes.
 */
#ifndef PRSHM_POSIX_WRITER_H
#define PRSHM_POSIX_WRITER_H

#include <stdbool.h>

#include "posix-lib/objects.h"

/* Whether this descriptor of the object cannot be replaced: a lock would end. */
bool writer_must_stay_beside(const struct object *object, int fd);
/*
 * Takes the descriptor, which may be the one that is kept. Keeps one while the object is early, and
 * else closes it. Under the guard of the objects.
 */
void writer_settle(struct object *object, int writer);
/* What is kept, and stays the object's; -1: nothing. */
int writer_kept(const struct object *object);
/* Closes what is kept, as the object goes. */
void writer_release(struct object *object);

#endif
