/* SPDX-License-Identifier: MIT */
/* NSPR's named shared memory: the five calls of prshm.h. */
#include "include/prshm.h"

#include <errno.h>

#include "client-lib/attachments.h"
#include "client-lib/failure.h"
#include "client-lib/handle.h"
#include "client-lib/name.h"
#include "client-lib/wait.h"

/* NSPR never waits. Here an open waits if the environment of the program says so. */
static int open_or_wait(const struct name *name, const struct wire_open *open, PRSharedMemory **out)
{
	int outcome = handle_open(name, open, NULL, out);

	if (outcome == STATUS_NOT_FOUND && !(open->flags & WIRE_OPEN_CREATE))
		outcome = wait_open(name, open, wait_from_environment(), out);
	return outcome;
}

PRSharedMemory *PR_OpenSharedMemory(const char *name, PRSize size, PRIntn flags, PRIntn mode)
{
	const struct wire_open open = {
		.size = size,
		.flags = (flags & PR_SHM_CREATE ? WIRE_OPEN_CREATE : 0U) |
			 (flags & PR_SHM_EXCL ? WIRE_OPEN_EXCL : 0U),
		.mode = (uint32_t)mode & 0777,
	};
	PRSharedMemory *shm = NULL;
	struct name normal;
	int outcome = name_normalise(name, &normal);

	if (outcome == 0)
		outcome = open_or_wait(&normal, &open, &shm);
	if (outcome != 0)
		failure_set(outcome);
	return shm;
}

void *PR_AttachSharedMemory(PRSharedMemory *shm, PRIntn flags)
{
	void *address = NULL;
	int outcome = shm ? handle_attach(shm, flags & PR_SHM_READONLY, &address) : -EINVAL;

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
	handle_close(shm);
	return PR_SUCCESS;
}

PRStatus PR_DeleteSharedMemory(const char *name)
{
	struct wire_request request = {.header = {.op = WIRE_OP_DELETE}};
	struct broker_answer answer;
	int outcome = handle_named_call(&request, name, &answer);

	if (outcome == 0)
		return PR_SUCCESS;
	failure_set(outcome);
	return PR_FAILURE;
}
