/* SPDX-License-Identifier: MIT */
/* What the tests of parked handles share. */
#include "tests/client/park-case.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "prshm-client.h"
#include "tests/client/client-case.h"
#include "tests/lib/process.h"
#include "tests/lib/testing.h"

bool park_is_on(void)
{
#ifdef __SANITIZE_ADDRESS__
	return false;
#endif
	return strcmp(getenv("PRSHM_PARK"), "1") == 0;
}

uint64_t park_opens(void)
{
	struct prshm_broker_status status;

	ck_assert_int_eq(prshm_status(&status), PRSHM_OK);
	return status.requests[WIRE_OP_OPEN];
}

PRSharedMemory *park_create(const char *name)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, BYTES, PR_SHM_CREATE, 0666);

	ck_assert_ptr_nonnull(shm);
	return shm;
}

PRSharedMemory *park_open(const char *name)
{
	PRSharedMemory *shm = PR_OpenSharedMemory(name, 0, 0, 0);

	ck_assert_ptr_nonnull(shm);
	return shm;
}

char *park_attach(PRSharedMemory *shm)
{
	char *bytes = PR_AttachSharedMemory(shm, 0);

	ck_assert_ptr_nonnull(bytes);
	return bytes;
}

void park_detach(char *bytes)
{
	ck_assert_int_eq(PR_DetachSharedMemory(NULL, bytes), PR_SUCCESS);
}

void park_close(PRSharedMemory *shm)
{
	ck_assert_int_eq(PR_CloseSharedMemory(shm), PR_SUCCESS);
}

void park_use(const char *name, char value)
{
	PRSharedMemory *shm = park_create(name);
	char *bytes = park_attach(shm);

	*bytes = value;
	park_detach(bytes);
	park_close(shm);
}

void park_expect(const char *name, char value)
{
	PRSharedMemory *shm = park_open(name);
	char *bytes = park_attach(shm);

	ck_assert_int_eq(*bytes, value);
	park_detach(bytes);
	park_close(shm);
}

void park_in_child(void (*act)(void))
{
	const pid_t child = fork();

	if (child == 0) {
		act();
		_exit(0);
	}
	process_join(child);
}

void park_begin(void)
{
	ck_assert_int_eq(setenv("PRSHM_PARK", "1", 0), 0);
	client_begin();
}
