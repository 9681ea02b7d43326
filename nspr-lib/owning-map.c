/* SPDX-License-Identifier: MIT */
/*
 * A PRFileMap of libnspr4's own that owns the descriptor of memory from the broker.
 *
 * Public calls make the map: PR_ImportFile makes a PRFileDesc of the descriptor, and
 * PR_CreateFileMap a PRFileMap of the PRFileDesc. The PRFileDesc gets a copy of NSPR's table of
 * methods, in which `close` is ours, and so this library learns when the map is closed. (NSPR's own
 * way is an I/O layer. It does not work here: PR_MemMap takes the descriptor from the top layer,
 * where the layer has its own data.)
 *
 * One thing has no public call. PR_CloseFileMap closes the descriptor only if a flag in the private
 * struct is set. Only PR_OpenAnonFileMap sets the flag, for a file that it made in a directory.
 * Even the map of PR_ImportFileMapFromString leaks its descriptor. So this file sets the flag,
 * under two conditions:
 * (1) the other fields of the struct are what and where they have been since NSPR 4.0; (2) a test
 * map has shown, when it was closed, that this field is the flag. Otherwise nothing private is
 * touched, and a closed map keeps its descriptor until the process ends.
 */
#include "nspr-lib/owning-map.h"

#include <private/pprio.h>
#include <prerror.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>

#include "nspr-lib/held.h"

/* NSPR's struct PRFileMap on Unix. */
struct layout {
	PRFileDesc *fd;
	PRFileMapProtect prot;
	PRIntn mmap_prot;
	PRIntn mmap_flags;
	PRBool owns_fd;
};

/* The methods of a file, except close. */
static struct {
	atomic_bool is_made;
	PRIOMethods owned;
	PRIOMethods probe;
} methods;

static _Thread_local const PRFileDesc *closed_probe;

static PRStatus close_original(PRFileDesc *desc)
{
	desc->methods = PR_GetFileMethods(); /* NSPR uses the struct again, for anything */
	return desc->methods->close(desc);
}

static PRStatus close_owned(PRFileDesc *desc)
{
	bool is_open;
	struct held *held = held_begin_close((int)PR_FileDesc2NativeHandle(desc), &is_open);
	PRStatus status;

	/* NSPR closes the number that it knows: give it a descriptor that nobody needs. */
	if (!is_open)
		PR_ChangeFileDescNativeHandle(desc, eventfd(0, EFD_CLOEXEC));
	status = close_original(desc);
	held_end_close(held);
	return status;
}

static PRStatus close_probe(PRFileDesc *desc)
{
	closed_probe = desc;
	return close_original(desc);
}

/*
 * Runs before main, not by pthread_once(3): a copy of the process by clone(2) might wait for ever.
 */
__attribute__((constructor)) static void make_methods(void)
{
	if (atomic_load(&methods.is_made))
		return;
	methods.owned = *PR_GetFileMethods();
	methods.probe = methods.owned;
	methods.owned.close = close_owned;
	methods.probe.close = close_probe;
	atomic_store(&methods.is_made, true);
}

/* The order matters: each field that is as expected makes it likelier that the next one exists. */
static bool looks_as_expected(
	const struct layout *layout, const PRFileDesc *desc, PRFileMapProtect prot)
{
	return layout->fd == desc && layout->prot == prot &&
	       layout->mmap_prot ==
		       (prot == PR_PROT_READONLY ? PROT_READ : PROT_READ | PROT_WRITE) &&
	       layout->mmap_flags == (prot == PR_PROT_READWRITE ? MAP_SHARED : MAP_PRIVATE) &&
	       layout->owns_fd == PR_FALSE;
}

static void set_flag(PRFileMap *map, const PRFileDesc *desc, PRFileMapProtect prot)
{
	struct layout *layout = (struct layout *)map;

	if (looks_as_expected(layout, desc, prot))
		layout->owns_fd = PR_TRUE;
}

enum flag { UNTRIED, WORKS, DOES_NOT_WORK };

static enum flag try_flag(void)
{
	int fd = memfd_create("prshm-probe", MFD_CLOEXEC);
	PRFileDesc *desc = fd >= 0 ? PR_ImportFile(fd) : NULL;
	PRFileMap *map = desc ? PR_CreateFileMap(desc, 0, PR_PROT_READONLY) : NULL;

	if (!map) {
		if (desc)
			PR_Close(desc);
		return UNTRIED;
	}
	closed_probe = NULL;
	desc->methods = &methods.probe;
	set_flag(map, desc, PR_PROT_READONLY);
	PR_CloseFileMap(map);
	if (closed_probe == desc)
		return WORKS;
	PR_Close(desc);
	return DOES_NOT_WORK;
}

/*
 * Two threads may try at the same time. If there is no memory for the trial, the next call tries
 * again.
 */
static bool flag_works(void)
{
	static _Atomic enum flag known = UNTRIED;
	enum flag flag = atomic_load(&known);

	if (flag == UNTRIED) {
		flag = try_flag();
		atomic_store(&known, flag);
	}
	return flag == WORKS;
}

/* Size 0: NSPR neither compares the size, for which it has 32 bits, nor extends the memory. */
static PRFileMap *make_map(int fd, PRFileMapProtect prot)
{
	PRFileDesc *desc = PR_ImportFile(fd);
	PRFileMap *map;

	if (!desc)
		return NULL; /* PR_ImportFile has closed the descriptor */
	map = PR_CreateFileMap(desc, 0, prot);
	if (!map) {
		PR_Close(desc);
		return NULL;
	}
	desc->methods = &methods.owned;
	if (flag_works())
		set_flag(map, desc, prot);
	return map;
}

PRFileMap *owning_map_new(int fd, PRFileMapProtect prot)
{
	PRFileMap *map;
	bool is_open;

	make_methods();
	map = make_map(fd, prot);
	if (!map)
		held_end_close(held_begin_close(fd, &is_open));
	return map;
}
