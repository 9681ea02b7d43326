/* SPDX-License-Identifier: MIT */
/*
 * NSPR's calls, from whichever library: ours and the real one, side by side in one process. Both
 * are loaded RTLD_LOCAL and this program is linked to neither, or the first one's PR_SetError and
 * the like would be found by the second as well.
 */
#include "bench/pr-library.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <unistd.h>

#include "bench/contenders.h"
#include "bench/section.h"
#include "include/prerr.h"

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

/* Apart from those above: an older build may not have them. */
static bool find_anonymous(struct pr_library *pr)
{
	return find(pr->library, "PR_OpenAnonFileMap", &pr->open_anonymous) &&
	       find(pr->library, "PR_MemMap", &pr->map) &&
	       find(pr->library, "PR_MemUnmap", &pr->unmap) &&
	       find(pr->library, "PR_CloseFileMap", &pr->close_map) &&
	       find(pr->library, "PR_ExportFileMapAsString", &pr->export_map) &&
	       find(pr->library, "PR_ImportFileMapFromString", &pr->import_map) &&
	       find(pr->library, "PR_GetInheritedFileMap", &pr->get_inherited) &&
	       find(pr->library, "PR_NewProcessAttr", &pr->new_attributes) &&
	       find(pr->library, "PR_ProcessAttrSetInheritableFileMap", &pr->add_map) &&
	       find(pr->library, "PR_DestroyProcessAttr", &pr->destroy_attributes) &&
	       find(pr->library, "PR_CreateProcess", &pr->create_process) &&
	       find(pr->library, "PR_WaitProcess", &pr->wait_process);
}

bool pr_library_load(struct pr_library *pr, const char *library, bool with_anonymous)
{
	pr->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	return pr->library && find_all(pr) && (!with_anonymous || find_anonymous(pr));
}

bool pr_library_start(struct pr_library *pr, const struct place *place, const char *configuration,
	const char *symbol, void *function)
{
	const struct daemon_options options = {.configuration = configuration};

	if (!pr_library_load(pr, place->client_library, false) ||
		!find(pr->library, symbol, function))
		return section_missing("%s", dlerror());
	if (!daemon_process_start(&pr->daemon, place, &options))
		return section_missing("%s does not run", place->daemon_program);
	setenv("PRSHM_SOCKET", pr->daemon.socket, 1);
	return true;
}

static const char *library_of(const struct competitor *self, const struct place *place)
{
	switch (self->variant) {
	case PR_LIBRARY_NSPR:
		return NSPR_LIBRARY;
	case PR_LIBRARY_OTHER:
		return place->other_library;
	default:
		return place->client_library;
	}
}

/* The other build's may know nothing of configurations. */
static bool start_daemon(struct competitor *self, struct pr_library *pr, const struct place *place)
{
	const bool is_other = self->variant == PR_LIBRARY_OTHER;
	const struct daemon_options options = {
		.program = is_other ? place->other_daemon : place->daemon_program,
		.configuration = is_other ? NULL : CONFIGURATION_UNLIMITED,
	};

	if (!daemon_process_start(&pr->daemon, place, &options))
		return competitor_missing(self, "%s does not run", options.program);
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

static bool load(struct competitor *self, struct pr_library *pr, const char *file)
{
	return pr_library_load(pr, file, self->variant != PR_LIBRARY_OTHER) ||
	       competitor_missing(self, "%s", dlerror());
}

static bool copy_file(const char *name, const char *copy)
{
	struct stat st = {.st_size = 0};
	int from = open(name, O_RDONLY | O_CLOEXEC);
	int to = from >= 0 ? open(copy, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700) : -1;
	bool ok = to >= 0 && fstat(from, &st) == 0 &&
		  sendfile(to, from, NULL, (size_t)st.st_size) == st.st_size;
	const int error = errno;

	if (to >= 0)
		close(to);
	if (from >= 0)
		close(from);
	errno = error;
	return ok;
}

/* A library has one state in a process. The copy has its own, so it may park nothing. */
static bool load_copy(struct competitor *self, struct pr_library *pr, const struct place *place)
{
	char copy[sizeof(place->directory) + 16];
	bool ok;

	snprintf(copy, sizeof(copy), "%s/unparked.so", place->directory);
	if (copy_file(place->client_library, copy))
		ok = load(self, pr, copy);
	else
		ok = competitor_missing(self, "%s: %s", place->client_library, strerror(errno));
	unlink(copy);
	return ok;
}

static bool make_existing(struct competitor *self, struct pr_library *pr, const struct place *place)
{
	const bool is_nspr = self->variant == PR_LIBRARY_NSPR;

	if (self->variant == PR_LIBRARY_UNPARKED ? !load_copy(self, pr, place)
						 : !load(self, pr, library_of(self, place)))
		return false;
	if (!is_nspr && !start_daemon(self, pr, place))
		return false;
	if (use(pr, create(pr, place->existing)))
		return true;
	return competitor_missing(self, "PR_OpenSharedMemory: error %d", (int)pr->get_error());
}

bool pr_library_setup(struct competitor *self, const struct place *place)
{
	struct pr_library *pr;
	bool made;

	if (self->variant == PR_LIBRARY_OTHER && (!place->other_library || !place->other_daemon))
		return competitor_missing(self, "needs --other-library and --other-daemon");
	pr = calloc(1, sizeof(*pr));
	if (!pr)
		return competitor_missing(self, "out of memory");
	self->state = pr;
	pr->place = place;
	if (self->variant == PR_LIBRARY_UNPARKED)
		setenv("PRSHM_PARK", "0", 1); /* the library reads it once */
	made = make_existing(self, pr, place);
	unsetenv("PRSHM_PARK");
	if (made)
		return true;
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

static bool use_anonymous(const struct pr_library *pr, PRUint32 bytes)
{
	PRFileMap *map = pr->open_anonymous(pr->place->directory, bytes, PR_PROT_READWRITE);
	void *address = map ? pr->map(map, 0, bytes) : NULL;
	bool ok = address;

	if (ok) {
		memset(address, 1, bytes);
		ok = pr->unmap(address, bytes) == PR_SUCCESS;
	}
	return map && pr->close_map(map) == PR_SUCCESS && ok;
}

bool pr_library_anonymous_64k(struct competitor *self)
{
	return use_anonymous(self->state, 64 * 1024);
}

bool pr_library_anonymous_1m(struct competitor *self)
{
	return use_anonymous(self->state, 1024 * 1024);
}

/* The library stays loaded: its fork handlers and thread-specific keys outlive a dlclose badly. */
void pr_library_teardown(struct competitor *self)
{
	struct pr_library *pr = self->state;

	pr->unname(pr->place->existing);
	daemon_process_stop(&pr->daemon);
	free(pr);
}
