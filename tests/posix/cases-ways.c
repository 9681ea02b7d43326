/* SPDX-License-Identifier: MIT */
/* Paths that lead into /dev/shm by another way than its name, and to what is there by a link. */
#include "tests/posix/cases.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#define SIZE 4096

/* The case's process ends soon, and frees nothing. */
static const char *in(const char *directory, const char *name)
{
	char *path;

	must(asprintf(&path, "%s%s", directory, name) > 0);
	return path;
}

static ino_t inode_of(const char *path)
{
	struct stat st;

	must(stat(path, &st) == 0 && S_ISREG(st.st_mode) && st.st_size == SIZE);
	return st.st_ino;
}

static ino_t inode_by(int fd)
{
	struct stat st;

	must(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode));
	return st.st_ino;
}

CASE(from_directories_above)
{
	const int top = open("/", O_PATH);
	const int devices = open("/dev", O_RDONLY | O_DIRECTORY);
	const ino_t inode = inode_by(cases_make(name, SIZE));

	must(inode_by(openat(top, in("dev/shm", name), O_RDONLY)) == inode);
	must(inode_by(openat(devices, in("shm", name), O_RDWR)) == inode);
	must(faccessat(devices, in("./shm/", name), W_OK, 0) == 0);
	must(chdir("/dev") == 0 && inode_of(in("shm", name)) == inode);
	must(chdir("/") == 0 && inode_of(in("dev/shm", name)) == inode);
	must(unlinkat(devices, in("shm", name), 0) == 0);
	fails(unlink(in("dev/shm", name)), ENOENT);
}

CASE(by_dots)
{
	const int directory = open("/dev/shm", O_PATH | O_DIRECTORY);
	const ino_t inode = inode_by(cases_make(name, SIZE));

	must(inode_of(in("/dev/shm/../shm", name)) == inode);
	must(inode_of(in("/tmp/../dev/./shm//", name)) == inode);
	must(inode_by(openat(directory, in("../shm", name), O_RDONLY)) == inode);
	must(mkdir(in("/dev/shm", in(name, ".d")), 0700) == 0);
	must(chdir(in("/dev/shm", in(name, ".d"))) == 0 && inode_of(in("..", name)) == inode);
	must(rename(in("..", name), "one") == 0 && inode_of("one") == inode);
	must(unlink("../../shm/./../shm/none") == -1 && errno == ENOENT && unlink("one") == 0);
	must(chdir("/") == 0 && rmdir(in("/dev/shm", in(name, ".d"))) == 0);
}

/* As /run/shm does, and as those make who have their caches in memory. */
CASE(by_a_link_to_the_directory)
{
	const char *const link = in("/tmp", name);
	const ino_t inode = inode_by(cases_make(name, SIZE));
	const struct dirent *entry;
	struct statfs here, there;
	DIR *directory;

	must(symlink("/dev/shm", link) == 0);
	must(inode_of(in(link, name)) == inode);
	must(inode_by(open(in(link, name), O_RDWR)) == inode);
	fails(open(in(link, name), O_CREAT | O_EXCL | O_RDWR, 0600), EEXIST);
	must(statfs(link, &here) == 0 && statfs("/dev/shm", &there) == 0);
	must(here.f_blocks == there.f_blocks);
	directory = opendir(link);
	must(directory);
	while ((entry = readdir(directory)) && strcmp(entry->d_name, name + 1) != 0)
		;
	must(entry && entry->d_ino == inode && closedir(directory) == 0);
	must(unlink(in(link, name)) == 0);
	fails(close(shm_open(name, O_RDWR, 0)), EBADF);
	must(close(open(in(link, name), O_CREAT | O_EXCL | O_WRONLY, 0600)) == 0);
	must(close(shm_open(name, O_RDWR, 0)) == 0);
	must(unlink(link) == 0);
}

CASE(by_a_link_to_it)
{
	const char *const link = in("/dev/shm", in(name, ".link"));
	const ino_t inode = inode_by(cases_make(name, SIZE));
	char target[PATH_MAX];
	struct stat st;

	must(symlink(name + 1, link) == 0 && inode_of(link) == inode);
	must(inode_by(open(link, O_RDWR)) == inode && access(link, W_OK) == 0);
	fails(open(link, O_RDWR | O_NOFOLLOW), ELOOP);
	fails(open(link, O_RDWR | O_CREAT | O_EXCL, 0600), EEXIST);
	must(lstat(link, &st) == 0 && S_ISLNK(st.st_mode));
	must(chmod(link, 0640) == 0 && stat(in("/dev/shm", name), &st) == 0);
	must((st.st_mode & 07777) == 0640 && realpath(link, target));
	must(strcmp(target, in("/dev/shm", name)) == 0 && unlink(link) == 0);
	must(symlink(in("/dev/shm", name), in("/tmp", name)) == 0);
	must(truncate(in("/tmp", name), SIZE) == 0 && inode_of(in("/tmp", name)) == inode);
	must(unlink(in("/tmp", name)) == 0 && inode_of(in("/dev/shm", name)) == inode);
}

/* open(2) makes what the link leads to. */
CASE(made_by_a_link_to_nothing)
{
	const char *const link = in("/tmp", name);

	must(symlink(in("/dev/shm", name), link) == 0);
	fails(open(link, O_RDWR), ENOENT);
	must(close(open(link, O_CREAT | O_RDWR, 0600)) == 0 && unlink(link) == 0);
	must(close(shm_open(name, O_RDWR, 0)) == 0);
}

