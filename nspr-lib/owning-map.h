/* SPDX-License-Identifier: MIT */
/* A PRFileMap of libnspr4's own that owns the descriptor of memory from the broker. */
#ifndef PRSHM_NSPR_OWNING_MAP_H
#define PRSHM_NSPR_OWNING_MAP_H

#include <prshma.h>

/*
 * fd: of held_make and its kin, and the map's from now on: PR_CloseFileMap closes it and tells the
 * broker, and so does a failure, which is NULL with the thread's last error set.
 */
PRFileMap *owning_map_new(int fd, PRFileMapProtect prot);

#endif
