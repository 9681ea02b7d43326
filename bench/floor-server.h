/* SPDX-License-Identifier: MIT */
/*
 * The least a broker could do, in a process of its own: it gets messages of the sizes that ours
 * have, looks at two bytes of them, and passes one descriptor. No names, no rights, no handles, no
 * errors: what is faster than this is not a broker.
 */
#ifndef PRSHM_BENCH_FLOOR_SERVER_H
#define PRSHM_BENCH_FLOOR_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum floor_request {
	FLOOR_PASS,   /* as OPEN of an existing segment; a descriptor comes back */
	FLOOR_MAKE,   /* as OPEN that creates; a descriptor comes back */
	FLOOR_REMOVE, /* as DELETE of what FLOOR_MAKE made */
	FLOOR_NOTICE, /* as CLOSE: no reply */
	FLOOR_DROP,   /* as CLOSE of anonymous memory: no reply, and what FLOOR_MAKE made is gone */
	FLOOR_REQUEST_COUNT
};

/* A request: what is wanted, then how many times SEGMENT_BYTES FLOOR_MAKE makes, then nothing. */
#define FLOOR_MESSAGE_MAX 128

/* Bytes of a request, with a name so long, and of its reply: those of the protocol. */
size_t floor_request_length(enum floor_request request, size_t name_length);
size_t floor_reply_length(enum floor_request request);

/* A message without its bytes: *fd is the descriptor that came, or -1. False: none came. */
bool floor_receive(int socket, int flags, int *fd);

#define FLOOR_CLIENTS_MAX 64

/*
 * Serves one client, blocking in recv(2), or up to FLOOR_CLIENTS_MAX in a libevent loop, until one
 * has gone. With a keeper, a process that gets what FLOOR_MAKE made, by a message before the reply,
 * and another when it is gone. client_fds: a connection for each client. Returns the process, or
 * -1.
 */
pid_t floor_server_start(bool use_libevent, bool has_keeper, int *client_fds, unsigned int count);

#endif
