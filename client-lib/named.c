/* SPDX-License-Identifier: MIT */
/*
 * NSPR's named shared memory: the five calls of prshm.h. A handle keeps the descriptor the broker
 * gave for it, so that attaching needs nobody.
 */
#include "include/prshm.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "client-lib/attachments.h"
#include "client-lib/connection.h"
#include "client-lib/failure.h"
#include "client-lib/name.h"

#define TRUSTED_SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_SEAL)

struct PRSharedMemory {
	int fd;                 /* owned; -1: the handle has no rights at all */
	atomic_int readonly_fd; /* owned; -1 until somebody attaches READONLY what it may write */
	uint32_t access;        /* enum wire_access */
	uint32_t handle;        /* the broker's, on this connection: */
	uint64_t connection;
	uint64_t segment;
	uint64_t size; /* bytes */
};

/* Numbers begin anew with each broker; inodes tell two segments apart across its restart. */
static bool is_same_memory(int a, int b)
{
	struct stat of_a;
	struct stat of_b;

	return fstat(a, &of_a) == 0 && fstat(b, &of_b) == 0 && of_a.st_dev == of_b.st_dev &&
	       of_a.st_ino == of_b.st_ino;
}

/* That nobody can shrink it under us is the promise; look before relying on it. */
static int verify(int fd, uint64_t size)
{
	struct stat st;
	int seals = fcntl(fd, F_GET_SEALS);

	if (seals < 0 || (seals & TRUSTED_SEALS) != TRUSTED_SEALS || fstat(fd, &st) < 0 ||
		(uint64_t)st.st_size != size)
		return -EPROTO;
	return 0;
}

static int open_named(const struct name *name, PRSize size, PRIntn flags, PRIntn mode,
	PRSharedMemory *shm)
{
	struct answer answer;
	struct wire_request request = {
		.header = {.op = WIRE_OP_OPEN},
		.open = {
			.size = size,
			.flags = (flags & PR_SHM_CREATE ? WIRE_OPEN_CREATE : 0U) |
				 (flags & PR_SHM_EXCL ? WIRE_OPEN_EXCL : 0U),
			.mode = (uint32_t)mode & 0777,
		},
		.name = name->text,
		.name_length = name->length,
	};
	int outcome = connection_call(&request, &answer);
	const struct wire_opened *opened = &answer.reply.opened;

	if (outcome != 0)
		return outcome;
	if (answer.fd >= 0)
		outcome = verify(answer.fd, opened->size);
	if (outcome != 0 || (answer.fd < 0) != (opened->access == 0)) {
		if (answer.fd >= 0)
			close(answer.fd);
		connection_close_handle(answer.connection, opened->handle);
		return -EPROTO;
	}
	*shm = (PRSharedMemory){
		.fd = answer.fd,
		.readonly_fd = -1,
		.access = opened->access,
		.handle = opened->handle,
		.connection = answer.connection,
		.segment = opened->segment,
		.size = opened->size,
	};
	return 0;
}

PRSharedMemory *PR_OpenSharedMemory(const char *name, PRSize size, PRIntn flags, PRIntn mode)
{
	struct name normal;
	PRSharedMemory *shm;
	int outcome = name_normalise(name, &normal);

	if (outcome != 0) {
		failure_set(outcome);
		return NULL;
	}
	shm = malloc(sizeof(*shm));
	outcome = shm ? open_named(&normal, size, flags, mode, shm) : -ENOMEM;
	if (outcome != 0) {
		free(shm);
		failure_set(outcome);
		return NULL;
	}
	return shm;
}

/*
 * A mapping of a descriptor that can write may be widened by mprotect(2): ask for one that cannot.
 * Of two threads that ask at once, one keeps what it got. No lock: a child of fork might find it
 * taken.
 */
static int get_readonly_fd(PRSharedMemory *shm, int *fd)
{
	struct answer answer;
	struct wire_request request = {
		.header = {.op = WIRE_OP_REOPEN},
		.reopen = {.segment = shm->segment},
	};
	int known = atomic_load(&shm->readonly_fd);
	int outcome = known < 0 ? connection_call(&request, &answer) : 0;

	if (outcome == 0 && known < 0) {
		outcome = verify(answer.fd, shm->size);
		if (outcome == 0 && !is_same_memory(answer.fd, shm->fd))
			outcome = STATUS_NOT_FOUND;
		if (outcome == 0 &&
			atomic_compare_exchange_strong(&shm->readonly_fd, &known, answer.fd))
			known = answer.fd;
		else if (answer.fd >= 0)
			close(answer.fd);
	}
	*fd = known;
	return outcome;
}

static int attach(PRSharedMemory *shm, bool readonly, void **out)
{
	int protection = readonly ? PROT_READ : PROT_READ | PROT_WRITE;
	uint32_t needed = readonly ? WIRE_READ : WIRE_READ | WIRE_WRITE;
	int fd = shm->fd;
	int outcome = 0;

	if ((shm->access & needed) != needed)
		return -EACCES;
	if (readonly && (shm->access & WIRE_WRITE))
		outcome = get_readonly_fd(shm, &fd);
	return outcome != 0 ? outcome : attachments_map(fd, shm->size, protection, out);
}

void *PR_AttachSharedMemory(PRSharedMemory *shm, PRIntn flags)
{
	void *address = NULL;
	int outcome = shm ? attach(shm, flags & PR_SHM_READONLY, &address) : -EINVAL;

	if (outcome != 0)
		failure_set(outcome);
	return address;
}

PRStatus PR_DetachSharedMemory(PRSharedMemory *shm, void *address)
{
	(void)shm; /* NSPR does not look at it either */
	if (attachments_unmap(address))
		return PR_SUCCESS;
	failure_set(-EINVAL);
	return PR_FAILURE;
}

PRStatus PR_CloseSharedMemory(PRSharedMemory *shm)
{
	if (!shm) {
		failure_set(-EINVAL);
		return PR_FAILURE;
	}
	connection_close_handle(shm->connection, shm->handle);
	if (shm->fd >= 0)
		close(shm->fd);
	if (shm->readonly_fd >= 0)
		close(shm->readonly_fd);
	free(shm);
	return PR_SUCCESS;
}

PRStatus PR_DeleteSharedMemory(const char *name)
{
	struct name normal;
	struct answer answer;
	struct wire_request request = {.header = {.op = WIRE_OP_DELETE}};
	int outcome = name_normalise(name, &normal);

	request.name = normal.text;
	request.name_length = normal.length;
	if (outcome == 0)
		outcome = connection_call(&request, &answer);
	if (outcome == 0)
		return PR_SUCCESS;
	failure_set(outcome);
	return PR_FAILURE;
}
