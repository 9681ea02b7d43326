/* SPDX-License-Identifier: MIT */
/* Extended attributes, and access lists. */
#include "tests/posix/cases.h"

#include <fcntl.h>
#include <grp.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE 8192

/* Version 2; each entry: who, what, and of which user. */
#define ENTRY(who, may, id)                                                                        \
	who, 0, may, 0, (id)&0xff, (id) >> 8 & 0xff, (id) >> 16 & 0xff, (id) >> 24
#define NO_ID 0xffffffffU

/* cp(1) copies an access list so; it is none of the memory's, which each reader can open again. */
CASE(attributes_of_a_descriptor)
{
	/* the user, the group, and others may read and write */
	static const unsigned char acl[] = {
		2, 0, 0, 0, ENTRY(1, 6, NO_ID), ENTRY(4, 6, NO_ID), ENTRY(32, 6, NO_ID)};
	const int fd = cases_make(name, SIZE);
	struct stat told, memory;
	char value[8];

	must(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0) == 0);
	must(fstat(fd, &told) == 0 && syscall(SYS_fstat, fd, &memory) == 0);
	must((told.st_mode & 0777) == 0666);
	must(memory.st_nlink == 1 || (memory.st_mode & 0777) == 0600);
	must(fgetxattr(fd, "user.none", value, 8) == -1 && (errno == ENODATA || errno == ENOTSUP));
	must(fremovexattr(fd, "user.none") == -1 && (errno == ENODATA || errno == ENOTSUP));
	must(flistxattr(fd, value, 0) >= 0);
	fails(fsetxattr(-1, "user.a", "1", 1, 0), EBADF);
}

#define OTHER 65534

static bool may_open(const char *name, uid_t uid, int flags)
{
	int status = -1;
	bool may;

	if (fork() == 0) {
		must(setgid(uid) == 0 && setuid(uid) == 0);
		may = access(path_of(name), flags == O_RDWR ? R_OK | W_OK : R_OK) == 0;
		if ((shm_open(name, flags, 0) >= 0) == may)
			_exit(may ? 0 : errno == EACCES ? 1 : 2);
		_exit(2);
	}
	must(wait(&status) > 0 && WIFEXITED(status) && WEXITSTATUS(status) < 2);
	return status == 0;
}

/* One group of a user that has no other right. All calls say the same, and an open does. */
static bool group_may(const char *name, gid_t group, int mode)
{
	const char *path = path_of(name);
	const bool opens = (mode & R_OK) != 0;
	int status = -1;

	if (fork() == 0) {
		must(setgroups(1, &group) == 0 && setgid(OTHER) == 0 && setuid(OTHER) == 0);
		status = access(path, mode);
		must(status == 0 || errno == EACCES || errno == ENOENT); /* not seen */
		must(faccessat(AT_FDCWD, path, mode, AT_EACCESS) == status);
		must(euidaccess(path, mode) == status);
		must(!opens || (open(path, mode & W_OK ? O_RDWR : O_RDONLY) >= 0) == (status == 0));
		_exit(status == 0 ? 0 : 1);
	}
	must(wait(&status) > 0 && WIFEXITED(status));
	return status == 0;
}

CASE(a_supplementary_group_may_what_the_group_may)
{
	const int fd = cases_make(name, SIZE);

	if (geteuid() != 0)
		return;
	must(fchown(fd, 0, OTHER - 2) == 0 && fchmod(fd, 0060) == 0);
	must(group_may(name, OTHER - 2, R_OK | W_OK) && !group_may(name, OTHER - 2, X_OK));
	must(!group_may(name, OTHER - 3, R_OK) && !group_may(name, OTHER - 3, W_OK));
	must(fchmod(fd, 0050) == 0 && group_may(name, OTHER - 2, R_OK));
	must(group_may(name, OTHER - 2, X_OK) && !group_may(name, OTHER - 3, X_OK));
	must(!group_may(name, OTHER - 2, R_OK | W_OK));
}

