/* SPDX-License-Identifier: MIT */
/* Shared memory: made, sealed, and recognised when it comes back from the keeper. */
#ifndef PRSHM_DAEMON_CORE_MEMORY_H
#define PRSHM_DAEMON_CORE_MEMORY_H

#include "wire/wire.h"

/*
 * Makes a memfd that can never be executed, if the kernel has such memfds. flags: for
 * memfd_create(2), without MFD_CLOEXEC, which is always set. Returns the descriptor, or -1 with
 * errno.
 */
int memory_create(const char *label, unsigned int flags);
/*
 * Sets the mode to 0600, and fixes the size. A new memfd has the mode 0777: a client with a
 * read-only descriptor could open it for writing through /proc/self/fd. The mode 0600 and the
 * broker's uid prevent that. False, with errno.
 */
bool memory_seal(int fd);
/* The first half of memory_seal: the mode alone. */
bool memory_protect(int fd);
/*
 * Fixes the size of memory that a client could change until now. 0 or a negative errno; -EPERM: the
 * client has set seals of its own, so the memory is not what others expect.
 */
int memory_seal_late(int fd);
/*
 * Whether the memory has no seals, and no process but the broker has a descriptor of the memory,
 * to read or to write, or a mapping. writer: opened for writing, by its path in /proc; what
 * memfd_create(2) gave to the broker does not count. 0 or a negative errno.
 */
int memory_check_unshared(int writer, bool *out);
/*
 * Closes a descriptor of memory. This is close(2), unless the shell sets another function: one that
 * does not wait until the kernel has freed the memory. bytes: how many there are; MEMORY_ANY if the
 * broker cannot tell.
 */
extern void (*memory_close)(int fd, uint64_t bytes);
#define MEMORY_ANY UINT64_MAX
/* Whether the descriptor is memory of that inode and size, with our seals. */
bool memory_is(int fd, uint64_t inode, uint64_t size);
/* Whether it is memory of that inode, of any size and with any seals. */
bool memory_is_inode(int fd, uint64_t inode);
/* The status for this errno, when making or opening memory has failed. */
enum status memory_status(int error);

#endif
