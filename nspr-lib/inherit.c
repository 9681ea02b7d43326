/* SPDX-License-Identifier: MIT */
/*
 * NSPR's first protocol, over the broker. NSPR's own PR_CreateProcess passes only text: it writes
 * into NSPR_INHERIT_FDS what PR_ProcessAttrSetInheritableFD was told. The descriptors would have to
 * be inheritable, and any other child that starts meanwhile would inherit them, too. So the child
 * gets the token of the memory, in the name of an entry, and no descriptor is made inheritable.
 */
#include <prshma.h>

#include <errno.h>
#include <private/pprio.h>
#include <prerror.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>

#include "nspr-lib/held.h"
#include "nspr-lib/next.h"
#include "nspr-lib/owning-map.h"

/*
 * NSPR writes an entry only for a descriptor that children inherit. Our entries need none, but must
 * name one: standard input, or, if that is closed, another descriptor that is open during the call.
 */
static PRStatus add_entry(PRProcessAttr *attr, const char *entry)
{
	PRFileDesc *carrier = PR_GetSpecialFD(PR_StandardInput);
	PRStatus status =
		carrier ? PR_ProcessAttrSetInheritableFD(attr, carrier, entry) : PR_FAILURE;
	int fd;

	if (status == PR_SUCCESS)
		return status;
	fd = eventfd(0, 0);
	if (fd < 0) {
		held_fail(-errno);
		return PR_FAILURE;
	}
	carrier = PR_ImportFile(fd);
	if (!carrier)
		return PR_FAILURE;
	status = PR_ProcessAttrSetInheritableFD(attr, carrier, entry);
	PR_Close(carrier);
	return status;
}

PRStatus PR_ProcessAttrSetInheritableFileMap(
	PRProcessAttr *attr, PRFileMap *fm, const char *shmname)
{
	char entry[HELD_ENTRY_SIZE];
	int fd;

	if (!attr || !fm || !shmname || !*shmname) {
		held_fail(-EINVAL);
		return PR_FAILURE;
	}
	if (strnlen(shmname, HELD_NAME_MAX + 1) > HELD_NAME_MAX) {
		PR_SetError(PR_NAME_TOO_LONG_ERROR, ENAMETOOLONG);
		return PR_FAILURE;
	}
	fd = next_descriptor(fm);
	if (fd < 0 || !held_entry(fd, shmname, entry))
		return next_set_inheritable(attr, fm, shmname);
	return add_entry(attr, entry);
}

PRFileMap *PR_GetInheritedFileMap(const char *shmname)
{
	const char *inherited = secure_getenv("NSPR_INHERIT_FDS");
	int outcome = shmname ? 0 : -EINVAL;
	int prot;
	int fd;

	if (outcome == 0)
		outcome = held_inherit(inherited, shmname, &fd, &prot);
	if (outcome != 0) {
		held_fail(outcome);
		return NULL;
	}
	return owning_map_new(fd, (PRFileMapProtect)prot);
}
