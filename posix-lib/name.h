/* SPDX-License-Identifier: MIT */
/* Names of shm_open(3), as names of segments. */
#ifndef PRSHM_POSIX_NAME_H
#define PRSHM_POSIX_NAME_H

#include <stdint.h>
#include <sys/types.h>

#include "posix-lib/objects.h"

/* "/NAME" as "/dev/shm/NAME". 0 or -EINVAL, -ENAMETOOLONG. */
int name_of(const char *name, char out[sizeof(OBJECT_PREFIX) + OBJECT_NAME_MAX]);
/* The permission bits of a new object: the umask counts. */
uint32_t name_mode(mode_t mode);

#endif
