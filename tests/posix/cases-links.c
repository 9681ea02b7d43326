/* SPDX-License-Identifier: MIT */
/*
 * The names of objects, for link(2), symlink(2), readlink(2), mknod(2) and bind(2); and without a
 * broker.
 */
#include "tests/posix/cases.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define SIZE 8192

static int bind_to(const char *path)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	strcpy(address.sun_path, path);
	return bind(socket(AF_UNIX, SOCK_STREAM, 0), (struct sockaddr *)&address, sizeof(address));
}

CASE(no_broker_is_an_error_by_a_path)
{
	const char *path = path_of(name);
	char target[16];
	struct stat st;

	if (!getenv("PRSHM_SOCKET") || access(getenv("PRSHM_SOCKET"), F_OK) == 0)
		return;
	fails(open(path, O_CREAT | O_RDWR, 0600), ECONNREFUSED);
	fails(stat(path, &st), ECONNREFUSED);
	fails((int)readlink(path, target, sizeof(target)), ECONNREFUSED);
	fails((int)readlinkat(AT_FDCWD, path, target, sizeof(target)), ECONNREFUSED);
	fails(link(path, path), ECONNREFUSED);
	fails(link("/etc/hostname", path), ECONNREFUSED);
	fails(symlink("target", path), ECONNREFUSED);
	fails(mkfifo(path, 0600), ECONNREFUSED);
	fails(mknod(path, S_IFREG | 0600, 0), ECONNREFUSED);
	fails(mknod(path, S_IFIFO | 0600, 0), ECONNREFUSED);
	fails(bind_to(path), ECONNREFUSED);
	fails(chmod(path, 0600), ECONNREFUSED);
	fails(chown(path, 0, 0), ECONNREFUSED);
	fails(unlink(path), ECONNREFUSED);
	must(mkdir(path, 0700) == 0 && rmdir(path) == 0);
}

CASE(a_name_that_is_taken)
{
	const char *path = path_of(name);
	char target[16], slash[160];

	fails((int)readlink(path, target, sizeof(target)), ENOENT);
	must(close(cases_make(name, SIZE)) == 0);
	fails((int)readlink(path, target, sizeof(target)), EINVAL);
	fails((int)readlinkat(AT_FDCWD, path, target, sizeof(target)), EINVAL);
	fails(link("/etc/hostname", path), EEXIST);
	fails(symlink("target", path), EEXIST);
	fails(mkfifo(path, 0600), EEXIST);
	fails(mknod(path, S_IFREG | 0600, 0), EEXIST);
	fails(mknod(path, S_IFIFO | 0600, 0), EEXIST);
	snprintf(slash, sizeof(slash), "%s/", path);
	fails(mkdir(slash, 0700), EEXIST);
	must(cases_size(shm_open(name, O_RDWR, 0)) == SIZE);
}

/* The broker has no second name: EPERM, as file systems tell that have none. */
CASE(a_second_name)
{
	char other[160], target[64];

	snprintf(other, sizeof(other), "%s.other", path_of(name));
	fails(link(path_of(name), other), ENOENT);
	must(close(cases_make(name, SIZE)) == 0);
	must(link(path_of(name), other) == 0 ? unlink(other) == 0 : errno == EPERM);
	fails(link(path_of(name), path_of(name)), EEXIST);
	fails(link(path_of(name), "/tmp/posix-case"), EXDEV);
	must(symlink(name + 1, other) == 0 && readlink(other, target, sizeof(target)) > 1);
	must(unlink(other) == 0);
}

CASE(a_second_name_that_cannot_be)
{
	char path[128], other[160], longest[300] = "/dev/shm/";

	strcpy(path, path_of(name));
	snprintf(other, sizeof(other), "%s.other", path);
	must(close(cases_make(name, SIZE)) == 0);
	fails(link(path, ""), ENOENT);
	fails(link(path, "/tmp/posix-case-none/x"), ENOENT);
	fails(link(path, "/dev/shm/posix-case-none/x"), ENOENT);
	memset(longest + 9, 'x', 256);
	fails(link(path, longest), ENAMETOOLONG);
	fails(link(path, "/tmp"), EEXIST);
	fails(link(path, "/etc/passwd"), EEXIST);
	fails(link(path, "/etc/passwd/x"), ENOTDIR);
	fails(linkat(AT_FDCWD, path, AT_FDCWD, other, 1 << 30), EINVAL);
	fails(link("", path), ENOENT);
	fails(link("/tmp/posix-case-none", path), ENOENT);
	fails(link("/tmp/posix-case-none", other), ENOENT);
	must(mkfifo(other, 0600) == 0);
	fails(link(path, other), EEXIST);
	fails(link(other, path), EEXIST);
	must(unlink(other) == 0 && mkdir(other, 0700) == 0);
	fails(link(path, other), EEXIST);
	fails(link(other, path), EEXIST);
	must(rmdir(other) == 0);
}

