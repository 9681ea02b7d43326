/* SPDX-License-Identifier: MIT */
/* The client's side of the ring in which handles are closed; wire/ring.h is the contract. */
#ifndef PRSHM_CLIENT_RING_H
#define PRSHM_CLIENT_RING_H

#include <stdbool.h>

#include "wire/ring.h"

/* Maps the page whose descriptor RING brought; takes the descriptor. 0 or a negative errno. */
int ring_map(int fd, struct ring_page **out);
void ring_unmap(struct ring_page *page); /* takes NULL */

bool ring_is_full(const struct ring_page *page);
/* For one thread at a time. True: the broker wants a CLOSE message as well. */
bool ring_put(struct ring_page *page, uint32_t handle);

#endif
