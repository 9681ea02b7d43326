/* SPDX-License-Identifier: MIT */
/*
 * A handle of a segment, for both PR_* and prshm_* calls. The handle has a descriptor that the
 * broker sent, or a mapping, so attaching needs no broker. A handle of a small segment is parked
 * when it is closed (park.h). Outcomes are those of connection_call.
 */
#ifndef PRSHM_CLIENT_HANDLE_H
#define PRSHM_CLIENT_HANDLE_H

#include <bsd/sys/queue.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "client-lib/attachments.h"
#include "client-lib/connection.h"
#include "client-lib/name.h"
#include "include/prshm.h"
#include "wire/wire.h"

struct PRSharedMemory {
	struct mappings mappings; /* the first member */
	atomic_int fd;            /* owned; -1: the handle has no rights, or a mapping only */
	atomic_int readonly_fd; /* owned; -1 until the first READONLY attach of a writable handle */
	uint32_t access;        /* enum wire_access */
	uint32_t handle;        /* the broker's number for this handle on the connection */
	uint64_t connection;    /* the number of the connection */
	uint64_t segment;
	uint64_t size; /* bytes */
	dev_t device;  /* of the memory */
	ino_t inode;
	atomic_bool checked;                  /* handle-fd.c: of the right size, and sealed */
	bool reopens;                         /* the broker knows REOPEN by handle */
	bool readonly;                        /* opened so */
	bool taken;                           /* park.c: taken back, to be closed */
	uint32_t hash;                        /* park.c: of the name */
	PRSharedMemory *next;                 /* park_waste */
	TAILQ_ENTRY(PRSharedMemory) by_age;   /* park.c */
	LIST_ENTRY(PRSharedMemory) in_bucket; /* park.c */
	size_t name_length;
	char name[]; /* in normal form, not terminated */
};

/*
 * A handle that is not open, of that name: to be taken by handle_take, or freed. NULL: no memory.
 */
PRSharedMemory *handle_new(const struct name *name, bool readonly);
/* Opens the name by a handle that was parked. False: ask the broker. */
bool handle_take_back(const struct name *name, uint64_t size, bool readonly, PRSharedMemory **out);
/* entries are as on the wire, open->entry_count of them. The caller owns *out after 0. */
int handle_open(const struct name *name, const struct wire_open *open, const uint8_t *entries,
	PRSharedMemory **out);
/*
 * Fills *handle in from the reply to an open, and takes the descriptor. inode: as told; 0: not
 * told. A failure closes the descriptor and the broker's handle.
 */
int handle_take(const struct wire_opened *opened, uint64_t inode, int fd,
	const struct broker_answer *answer, PRSharedMemory *handle);
int handle_attach(PRSharedMemory *handle, bool readonly, void **out);
void handle_close(PRSharedMemory *handle);

/* Normalises the name, puts it into the request, and calls the broker. */
int handle_named_call(struct wire_request *request, const char *name, struct broker_answer *answer);

#endif
