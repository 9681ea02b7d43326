/* SPDX-License-Identifier: MIT */
/*
 * A broker that lies. It speaks the protocol as a real one would, gives one segment to whoever
 * opens whatever, and spoils one answer on the way out.
 */
#ifndef PRSHM_TESTS_FAKE_BROKER_H
#define PRSHM_TESTS_FAKE_BROKER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <sys/types.h>

#include "wire/wire.h"

#define FAKE_SIZE  4096 /* bytes of its segment */
#define FAKE_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

#define FAKE_LOG_MAX 256

/* What the broker was sent. */
struct fake_log {
	size_t count;
	struct fake_message {
		unsigned int connection; /* from 1 */
		uint16_t op;
		uint32_t serial;
		uint32_t handle; /* of a CLOSE */
	} messages[FAKE_LOG_MAX];
	atomic_bool marked;
};

struct fake_answer {
	struct wire_reply reply;
	struct wire_message message;    /* the reply, encoded, once encode was called */
	uint8_t tail[WIRE_MESSAGE_MAX]; /* of a reply that has one */
	int fds[WIRE_FDS_MAX + 1];      /* to send along */
	size_t fd_count;
	int connection;
};

/*
 * Spoils an answer. True: the message of the answer is to be sent, if it was encoded; false: there
 * is nothing to send, and the connection is to be closed.
 */
typedef bool fake_lie(struct fake_answer *answer);

struct fake_broker {
	pid_t pid;
	char directory[64];
	char socket[96];
	const struct fake_log *log; /* complete up to the last request that was answered */
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
/* Sends the message, which stays as it is; the descriptors are the answer's still. */
void fake_send(const struct fake_answer *answer);
/* The next message of the client, which is put into the log; false: there is none any more. */
bool fake_receive(int connection, struct wire_request *request);
/* A lie says how far it is; somebody waits for it. */
void fake_mark(void);
void fake_await_mark(const struct fake_broker *broker);
/* Instead of the answer: the broker was restarted. */
bool fake_says_restarted(struct fake_answer *answer);

#endif
