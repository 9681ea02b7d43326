/* SPDX-License-Identifier: MIT */
/* System V shared memory: shmget(2). What NSPR is made of, without its files. */
#include "bench/contenders.h"

#include <errno.h>
#include <string.h>
#include <sys/ipc.h>
#include <sys/shm.h>
#include <unistd.h>

#define KEYS_TRIED 64

static key_t existing_key;
static int existing_id;
static key_t created_key;

static int create(key_t key)
{
	return shmget(key, SEGMENT_BYTES, IPC_CREAT | IPC_EXCL | 0600);
}

/* Keys are the whole host's: looks for two that are free. */
bool sysv_shm_setup(struct competitor *self, const struct place *place)
{
	const key_t first = (key_t)0x62000000 + getpid() * 2 * KEYS_TRIED;

	(void)place;
	existing_id = -1;
	for (key_t key = first; key < first + 2 * KEYS_TRIED; key += 2) {
		if (shmget(key + 1, 0, 0) >= 0)
			continue;
		existing_key = key;
		created_key = key + 1;
		existing_id = create(existing_key);
		if (existing_id >= 0 || errno != EEXIST)
			break;
	}
	return existing_id >= 0 || competitor_missing(self, "shmget: %s", strerror(errno));
}

static bool attach_and_detach(int id)
{
	void *address = shmat(id, NULL, 0);

	/* shmat(2) says (void *)-1, where mmap(2) says MAP_FAILED. */
	return address != (void *)-1 && shmdt(address) == 0;
}

bool sysv_shm_open(struct competitor *self)
{
	int id = shmget(existing_key, 0, 0);

	(void)self;
	return id >= 0 && attach_and_detach(id);
}

bool sysv_shm_create(struct competitor *self)
{
	int id = create(created_key);

	(void)self;
	if (id < 0)
		return false;
	bool ok = attach_and_detach(id);

	return shmctl(id, IPC_RMID, NULL) == 0 && ok;
}

void sysv_shm_teardown(struct competitor *self)
{
	(void)self;
	shmctl(existing_id, IPC_RMID, NULL);
}
