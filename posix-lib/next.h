/* SPDX-License-Identifier: MIT */
/*
 * The calls that this library takes over, as the next library has them: mostly the C library, or
 * one that is preloaded, too. What the parts of this library call themselves goes there by itself
 * (own.c).
 */
#ifndef PRSHM_POSIX_NEXT_H
#define PRSHM_POSIX_NEXT_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <spawn.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <utime.h>

/* Result, name, parameters. NULL: the next library does not have the call. */
#define NEXT_CALLS(X)                                                                              \
	X(int, close, (int fd))                                                                    \
	X(int, dup2, (int fd, int to))                                                             \
	X(int, dup3, (int fd, int to, int flags))                                                  \
	X(int, close_range, (unsigned int first, unsigned int last, int flags))                    \
	X(void *, mmap64, (void *at, size_t size, int prot, int flags, int fd, off64_t offset))    \
	X(int, munmap, (void *at, size_t size))                                                    \
	X(void *, mremap, (void *at, size_t size, size_t wanted, int flags, ...))                  \
	X(int, fstat64, (int fd, struct stat64 *st))                                               \
	X(int, fstatat64, (int fd, const char *path, struct stat64 *st, int flags))                \
	X(int, statx, (int fd, const char *path, int flags, unsigned int mask, struct statx *st))  \
	X(long, syscall, (long number, ...))                                                       \
	X(int, fcntl64, (int fd, int command, ...))                                                \
	X(int, lockf64, (int fd, int command, off64_t size))                                       \
	X(int, ftruncate64, (int fd, off64_t size))                                                \
	X(int, fallocate64, (int fd, int mode, off64_t offset, off64_t size))                      \
	X(int, posix_fallocate64, (int fd, off64_t offset, off64_t size))                          \
	X(ssize_t, write, (int fd, const void *bytes, size_t count))                               \
	X(ssize_t, pwrite64, (int fd, const void *bytes, size_t count, off64_t offset))            \
	X(ssize_t, writev, (int fd, const struct iovec *parts, int count))                         \
	X(ssize_t, pwritev64, (int fd, const struct iovec *parts, int count, off64_t offset))      \
	X(ssize_t, pwritev64v2,                                                                    \
		(int fd, const struct iovec *parts, int count, off64_t offset, int flags))         \
	X(int, fchmod, (int fd, mode_t mode))                                                      \
	X(int, fchown, (int fd, uid_t uid, gid_t gid))                                             \
	X(mode_t, umask, (mode_t mask))                                                            \
	X(int, open, (const char *path, int flags, ...))                                           \
	X(int, open64, (const char *path, int flags, ...))                                         \
	X(int, openat, (int directory, const char *path, int flags, ...))                          \
	X(int, openat64, (int directory, const char *path, int flags, ...))                        \
	X(int, mkostemps64, (char *path, int suffix, int flags))                                   \
	X(FILE *, fopen64, (const char *path, const char *mode))                                   \
	X(FILE *, freopen64, (const char *path, const char *mode, FILE *stream))                   \
	X(int, fclose, (FILE * stream))                                                            \
	X(int, unlink, (const char *path))                                                         \
	X(int, unlinkat, (int directory, const char *path, int flags))                             \
	X(int, mkdirat, (int directory, const char *path, mode_t mode))                            \
	X(int, remove, (const char *path))                                                         \
	X(int, rmdir, (const char *path))                                                          \
	X(int, rename, (const char *from, const char *to))                                         \
	X(int, renameat, (int directory, const char *from, int to_directory, const char *to))      \
	X(int, renameat2,                                                                          \
		(int directory, const char *from, int to_directory, const char *to,                \
			unsigned int flags))                                                       \
	X(int, truncate64, (const char *path, off64_t size))                                       \
	X(int, fchmodat, (int directory, const char *path, mode_t mode, int flags))                \
	X(int, fchownat, (int directory, const char *path, uid_t uid, gid_t gid, int flags))       \
	X(int, stat64, (const char *path, struct stat64 *st))                                      \
	X(int, lstat64, (const char *path, struct stat64 *st))                                     \
	X(int, linkat,                                                                             \
		(int directory, const char *from, int to_directory, const char *to, int flags))    \
	X(int, symlinkat, (const char *target, int directory, const char *path))                   \
	X(ssize_t, readlink, (const char *path, char *target, size_t size))                        \
	X(ssize_t, readlinkat, (int directory, const char *path, char *target, size_t size))       \
	X(int, mknodat, (int directory, const char *path, mode_t mode, dev_t device))              \
	X(int, mkfifoat, (int directory, const char *path, mode_t mode))                           \
	X(int, bind, (int fd, const struct sockaddr *address, socklen_t size))                     \
	X(int, access, (const char *path, int mode))                                               \
	X(int, faccessat, (int directory, const char *path, int mode, int flags))                  \
	X(char *, realpath, (const char *path, char *resolved))                                    \
	X(int, euidaccess, (const char *path, int mode))                                           \
	X(int, statfs64, (const char *path, struct statfs64 *out))                                 \
	X(int, fstatfs64, (int fd, struct statfs64 *out))                                          \
	X(int, statvfs64, (const char *path, struct statvfs64 *out))                               \
	X(int, fstatvfs64, (int fd, struct statvfs64 *out))                                        \
	X(int, futimens, (int fd, const struct timespec times[2]))                                 \
	X(int, utimensat,                                                                          \
		(int directory, const char *path, const struct timespec times[2], int flags))      \
	X(int, utime, (const char *path, const struct utimbuf *times))                             \
	X(int, utimes, (const char *path, const struct timeval times[2]))                          \
	X(int, lutimes, (const char *path, const struct timeval times[2]))                         \
	X(int, futimes, (int fd, const struct timeval times[2]))                                   \
	X(int, futimesat, (int directory, const char *path, const struct timeval times[2]))        \
	X(int, setxattr,                                                                           \
		(const char *path, const char *name, const void *value, size_t size, int flags))   \
	X(int, lsetxattr,                                                                          \
		(const char *path, const char *name, const void *value, size_t size, int flags))   \
	X(int, removexattr, (const char *path, const char *name))                                  \
	X(int, lremovexattr, (const char *path, const char *name))                                 \
	X(ssize_t, getxattr, (const char *path, const char *name, void *value, size_t size))       \
	X(ssize_t, lgetxattr, (const char *path, const char *name, void *value, size_t size))      \
	X(ssize_t, listxattr, (const char *path, char *list, size_t size))                         \
	X(ssize_t, llistxattr, (const char *path, char *list, size_t size))                        \
	X(int, fsetxattr, (int fd, const char *name, const void *value, size_t size, int flags))   \
	X(int, fremovexattr, (int fd, const char *name))                                           \
	X(ssize_t, fgetxattr, (int fd, const char *name, void *value, size_t size))                \
	X(ssize_t, flistxattr, (int fd, char *list, size_t size))                                  \
	X(int, posix_spawn_file_actions_addopen,                                                   \
		(posix_spawn_file_actions_t * actions, int fd, const char *path, int flags,        \
			mode_t mode))                                                              \
	X(int, posix_spawn_file_actions_destroy, (posix_spawn_file_actions_t * actions))           \
	X(int, glob64,                                                                             \
		(const char *pattern, int flags, int (*error)(const char *path, int error),        \
			glob64_t *found))                                                          \
	X(int, ftw64,                                                                              \
		(const char *path,                                                                 \
			int (*each)(const char *path, const struct stat64 *st, int kind),          \
			int most))                                                                 \
	X(int, nftw64,                                                                             \
		(const char *path,                                                                 \
			int (*each)(const char *path, const struct stat64 *st, int kind,           \
				struct FTW *position),                                             \
			int most, int flags))                                                      \
	X(long, pathconf, (const char *path, int name))                                            \
	X(DIR *, opendir, (const char *path))                                                      \
	X(DIR *, fdopendir, (int fd))                                                              \
	X(struct dirent64 *, readdir64, (DIR * directory))                                         \
	X(int, closedir, (DIR * directory))                                                        \
	X(void, rewinddir, (DIR * directory))                                                      \
	X(long, telldir, (DIR * directory))                                                        \
	X(void, seekdir, (DIR * directory, long position))                                         \
	X(int, scandir64,                                                                          \
		(const char *path, struct dirent64 ***list,                                        \
			int (*filter)(const struct dirent64 *),                                    \
			int (*compare)(const struct dirent64 **, const struct dirent64 **)))

struct next {
#define X(type, name, parameters) type(*name) parameters;
	NEXT_CALLS(X)
#undef X
};

/* Finds them at the first call, which the library's constructor makes. */
const struct next *next(void);

#endif
