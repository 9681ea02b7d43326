/* SPDX-License-Identifier: MIT */
/* The client's side of the ring in which handles are closed; wire/ring.h is the contract. */
#ifndef PRSHM_CLIENT_RING_H
#define PRSHM_CLIENT_RING_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/ring.h"

/*
 * Maps the page. fd: from the reply to RING; taken. 0 or a negative errno. *device: of its memory.
 */
int ring_map(int fd, struct ring_page **out, dev_t *device);
void ring_unmap(struct ring_page *page); /* takes NULL */

bool ring_is_full(const struct ring_page *page);
/* Closes a handle in the ring. One thread at a time. True: send a CLOSE message, too. */
bool ring_put(struct ring_page *page, uint32_t handle);

#endif
