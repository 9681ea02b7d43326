/* SPDX-License-Identifier: MIT */
/*
 * A handle of a segment, for PR_* and native calls alike. It keeps the descriptor the broker gave
 * for it, so that attaching needs nobody. Outcomes are those of connection.h.
 */
#ifndef PRSHM_CLIENT_HANDLE_H
#define PRSHM_CLIENT_HANDLE_H

#include <stdatomic.h>
#include <sys/types.h>

#include "client-lib/connection.h"
#include "client-lib/name.h"
#include "include/prshm.h"
#include "wire/wire.h"

struct PRSharedMemory {
	int fd;                 /* owned; -1: the handle has no rights at all */
	atomic_int readonly_fd; /* owned; -1 until somebody attaches READONLY what it may write */
	_Atomic(void *) ready;  /* owned: the first attachment, made when its memory was; or NULL */
	uint32_t access;        /* enum wire_access */
	uint32_t handle;        /* the broker's, on this connection: */
	uint64_t connection;
	uint64_t segment;
	uint64_t size; /* bytes */
	ino_t inode;   /* of fd: a program that closes all descriptors may reuse the number */
};

/* entries are as on the wire, open->entry_count of them. The caller owns *out after 0. */
int handle_open(const struct name *name, const struct wire_open *open, const uint8_t *entries,
	PRSharedMemory **out);
/*
 * Fills *handle in from what an open brought, and takes the descriptor; a failure closes both that and
 * the broker's handle.
 */
int handle_take(
	const struct wire_opened *opened, int fd, uint64_t connection, PRSharedMemory *handle);
int handle_attach(PRSharedMemory *handle, bool readonly, void **out);
void handle_close(PRSharedMemory *handle);

/* Brings the name into its form, puts it into the request, and calls. answer is the caller's. */
int handle_named_call(struct wire_request *request, const char *name, struct broker_answer *answer);

#endif
