/* SPDX-License-Identifier: MIT */
/*
 * NSPR's calls, from whichever library: ours and the real one, side by side in one process. Both
 * are loaded RTLD_LOCAL and this program is linked to neither, or the first one's PR_SetError and
 * the like would be found by the second as well.
 */
#include "bench/competitor.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/daemon-process.h"
#include "include/prerr.h"
#include "include/prshm.h"

#define NSPR_LIBRARY "libnspr4.so" /* it has no version in its soname */

struct pr_library {
	void *library;                /* owned: dlopen */
	struct daemon_process daemon; /* prshm's */
	const struct place *place;
	PRSharedMemory *(*open)(const char *name, PRSize size, PRIntn flags, PRIntn mode);
	void *(*attach)(PRSharedMemory *shm, PRIntn flags);
	PRStatus (*detach)(PRSharedMemory *shm, void *address);
	PRStatus (*close)(PRSharedMemory *shm);
	PRStatus (*unname)(const char *name);
	PRInt32 (*get_error)(void);
};

/* dlsym(3): ISO C has no cast from an object's address to a function's, so through memory. */
static bool find(void *library, const char *symbol, void *function)
{
	void *address = dlsym(library, symbol);

	memcpy(function, &address, sizeof(address));
	return address;
}

static bool find_all(struct pr_library *pr)
{
	return find(pr->library, "PR_OpenSharedMemory", &pr->open) &&
	       find(pr->library, "PR_AttachSharedMemory", &pr->attach) &&
	       find(pr->library, "PR_DetachSharedMemory", &pr->detach) &&
	       find(pr->library, "PR_CloseSharedMemory", &pr->close) &&
	       find(pr->library, "PR_DeleteSharedMemory", &pr->unname) &&
	       find(pr->library, "PR_GetError", &pr->get_error);
}

static bool load(struct competitor *self, struct pr_library *pr, const char *library)
{
	pr->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!pr->library || !find_all(pr))
		return competitor_missing(self, "%s", dlerror());
	return true;
}

static bool start_daemon(struct competitor *self, struct pr_library *pr, const struct place *place)
{
	if (!daemon_process_start(&pr->daemon, place))
		return competitor_missing(self, "%s does not run", place->daemon_program);
	setenv("PRSHM_SOCKET", pr->daemon.socket, 1);
	return true;
}

static bool use(struct pr_library *pr, PRSharedMemory *shm)
{
	void *address = shm ? pr->attach(shm, 0) : NULL;
	bool ok = address && pr->detach(shm, address) == PR_SUCCESS;

	return shm && pr->close(shm) == PR_SUCCESS && ok;
}

/*
 * NSPR makes its System V key from 16 bits of a file's inode number: on a tmpfs, which counts them
 * up, every 65536th file gets the key of our existing segment, and a creation without PR_SHM_EXCL
 * would be given that. With it, it fails, and the next inode will do.
 */
static PRSharedMemory *create(struct pr_library *pr, const char *name)
{
	PRSharedMemory *shm = pr->open(name, SEGMENT_BYTES, PR_SHM_CREATE | PR_SHM_EXCL, 0600);

	if (!shm && pr->get_error() == PR_FILE_EXISTS_ERROR && unlink(name) == 0)
		shm = pr->open(name, SEGMENT_BYTES, PR_SHM_CREATE | PR_SHM_EXCL, 0600);
	return shm;
}

bool pr_library_setup(struct competitor *self, const struct place *place)
{
	bool is_nspr = self->variant == PR_LIBRARY_NSPR;
	struct pr_library *pr = calloc(1, sizeof(*pr));

	if (!pr)
		return competitor_missing(self, "out of memory");
	self->state = pr;
	pr->place = place;
	if (load(self, pr, is_nspr ? NSPR_LIBRARY : place->client_library) &&
		(is_nspr || start_daemon(self, pr, place))) {
		if (use(pr, create(pr, place->existing)))
			return true;
		competitor_missing(self, "PR_OpenSharedMemory: error %d", (int)pr->get_error());
	}
	daemon_process_stop(&pr->daemon);
	if (pr->library)
		dlclose(pr->library);
	free(pr);
	return false;
}

bool pr_library_open(struct competitor *self)
{
	struct pr_library *pr = self->state;

	return use(pr, pr->open(pr->place->existing, 0, 0, 0));
}

bool pr_library_create(struct competitor *self)
{
	struct pr_library *pr = self->state;

	return use(pr, create(pr, pr->place->created)) &&
	       pr->unname(pr->place->created) == PR_SUCCESS;
}

/* The library stays loaded: its fork handlers and thread-specific keys outlive a dlclose badly. */
void pr_library_teardown(struct competitor *self)
{
	struct pr_library *pr = self->state;

	pr->unname(pr->place->existing);
	daemon_process_stop(&pr->daemon);
	free(pr);
}
