/* SPDX-License-Identifier: MIT */
/*
 * A broker that lies. It speaks the protocol as a real one would, gives one segment to whoever
 * opens whatever, and spoils one answer on the way out.
 */
#ifndef PRSHM_TESTS_FAKE_BROKER_H
#define PRSHM_TESTS_FAKE_BROKER_H

#include <stdbool.h>
#include <sys/types.h>

#include "wire/wire.h"

#define FAKE_SIZE  4096 /* bytes of its segment */
#define FAKE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct fake_answer {
	struct wire_reply reply;
	struct wire_message message; /* the reply, encoded, once encode was called */
	int fds[2];                  /* to send along */
	size_t fd_count;
	int connection;
};

/*
 * Spoils an answer. True: the message of the answer is to be sent; false: there is nothing to send,
 * and the connection is to be closed.
 */
typedef bool fake_lie(struct fake_answer *answer);

struct fake_broker {
	pid_t pid;
	char directory[64];
	char socket[96];
};

/*
 * Starts one, exports PRSHM_SOCKET. It answers the request number lie_at (from 1) with the lie, and
 * with it each one after that until lie_until; all others truly.
 */
void fake_broker_start(struct fake_broker *broker, fake_lie *lie, int lie_at, int lie_until);
void fake_broker_stop(struct fake_broker *broker);

/* For lies. */
int fake_memory(off_t size, int seals);
void fake_encode(struct fake_answer *answer);
void fake_replace_fd(struct fake_answer *answer, int fd);

#endif
