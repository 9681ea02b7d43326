/* SPDX-License-Identifier: MIT */
/*
 * The sockets of the fake kernel: what comes out of one, the target says, message by message; and
 * what goes in, the target is told. Time passes only when somebody waits.
 */
#ifndef PRSHM_FUZZ_FAKE_SOCKET_H
#define PRSHM_FUZZ_FAKE_SOCKET_H

#include <sys/types.h>

#include "wire/wire.h"

/*
 * The next message. 0; or a negative errno: -ECONNRESET and the like, or -EAGAIN. After ENDLESS
 * calls for one input the other end has gone, whatever the target would say: no input runs for
 * ever.
 */
typedef int fake_next_message(struct wire_message *out);
/* A message that was sent; its descriptors are borrowed. 0 or a negative errno for the sender. */
typedef int fake_sent_message(const struct wire_message *message);

#define FAKE_ENDLESS 4096

/* To be called before each input, after fake_reset. sent may be NULL. */
void fake_sockets_begin(fake_next_message *next, fake_sent_message *sent);
/* A connected socket with that peer. */
int fake_socket(uid_t uid);

#endif
