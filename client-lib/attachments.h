/* SPDX-License-Identifier: MIT */
/* Every attachment of this process, by address. Safe to use from several threads. */
#ifndef PRSHM_CLIENT_ATTACHMENTS_H
#define PRSHM_CLIENT_ATTACHMENTS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Maps fd and records the attachment. 0 or a negative errno. The caller owns *out until
 * attachments_unmap. huge: as for ready_map.
 */
int attachments_map(int fd, size_t size, int protection, bool huge, void **out);
/* Records a mapping, and owns the mapping from then on. -ENOMEM: the mapping is unmapped. */
int attachments_add(void *address, size_t size);
/* False: there is no attachment that begins there, and nothing happened. */
bool attachments_unmap(void *address);

#endif
