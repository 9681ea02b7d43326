/* SPDX-License-Identifier: MIT */
/* Programs that use files in /dev/shm by their paths, as browsers and MPI libraries do. */
#include "tests/posix/cases.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define SIZE 8192

static const char *path_of(const char *name)
{
	static char path[128];

	snprintf(path, sizeof(path), "/dev/shm%s", name);
	return path;
}

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