/* As iceoryx does, whose daemon makes the memory of all. */
CASE(an_access_list_names_a_user)
{
	static const unsigned char acl[] = {2, 0, 0, 0, ENTRY(1, 6, NO_ID), ENTRY(2, 6, OTHER),
		ENTRY(4, 4, NO_ID), ENTRY(16, 6, NO_ID), ENTRY(32, 0, NO_ID)};
	const int fd = cases_make(name, SIZE);
	char got[64];

	must(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0) == 0);
	must(fgetxattr(fd, "system.posix_acl_access", NULL, 0) == sizeof(acl));
	fails((int)fgetxattr(fd, "system.posix_acl_access", got, 8), ERANGE);
	must(getxattr(path_of(name), "system.posix_acl_access", got, 64) == sizeof(acl));
	must(memcmp(got, acl, sizeof(acl)) == 0 && listxattr(path_of(name), got, 64) == 24);
	if (geteuid() == 0) {
		must(may_open(name, OTHER, O_RDWR) && !may_open(name, OTHER - 1, O_RDONLY));
		must(fremovexattr(fd, "system.posix_acl_access") == 0);
		must(!may_open(name, OTHER, O_RDONLY));
	}
	must(shm_unlink(name) == 0);
	must(fgetxattr(fd, "system.posix_acl_access", got, 64) == -1 && errno == ENODATA);
}

/* As programs do that write a file anew, and then put it in the place of the old one. */
CASE(an_access_list_of_what_was_renamed)
{
	static const unsigned char acl[] = {2, 0, 0, 0, ENTRY(1, 6, NO_ID), ENTRY(2, 6, OTHER),
		ENTRY(4, 4, NO_ID), ENTRY(16, 6, NO_ID), ENTRY(32, 0, NO_ID)};
	const int fd = cases_make(name, SIZE);
	char moved[80], path[160], link[32], got[64];
	struct stat st;

	snprintf(moved, sizeof(moved), "%s.moved", name);
	snprintf(path, sizeof(path), "%s", path_of(moved));
	must(rename(path_of(name), path) == 0 && close(cases_make(name, SIZE)) == 0);
	must(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0) == 0);
	must(getxattr(path, "system.posix_acl_access", got, 64) == sizeof(acl));
	must(fgetxattr(fd, "system.posix_acl_access", got, 64) == sizeof(acl));
	must(listxattr(path_of(name), got, 64) == 0);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	must(chmod(link, 0604) == 0 && stat(path, &st) == 0 && (st.st_mode & 0707) == 0604);
	must(unlink(path) == 0);
}

CASE(an_access_list_that_is_none)
{
	static const unsigned char acl[] = {2, 0, 0, 0, ENTRY(1, 6, NO_ID), ENTRY(2, 6, OTHER),
		ENTRY(4, 4, NO_ID), ENTRY(32, 0, NO_ID)};
	unsigned char version[] = {3, 0, 0, 0};
	const int fd = cases_make(name, SIZE);

	for (size_t size = 1; size <= sizeof(acl); size++)
		must((fsetxattr(fd, "system.posix_acl_access", acl, size, 0) == 0) == (size == 4));
	fails(fsetxattr(fd, "system.posix_acl_access", acl, sizeof(acl), 0), EINVAL);
	fails(fsetxattr(fd, "system.posix_acl_access", version, sizeof(version), 0), ENOTSUP);
	must(flistxattr(fd, NULL, 0) == 0);
}

CASE(attributes_are_none_or_kept)
{
	const char *path = path_of(name);

	fails(setxattr(path, "user.a", "1", 1, 0), ENOENT);
	must(close(cases_make(name, SIZE)) == 0);
	must(setxattr(path, "user.a", "1", 1, 0) == 0 || errno == ENOTSUP);
	must(removexattr(path, "user.a") == 0 || errno == ENODATA);
}
