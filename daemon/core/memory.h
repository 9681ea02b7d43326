/* SPDX-License-Identifier: MIT */
/* Shared memory: made, sealed, and recognised when it comes back from the keeper. */
#ifndef PRSHM_DAEMON_CORE_MEMORY_H
#define PRSHM_DAEMON_CORE_MEMORY_H

#include <errno.h>
#include <stdbool.h>

#include "wire/wire.h"

struct account;

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
 * A change of memory that a client may be changing, too. The kernel lets the two do that one after
 * the other, and a client can make its own call last: fallocate(2) of many gigabytes. So the shell
 * sets another function, which does not wait long; without, the change is simply made. value: what
 * the change takes. payer: of the memory, or NULL. 0 or a negative errno; ask again after
 * -EINPROGRESS: the change is not made yet, and may be made at any time;
 * -EALREADY: it was not begun.
 */
typedef int memory_change(int fd, uint64_t value);
extern int (*memory_apply)(
	memory_change *change, int fd, uint64_t value, const struct account *payer);
static inline bool memory_is_late(int error)
{
	return error == -EINPROGRESS || error == -EALREADY;
}
/* Whether a change of the memory of that inode is not made yet. False, unless the shell sets it. */
extern bool (*memory_waits)(uint64_t inode);
/* Three such changes. The last frees what lies behind a size, which must be one of whole pages. */
int memory_resize(int fd, uint64_t size, const struct account *payer);
/*
 * Fixes the size of memory that a client could change until now. -EPERM: the client has set seals
 * of its own, so the memory is not what others expect.
 */
int memory_seal_late(int fd, const struct account *payer);
int memory_free_behind(int fd, uint64_t size, const struct account *payer);
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
/* Of a request that waits for memory_apply: nothing is done yet. It is never sent. */
#define STATUS_LATER ((enum status)UINT16_MAX)
/* The status for this errno, when making or opening memory has failed. */
enum status memory_status(int error);

#endif
