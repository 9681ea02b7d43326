/* SPDX-License-Identifier: MIT */
/* Memory that is shared: made, sealed, known again. */
#ifndef PRSHM_DAEMON_CORE_MEMORY_H
#define PRSHM_DAEMON_CORE_MEMORY_H

#include "wire/wire.h"

/*
 * A memfd that can never be executed, where the kernel knows how to say so. flags: of memfd_create(2), besides
 * MFD_CLOEXEC. The descriptor, or -1 with errno.
 */
int memory_create(const char *label, unsigned int flags);
/*
 * Makes it ours alone, once it has its size. A memfd is born 0777, and a reader could reopen its own descriptor
 * for writing through /proc/self/fd: 0600 and our uid are what stops it. False, with errno.
 */
bool memory_seal(int fd);
/*
 * Closes a segment's descriptor, which it takes: close(2), unless the shell sets something that does not
 * make the caller wait until the kernel has freed the memory.
 */
extern void (*memory_close)(int fd);
/* Whether that is what it is: of that inode and size, and sealed. */
bool memory_is(int fd, uint64_t inode, uint64_t size);
/* What errno means where memory was to be had. */
enum status memory_status(int error);

#endif