CASE(links_that_lead_out)
{
	const char *const link = in("/dev/shm", name);
	char path[] = "/tmp/posix-case-XXXXXX";
	const int fd = mkstemp(path);

	must(symlink(path, link) == 0 && inode_by(open(link, O_RDWR)) == inode_by(fd));
	must(unlink(link) == 0 && symlink("/tmp", link) == 0);
	must(inode_by(open(in(link, path + 4), O_RDWR)) == inode_by(fd));
	must(unlink(in(link, path + 4)) == 0 && unlink(link) == 0);
	must(symlink(name + 1, link) == 0);
	fails(open(link, O_RDWR), ELOOP);
	must(unlink(link) == 0);
}

CASE(by_its_descriptor)
{
	const int fd = cases_make(name, SIZE);
	const ino_t inode = inode_by(fd);
	char numbered[64], target[PATH_MAX];
	struct stat st;
	ssize_t length;

	snprintf(numbered, sizeof(numbered), "/proc/self/fd/%d", fd);
	must(inode_of(numbered) == inode && stat(numbered, &st) == 0 && st.st_nlink == 1);
	must((length = readlink(numbered, target, sizeof(target))) > 0);
	must((size_t)length == strlen(in("/dev/shm", name)));
	must(memcmp(target, in("/dev/shm", name), (size_t)length) == 0);
	must(readlink(numbered, target, 30) == (length < 30 ? length : 30));
	must(realpath(numbered, target) && strcmp(target, in("/dev/shm", name)) == 0);
	must(chmod(numbered, 0640) == 0 && fstat(fd, &st) == 0 && (st.st_mode & 07777) == 0640);
	must(dup2(fd, 0) == 0 && inode_by(open("/dev/stdin", O_RDWR)) == inode);
	must(inode_of("/dev/fd/0") == inode && shm_unlink(name) == 0);
	must(stat(numbered, &st) == 0 && st.st_nlink == 0);
	length = readlink(numbered, target, sizeof(target) - 1);
	target[length > 0 ? length : 0] = '\0';
	must(strcmp(target, in(in("/dev/shm", name), " (deleted)")) == 0);
}

static size_t seen[FTW_SLN + 1];
static off_t seen_size;

static int see(const char *path, const struct stat *st, int kind, struct FTW *position)
{
	must(kind >= 0 && kind <= FTW_SLN && strlen(path) > (size_t)position->base);
	seen[kind]++;
	seen_size += S_ISREG(st->st_mode) ? st->st_size : 0;
	return 0;
}

static int leave_out(const char *path, const struct stat *st, int kind, struct FTW *position)
{
	seen[kind]++;
	must(st && (position->level > 0 || kind == FTW_D));
	return strcmp(path + position->base, "d") == 0 ? FTW_SKIP_SUBTREE : FTW_CONTINUE;
}

static int take_away(const char *path, const struct stat *st, int kind, struct FTW *position)
{
	must(st && position && kind != FTW_D);
	return remove(path);
}

/* Three files, two directories and a link. */
static void make_tree(const char *name)
{
	must(mkdir(in("/dev/shm", name), 0700) == 0 && chdir(in("/dev/shm", name)) == 0);
	must(mkdir("d", 0700) == 0 && symlink("a", "link") == 0);
	must(close(creat("a", 0600)) == 0 && truncate("a", SIZE) == 0);
	must(close(creat("b", 0600)) == 0 && close(creat("d/c", 0600)) == 0);
	must(truncate("d/c", SIZE) == 0 && chdir("/") == 0);
}

CASE(a_tree_is_walked)
{
	const char *const top = in("/dev/shm", name);

	make_tree(name);
	must(nftw(top, see, 3, FTW_PHYS) == 0 && seen_size == 2 * SIZE);
	must(seen[FTW_F] == 3 && seen[FTW_D] == 2 && seen[FTW_SL] == 1);
	memset(seen, 0, sizeof(seen));
	must(chdir("/dev/shm") == 0 && nftw(name + 1, see, 3, FTW_DEPTH | FTW_CHDIR) == 0);
	must(seen[FTW_F] == 4 && seen[FTW_DP] == 2 && access(name + 1, R_OK) == 0);
	memset(seen, 0, sizeof(seen));
	must(nftw(top, leave_out, 3, FTW_PHYS | FTW_ACTIONRETVAL) == 0 && seen[FTW_F] == 2);
	must(nftw(top, take_away, 3, FTW_PHYS | FTW_DEPTH) == 0);
	fails(nftw(top, see, 3, 0), ENOENT);
}

CASE(patterns_match)
{
	glob_t found = {.gl_offs = 0};

	make_tree(name);
	must(chdir(in("/dev/shm", name)) == 0 && glob("*", GLOB_MARK, NULL, &found) == 0);
	must(found.gl_pathc == 4 && strcmp(found.gl_pathv[0], "a") == 0);
	must(strcmp(found.gl_pathv[2], "d/") == 0);
	must(glob("../*/d/?", GLOB_APPEND, NULL, &found) == 0 && found.gl_pathc == 5);
	globfree(&found);
	must(glob("a*b", 0, NULL, &found) == GLOB_NOMATCH && glob("b", 0, NULL, &found) == 0);
	globfree(&found);
	must(nftw(".", take_away, 3, FTW_PHYS | FTW_DEPTH) == -1 && chdir("/") == 0);
	must(rmdir(in("/dev/shm", name)) == 0);
}

CASE(limits_of_names_by_a_path)
{
	fails(pathconf(in("/dev/shm", name), _PC_NAME_MAX), ENOENT);
	must(close(cases_make(name, SIZE)) == 0);
	must(pathconf(in("/dev/shm", name), _PC_NAME_MAX) == 255);
}
