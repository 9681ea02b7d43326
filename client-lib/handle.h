/* SPDX-License-Identifier: MIT */
/*
 * A handle of a segment, for both PR_* and prshm_* calls. The handle has the descriptor that the
 * broker sent, so attaching needs no broker. Outcomes are those of connection_call.
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
	int fd;                 /* owned; -1: the handle has no rights */
	atomic_int readonly_fd; /* owned; -1 until the first READONLY attach of a writable handle */
	_Atomic(void *) ready;  /* owned: a mapping for the first attach, or NULL */
	uint32_t access;        /* enum wire_access */
	uint32_t handle;        /* the broker's number for this handle on the connection */
	uint64_t connection;    /* the number of the connection */
	uint64_t segment;
	uint64_t size; /* bytes */
	dev_t device; /* of fd */
	ino_t inode;  /* of fd */
};

/* entries are as on the wire, open->entry_count of them. The caller owns *out after 0. */
int handle_open(const struct name *name, const struct wire_open *open, const uint8_t *entries,
	PRSharedMemory **out);
/*
 * Fills *handle in from the reply to an open, and takes the descriptor. A failure closes the
 * descriptor and the broker's handle.
 */
int handle_take(
	const struct wire_opened *opened, int fd, uint64_t connection, PRSharedMemory *handle);
int handle_attach(PRSharedMemory *handle, bool readonly, void **out);
void handle_close(PRSharedMemory *handle);

/* Normalises the name, puts it into the request, and calls the broker. */
int handle_named_call(struct wire_request *request, const char *name, struct broker_answer *answer);

#endif
