/* SPDX-License-Identifier: MIT */
/* A PRFileMap of libnspr4's own that owns the descriptor of memory from the broker. */
#ifndef PRSHM_NSPR_OWNING_MAP_H
#define PRSHM_NSPR_OWNING_MAP_H

#include <prshma.h>

/*
 * fd: from held_make, held_import or held_inherit. The map owns it from now on, and PR_CloseFileMap
 * closes it and tells the broker. NULL: it failed; fd is closed, the broker told, and the thread's
 * last error set.
 */
PRFileMap *owning_map_new(int fd, PRFileMapProtect prot);

#endif
