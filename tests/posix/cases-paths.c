/* SPDX-License-Identifier: MIT */
/* Programs that use files in /dev/shm by their paths, as browsers and MPI libraries do. */
#include "tests/posix/cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>
#include <unistd.h>

#define SIZE 8192

CASE(a_path_and_a_name_are_the_same)
{
	const char *path = path_of(name);
	int fd = open(path, O_CREAT | O_EXCL | O_RDWR | O_CLOEXEC, 0600);
	struct stat st;

	must(fd >= 0 && ftruncate(fd, SIZE) == 0);
	fails(open(path, O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	fails(open(path, O_RDONLY | O_DIRECTORY), ENOTDIR);
	must(stat(path, &st) == 0 && st.st_size == SIZE && (st.st_mode & 07777) == 0600);
	must(lstat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 1);
	must(fstatat(AT_FDCWD, path, &st, 0) == 0 && st.st_uid == geteuid());
	must(access(path, R_OK | W_OK) == 0);
	fails(access(path, X_OK), EACCES);
	close(shm_open(name, O_RDWR, 0));
	must((fd = openat(AT_FDCWD, path, O_RDWR)) >= 0);
	must(fcntl(fd, F_GETFD) == 0);
	must(unlink(path) == 0);
	fails(unlink(path), ENOENT);
	fails(stat(path, &st), ENOENT);
	fails(open(path, O_RDWR), ENOENT);
}

/* As MPI libraries do: a seek and one byte, then the mapping. */
CASE(sized_by_a_seek_and_a_write)
{
	const int fd = open(path_of(name), O_CREAT | O_RDWR, 0600);
	char *bytes;

	must(lseek(fd, SIZE - 1, SEEK_SET) == SIZE - 1 && write(fd, "", 1) == 1);
	bytes = mmap(NULL, SIZE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	must(bytes != MAP_FAILED);
	bytes[0] = 'x';
	must(pread(open(path_of(name), O_RDONLY), bytes + 1, 1, 0) == 1 && bytes[1] == 'x');
}

CASE(a_file_of_a_unique_name)
{
	char path[] = "/dev/shm/posix-case-XXXXXX";
	char wrong[] = "/dev/shm/posix-case-XXXXX";
	const int fd = mkstemp(path);
	struct stat st;

	must(fd >= 0 && strcmp(path + sizeof(path) - 7, "XXXXXX") != 0);
	must(fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0600 && st.st_size == 0);
	must(unlink(path) == 0);
	fails(mkstemp(wrong), EINVAL);
}

CASE(created_anew)
{
	int fd = creat(path_of(name), 0600);
	struct stat st;

	must(fd >= 0 && ftruncate(fd, SIZE) == 0);
	fd = creat(path_of(name), 0600);
	must(fd >= 0 && fstat(fd, &st) == 0 && st.st_size == 0);
}

static void make_at(const char *path)
{
	const int fd = open(path, O_CREAT | O_EXCL | O_RDWR, 0600);

	must(fd >= 0 && ftruncate(fd, SIZE) == 0 && close(fd) == 0);
}

/* What the directory has of that name: its entry's inode, or 0. */
static ino_t listed(DIR *directory, const char *name)
{
	const struct dirent *entry;
	ino_t inode = 0;

	rewinddir(directory);
	errno = 0;
	while ((entry = readdir(directory))) {
		if (strcmp(entry->d_name, name) == 0) {
			must(entry->d_type == DT_REG && inode == 0);
			inode = entry->d_ino;
		}
	}
	must(errno == 0);
	return inode;
}

CASE(a_directory_lists_what_is_in_it)
{
	DIR *directory = opendir("/dev/shm");
	DIR *other = fdopendir(open("/dev/shm", O_RDONLY | O_DIRECTORY));
	struct stat st;

	must(directory && other && listed(directory, name + 1) == 0);
	make_at(path_of(name));
	must(stat(path_of(name), &st) == 0 && listed(directory, name + 1) == st.st_ino);
	must(listed(other, name + 1) == st.st_ino && fstat(dirfd(other), &st) == 0);
	must(fstatat(dirfd(other), name + 1, &st, 0) == 0 && st.st_size == SIZE);
	must(unlinkat(dirfd(other), name + 1, 0) == 0);
	must(listed(directory, name + 1) == 0);
	must(closedir(directory) == 0 && closedir(other) == 0);
	fails(unlink(path_of(name)), ENOENT);
}

CASE(a_place_in_a_directory_is_found_again)
{
	DIR *directory = opendir("/dev/shm");
	const struct dirent *entry;
	long place = 0;

	make_at(path_of(name));
	rewinddir(directory);
	while ((entry = readdir(directory)) && strcmp(entry->d_name, name + 1) != 0)
		place = telldir(directory);
	must(entry);
	while (readdir(directory))
		;
	if (place != 0)
		seekdir(directory, place);
	else
		rewinddir(directory);
	entry = readdir(directory);
	must(entry && strcmp(entry->d_name, name + 1) == 0 && closedir(directory) == 0);
}

static int is_wanted(const struct dirent *entry)
{
	return strncmp(entry->d_name, "posix-case-", 11) == 0;
}

CASE(directories_are_scanned_in_order)
{
	struct dirent **entries;
	int count;

	make_at(path_of("/posix-case-b"));
	make_at(path_of("/posix-case-a"));
	count = scandir("/dev/shm", &entries, is_wanted, alphasort);
	must(unlink(path_of("/posix-case-a")) == 0 && unlink(path_of("/posix-case-b")) == 0);
	must(count == 2 && strcmp(entries[0]->d_name, "posix-case-a") == 0);
	must(strcmp(entries[1]->d_name, "posix-case-b") == 0);
	must(opendir(path_of(name)) == NULL && errno == ENOENT);
	make_at(path_of(name));
	must(opendir(path_of(name)) == NULL && errno == ENOTDIR);
	must(scandir(path_of(name), &entries, NULL, NULL) == -1 && errno == ENOTDIR);
}

/* As programs do that keep what belongs together in a directory of their own. */
CASE(files_in_a_directory)
{
	struct stat st;
	char path[160];
	int directory;

	must(mkdir(path_of(name), 0700) == 0);
	fails(mkdir(path_of(name), 0700), EEXIST);
	fails(open(path_of(name), O_CREAT | O_RDWR, 0600), EISDIR);
	must(stat(path_of(name), &st) == 0 && S_ISDIR(st.st_mode));
	snprintf(path, sizeof(path), "%s//./one", path_of(name));
	make_at(path);
	directory = open(path_of(name), O_RDONLY | O_DIRECTORY);
	must(fstatat(directory, "one", &st, 0) == 0 && st.st_size == SIZE);
	fails(rmdir(path_of(name)), ENOTEMPTY);
	fails(unlinkat(AT_FDCWD, path_of(name), AT_REMOVEDIR), ENOTEMPTY);
	must(fchdir(directory) == 0 && access("one", R_OK) == 0 && listed(opendir("."), "one") > 0);
	fails(mkdir("one", 0700), EEXIST);
	fails(rmdir("one"), ENOTDIR);
	fails(open("none/two", O_CREAT | O_RDWR, 0600), ENOENT);
	must(unlink("one") == 0 && chdir("/") == 0 && rmdir(path_of(name)) == 0);
	fails(open(path, O_CREAT | O_RDWR, 0600), ENOENT);
}

static bool has(const char *path, char byte)
{
	const int fd = open(path, O_RDONLY);
	char found = 0;

	must(fd >= 0 && read(fd, &found, 1) == 1 && close(fd) == 0);
	return found == byte;
}

static void make_with(const char *path, char byte)
{
	const int fd = open(path, O_CREAT | O_TRUNC | O_RDWR, 0600);

	must(fd >= 0 && write(fd, &byte, 1) == 1 && close(fd) == 0);
}

/* As programs do that must never be seen with half a file. */
CASE(a_file_takes_the_place_of_another)
{
	char path[160];
	int old;

	snprintf(path, sizeof(path), "%s.new-and-longer", path_of(name));
	make_with(path_of(name), '1');
	make_with(path, '2');
	must((old = open(path_of(name), O_RDONLY)) >= 0);
	must(renameat2(AT_FDCWD, path, AT_FDCWD, path_of(name), RENAME_NOREPLACE) == -1);
	must(errno == EEXIST && rename(path, path_of(name)) == 0 && has(path_of(name), '2'));
	fails(rename(path, path_of(name)), ENOENT);
	must(pread(old, path, 1, 0) == 1 && path[0] == '1');
	must(rename(path_of(name), path_of(name)) == 0 && has(path_of(name), '2'));
}

CASE(a_file_moves_between_directories)
{
	char path[160], other[160];

	snprintf(path, sizeof(path), "%s/one", path_of(name));
	snprintf(other, sizeof(other), "%s.other", path_of(name));
	make_with(other, '3');
	must(mkdir(path_of(name), 0700) == 0 && chdir(path_of(name)) == 0);
	must(renameat(AT_FDCWD, other, AT_FDCWD, "one") == 0 && has(path, '3'));
	fails(rename("one", "none/two"), ENOENT);
	must(mkdir("empty", 0700) == 0);
	fails(rename("one", "empty"), EISDIR);
	fails(rename("empty", "one"), ENOTDIR);
	fails(rename("one", "/proc/self/fd"), EXDEV);
	must(rename("empty", "moved") == 0 && rmdir("moved") == 0);
	must(renameat2(AT_FDCWD, "one", AT_FDCWD, other, RENAME_NOREPLACE) == 0);
	must(has(other, '3') && unlink(other) == 0 && chdir("/") == 0 && rmdir(path_of(name)) == 0);
}

CASE(a_file_does_not_leave_dev_shm)
{
	char path[] = "/tmp/posix-case-XXXXXX";

	must(close(mkstemp(path)) == 0);
	make_with(path_of(name), '4');
	fails(rename(path_of(name), path), EXDEV);
	fails(rename(path, path_of(name)), EXDEV);
	must(has(path_of(name), '4') && unlink(path) == 0);
}

CASE(what_is_no_regular_file_is_the_file_systems)
{
	struct stat st;

	must(mkfifo(path_of(name), 0600) == 0 && stat(path_of(name), &st) == 0);
	must(S_ISFIFO(st.st_mode) && open(path_of(name), O_RDONLY | O_NONBLOCK) >= 0);
	fails(open(path_of(name), O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	must(unlink(path_of(name)) == 0);
	fails(stat(path_of(name), &st), ENOENT);
}

/* cp(1) and others look whether they have opened the file that they have seen. */
CASE(a_path_and_a_descriptor_have_one_identity)
{
	struct stat st, other, top;
	struct statx stx;
	int fd;

	make_at(path_of(name));
	must((fd = open(path_of(name), O_RDONLY)) >= 0 && fstat(fd, &st) == 0);
	must(stat(path_of(name), &other) == 0 && stat("/dev/shm", &top) == 0);
	must(st.st_ino == other.st_ino && st.st_dev == other.st_dev && st.st_dev == top.st_dev);
	must(statx(fd, "", AT_EMPTY_PATH, STATX_BASIC_STATS, &stx) == 0 &&
		stx.stx_ino == st.st_ino);
}

CASE(streams_open_it)
{
	FILE *file = fopen(path_of(name), "r");
	char text[8];

	must(!file && errno == ENOENT);
	file = fopen(path_of(name), "w");
	must(file && fputs("hello", file) >= 0 && fclose(file) == 0);
	must(close(shm_open(name, O_RDONLY, 0)) == 0);
	must(!fopen(path_of(name), "wx") && errno == EEXIST);
	must(!fopen(path_of(name), "?") && errno == EINVAL);
	file = fopen(path_of(name), "re");
	must(file && (fcntl(fileno(file), F_GETFD) & FD_CLOEXEC));
	must(fgets(text, sizeof(text), file) && strcmp(text, "hello") == 0 && fclose(file) == 0);
}

CASE(mode_times_and_size_by_a_path)
{
	struct stat st;

	fails(chmod(path_of(name), 0640), ENOENT);
	fails(truncate(path_of(name), SIZE), ENOENT);
	must(close(open(path_of(name), O_CREAT | O_RDWR, 0600)) == 0);
	must(chmod(path_of(name), 0640) == 0 && chown(path_of(name), (uid_t)-1, getegid()) == 0);
	must(utimensat(AT_FDCWD, path_of(name), NULL, 0) == 0);
	must(truncate(path_of(name), SIZE) == 0 && stat(path_of(name), &st) == 0);
	must(st.st_size == SIZE && (st.st_mode & 07777) == 0640);
	must(getxattr(path_of(name), "user.none", NULL, 0) == -1 && errno != ENOENT);
	must(listxattr(path_of(name), NULL, 0) == 0);
}

CASE(a_path_is_the_real_one)
{
	char twisted[160], resolved[PATH_MAX];
	char *found;

	must(!realpath(path_of(name), resolved) && errno == ENOENT);
	make_at(path_of(name));
	snprintf(twisted, sizeof(twisted), "/dev//shm/.%s", name);
	must(realpath(twisted, resolved) == resolved && strcmp(resolved, path_of(name)) == 0);
	found = canonicalize_file_name(twisted);
	must(found && strcmp(found, path_of(name)) == 0);
	found = realpath("/proc/self/cwd/.", NULL);
	must(found && found[0] == '/');
}

CASE(what_is_wrong_is_told_as_elsewhere)
{
	struct stat *const nowhere = (struct stat *)(uintptr_t)8;
	struct stat st;

	make_at(path_of(name));
	fails(stat(path_of(name), nowhere), EFAULT);
	fails(statx(AT_FDCWD, path_of(name), 0, STATX_ALL, (struct statx *)nowhere), EFAULT);
	fails(fstatat(AT_FDCWD, path_of(name), &st, 1 << 30), EINVAL);
	fails(access(path_of(name), 8), EINVAL);
	fails(faccessat(AT_FDCWD, path_of(name), R_OK, 1 << 30), EINVAL);
	fails(unlinkat(AT_FDCWD, path_of(name), 1 << 30), EINVAL);
}

/* Newer kernels take it for an empty path. */
CASE(a_descriptor_and_no_path)
{
	const char *volatile no_path = NULL;
	const int fd = cases_make(name, SIZE);
	struct stat st;
	struct statx stx;

	must(fstatat(fd, no_path, &st, AT_EMPTY_PATH) == 0 || errno == EFAULT);
	must(statx(fd, no_path, AT_EMPTY_PATH, STATX_SIZE, &stx) == 0 || errno == EFAULT);
	must(fchownat(fd, no_path, geteuid(), getegid(), AT_EMPTY_PATH) == 0 || errno == EFAULT);
	fails(stat(no_path, &st), EFAULT);
	fails(open(no_path, O_RDONLY), EFAULT);
	errno = 0;
	must(stat(path_of(name), &st) == 0 && errno == 0);
	must(statx(AT_FDCWD, path_of(name), 0, STATX_SIZE, &stx) == 0 && errno == 0);
}

CASE(other_paths_are_the_file_systems)
{
	const int fd = open("/dev/null", O_RDWR);
	char path[] = "/tmp/posix-case-XXXXXX";
	struct stat st;

	must(fd >= 0 && stat("/dev/shm", &st) == 0 && S_ISDIR(st.st_mode));
	must(mkstemp(path) >= 0 && access(path, R_OK) == 0 && unlink(path) == 0);
	must(open("/dev/shm", O_RDONLY | O_DIRECTORY) >= 0);
}

int main(int count, char **arguments)
{
	return cases_run(count, arguments);
}

/* As libuv does, and programs that know an older C library. */
CASE(calls_by_their_numbers)
{
	const char *path = path_of(name);
	struct statx stx;
	char other[128];

	must(close(cases_make(name, SIZE)) == 0);
	must(syscall(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE, &stx) == 0 && stx.stx_size == SIZE);
	snprintf(other, sizeof(other), "%s.other", path);
	must(syscall(SYS_renameat2, AT_FDCWD, path, AT_FDCWD, other, RENAME_NOREPLACE) == 0);
	fails(syscall(SYS_statx, AT_FDCWD, path, 0, STATX_SIZE, &stx), ENOENT);
	must(syscall(SYS_getppid) == getppid() && unlink(other) == 0);
}
