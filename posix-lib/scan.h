/* SPDX-License-Identifier: MIT */
/* Looks through /proc/self for descriptors and mappings that nobody told the library of. */
#ifndef PRSHM_POSIX_SCAN_H
#define PRSHM_POSIX_SCAN_H

#include "posix-lib/objects.h"

/* Those of one object, which is then known to have them. */
void scan_for(struct object *object);
/* Calls that for each descriptor of this process but the library's own. */
void scan_descriptors(void (*each)(void *data, int fd), void *data);
/* Whether a lock hangs on the open file of that descriptor, or may do so: nobody can tell. */
bool scan_finds_lock(int fd);

#endif