/* In the broker the second name would be free for an object, and the file would not be seen. */
CASE(a_second_name_of_a_semaphores_file)
{
	const char *file = "/dev/shm/sem.posix-case";
	const int fd = open(file, O_CREAT | O_RDWR, 0600);
	bool is_other, is_good, is_kept;
	struct stat st;

	must(fd >= 0);
	is_other = link(file, path_of(name)) < 0 && errno == EXDEV;
	is_good = is_other || (stat(path_of(name), &st) == 0 && unlink(path_of(name)) == 0);
	is_kept = fstat(fd, &st) == 0 && st.st_nlink == 1;
	must(unlink(file) == 0 && is_good && is_kept);
}

CASE(a_second_name_of_a_pipe)
{
	char other[160];

	snprintf(other, sizeof(other), "%s.other", path_of(name));
	must(mkfifo(path_of(name), 0600) == 0 && link(path_of(name), other) == 0);
	must(unlink(path_of(name)) == 0 && unlink(other) == 0);
}

CASE(made_by_mknod)
{
	struct stat st;

	must(mknod(path_of(name), S_IFREG | 0640, 0) == 0);
	must(stat(path_of(name), &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 0777) == 0640);
	must(st.st_size == 0 && ftruncate(shm_open(name, O_RDWR, 0), SIZE) == 0);
}

CASE(what_cannot_be_made_is_told_before_the_name)
{
	must(close(cases_make(name, SIZE)) == 0);
	fails(mknod(path_of(name), S_IFDIR | 0600, 0), EPERM);
	fails(mknod(path_of(name), S_IFLNK | 0600, 0), EINVAL);
	fails(symlink("", path_of(name)), ENOENT);
}

CASE(an_old_program_makes_it)
{
	int (*make)(int version, const char *path, mode_t mode, dev_t *device);
	dev_t device = 0;

	*(void **)&make = dlsym(RTLD_DEFAULT, "__xmknod");
	must(!make || make(0, path_of(name), S_IFREG | 0600, &device) == 0);
	must(make || close(cases_make(name, SIZE)) == 0);
	must(close(shm_open(name, O_RDWR, 0)) == 0);
	must(!make || (make(0, path_of(name), S_IFIFO | 0600, &device) < 0 && errno == EEXIST));
}

CASE(a_socket_gets_no_name_that_is_taken)
{
	struct stat st;

	must(bind_to(path_of(name)) == 0 && stat(path_of(name), &st) == 0);
	must(S_ISSOCK(st.st_mode) && unlink(path_of(name)) == 0);
	must(close(cases_make(name, SIZE)) == 0);
	fails(bind_to(path_of(name)), EADDRINUSE);
	must(stat(path_of(name), &st) == 0 && S_ISREG(st.st_mode));
}

CASE(a_path_that_ends_with_a_dot_is_no_files)
{
	const char *path = path_of(name);
	char dot[160], other[160];
	struct stat st;

	snprintf(dot, sizeof(dot), "%s/.", path);
	snprintf(other, sizeof(other), "%s.other/./.", path);
	fails(open(dot, O_CREAT | O_RDWR, 0600), ENOENT);
	fails(mknod(dot, S_IFREG | 0600, 0), ENOENT);
	must(close(cases_make(name, SIZE)) == 0);
	fails_behind(unlink(dot));
	fails_behind(remove(dot));
	fails_behind(stat(dot, &st));
	fails_behind(open(dot, O_RDWR));
	fails_behind(truncate(dot, 0));
	fails_behind(rename(path, other));
	must(cases_size(shm_open(name, O_RDWR, 0)) == SIZE);
	must(unlink(path) == 0 && mkdir(path, 0700) == 0);
	must(stat(dot, &st) == 0 && S_ISDIR(st.st_mode) && rmdir(path) == 0);
}
