/* SPDX-License-Identifier: MIT */
/* NSPR's calls, looked up in a library of one's choice. */
#ifndef PRSHM_BENCH_PR_LIBRARY_H
#define PRSHM_BENCH_PR_LIBRARY_H

#include "bench/daemon-process.h"
#include "bench/place.h"
#include "include/prshm.h"
#include "include/prshma.h"

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
	PRFileMap *(*open_anonymous)(const char *directory, PRSize size, PRFileMapProtect prot);
	void *(*map)(PRFileMap *map, PROffset64 offset, PRUint32 length);
	PRStatus (*unmap)(void *address, PRUint32 length);
	PRStatus (*close_map)(PRFileMap *map);
	PRStatus (*export_map)(PRFileMap *map, PRSize size, char *string);
	PRFileMap *(*import_map)(const char *string);
	PRFileMap *(*get_inherited)(const char *name);
	PRProcessAttr *(*new_attributes)(void);
	PRStatus (*add_map)(PRProcessAttr *attributes, PRFileMap *map, const char *name);
	void (*destroy_attributes)(PRProcessAttr *attributes);
	PRProcess *(*create_process)(const char *path, char *const *arguments,
		char *const *environment, const PRProcessAttr *attributes);
	PRStatus (*wait_process)(PRProcess *process, PRInt32 *status);
};

/* False: dlerror(3) tells why. with_anonymous: also the calls from open_anonymous on. */
bool pr_library_load(struct pr_library *pr, const char *library, bool with_anonymous);

/*
 * For a section: loads our library and finds one more function in it, starts its broker, and has
 * the library find that. False: the section is missing, and why is told.
 */
bool pr_library_start(struct pr_library *pr, const struct place *place, const char *configuration,
	const char *symbol, void *function);

#endif
