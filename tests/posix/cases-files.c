/* SPDX-License-Identifier: MIT */
/*
 * Programs that take an object for a file like any other: remove(3), the older calls for times,
 * files without a name, streams that are opened again, logs.
 */
#include "tests/posix/cases.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utime.h>
#include <wchar.h>

#define SIZE 8192

CASE(removed_as_in_c)
{
	const char *path = path_of(name);
	char inner[160];

	fails(remove(path), ENOENT);
	must(close(cases_make(name, SIZE)) == 0 && remove(path) == 0);
	fails(shm_open(name, O_RDWR, 0), ENOENT);
	must(mkdir(path, 0700) == 0);
	snprintf(inner, sizeof(inner), "%s/one", path);
	must(close(open(inner, O_CREAT | O_RDWR, 0600)) == 0);
	fails(remove(path), ENOTEMPTY);
	must(remove(inner) == 0 && remove(path) == 0);
}

CASE(times_by_the_older_calls)
{
	const char *path = path_of(name);
	int fd;

	fails(utime(path, NULL), ENOENT);
	fails(utimes(path, NULL), ENOENT);
	fd = cases_make(name, SIZE);
	must(utime(path, NULL) == 0 && utimes(path, NULL) == 0 && lutimes(path, NULL) == 0);
	must(futimesat(AT_FDCWD, path, NULL) == 0 && futimes(fd, NULL) == 0);
	fails(futimes(-1, NULL), EBADF);
	fails(futimens(fd, (const struct timespec[2]){{0, UTIME_OMIT}, {0, 1000000000}}), EINVAL);
	fails(utimensat(AT_FDCWD, path, (const struct timespec[2]){{0, -1}}, 0), EINVAL);
	fails(utimensat(AT_FDCWD, path, NULL, 0x8), EINVAL);
	fails(utimes(path, (const struct timeval[2]){{0, 0}, {0, 1000000}}), EINVAL);
	must(futimens(fd, (const struct timespec[2]){{0, UTIME_NOW}, {0, UTIME_OMIT}}) == 0);
}

CASE(a_file_without_a_name)
{
	struct stat st;
	int fd;

	umask(027);
	fails(open("/dev/shm", O_TMPFILE | O_RDONLY, 0600), EINVAL);
	fd = open("/dev/shm/", O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
	must(fd >= 0 && fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_nlink == 0);
	must((st.st_mode & 07777) == 0640 && (fcntl(fd, F_GETFD) & FD_CLOEXEC));
	must(ftruncate(fd, SIZE * 2) == 0 && ftruncate(fd, SIZE) == 0 && cases_size(fd) == SIZE);
	strcpy(cases_map(fd, SIZE), "hello");
	must(mkdir(path_of(name), 0700) == 0);
	must((fd = openat(open(path_of(name), O_RDONLY), ".", O_TMPFILE | O_WRONLY, 0600)) >= 0);
	must(write(fd, "hello", 5) == 5 && cases_size(fd) == 5 && rmdir(path_of(name)) == 0);
}

CASE(a_file_without_a_name_needs_a_directory)
{
	const int flags = O_TMPFILE | O_RDWR;
	char slash[160];

	snprintf(slash, sizeof(slash), "%s/", path_of(name));
	fails(open(path_of(name), flags, 0600), ENOENT);
	fails(open(slash, flags, 0600), ENOENT);
	fails(open("/dev/shm", flags | O_CREAT, 0600), EINVAL);
	must(mkfifo(path_of(name), 0600) == 0);
	fails(open(path_of(name), flags, 0600), ENOTDIR);
	fails(open(slash, flags, 0600), ENOTDIR);
	must(unlink(path_of(name)) == 0 && symlink("/dev/shm", path_of(name)) == 0);
	must(open(path_of(name), flags, 0600) >= 0 && open(slash, flags, 0600) >= 0);
	must(unlink(path_of(name)) == 0 && close(cases_make(name, SIZE)) == 0);
	fails(open(path_of(name), flags, 0600), ENOTDIR);
	fails(open(path_of(name), flags | O_CREAT, 0600), EINVAL);
	fails_behind(open(slash, flags, 0600));
}

CASE(a_stream_is_opened_again)
{
	char text[8];
	FILE *file = freopen(path_of(name), "wx", fopen("/dev/null", "r"));

	must(file && fputs("hello", file) >= 0 && fflush(file) == 0);
	file = freopen(path_of(name), "r", file);
	must(file && fgets(text, sizeof(text), file) && strcmp(text, "hello") == 0);
	must(fputs("hello", file) < 0 && freopen("/dev/null", "r", file) == file);
	must(!freopen("/dev/shm/posix-case-none", "r", file) && errno == ENOENT);
	must(cases_size(shm_open(name, O_RDONLY, 0)) == 5);
}

static bool child_sizes(const char *name)
{
	int status = -1;

	if (fork() == 0)
		_exit(ftruncate(shm_open(name, O_RDWR, 0), 2 * SIZE) == 0 ? 0 : 1);
	return wait(&status) > 0 && status == 0;
}

/* Nothing is left of a stream that is closed: the next process may size the file. */
CASE(closed_with_its_stream)
{
	FILE *file = fopen(path_of(name), "w");

	must(file && fputs("hello", file) >= 0 && fclose(file) == 0 && child_sizes(name));
	file = fopen(path_of(name), "w");
	must(file && fputs("hello", file) >= 0 && freopen("/dev/null", "r", file) == file);
	must(child_sizes(name) && fclose(file) == 0);
	file = fopen(path_of(name), "w");
	must(file && fputs("hello", file) >= 0);
	must(!freopen("/dev/shm/posix-case-none", "r", file) && errno == ENOENT);
	must(child_sizes(name) && fclose(file) == EOF);
}

CASE(a_stream_is_opened_again_at_the_end)
{
	FILE *file;

	must(close(cases_make(name, SIZE)) == 0);
	file = freopen(path_of(name), "a", fopen("/dev/null", "w"));
	must(file && ftell(file) == SIZE && fclose(file) == 0);
}

CASE(a_stream_has_a_character_set)
{
	FILE *file = fopen(path_of(name), "w,ccs=UTF-8");

	must(file && fputwc(L'\u00e4', file) != WEOF && fclose(file) == 0);
	file = fopen(path_of(name), "r,ccs=UTF-8");
	must(file && fgetwc(file) == L'\u00e4' && fclose(file) == 0);
	must(cases_size(shm_open(name, O_RDONLY, 0)) == 2);
	must(!fopen(path_of(name), "r,ccs=NONE") && errno == EINVAL);
}

CASE(a_directory_is_not_made_by_an_open)
{
	const int flags = O_DIRECTORY | O_CREAT | O_RDWR;

	must(open(path_of(name), flags, 0600) == -1 && (errno == EINVAL || errno == ENOTDIR));
	must(close(cases_make(name, SIZE)) == 0);
	must(open(path_of(name), flags, 0600) == -1 && (errno == EINVAL || errno == ENOTDIR));
}

CASE(a_file_that_is_made_needs_a_mode)
{
	int (*open_2)(const char *path, int flags);
	const struct rlimit no_core = {0, 0};
	int status;

	*(void **)&open_2 = dlsym(RTLD_DEFAULT, "__open_2");
	must(open_2 && setrlimit(RLIMIT_CORE, &no_core) == 0);
	if (fork() == 0) {
		close(STDERR_FILENO);
		open_2(path_of(name), O_CREAT | O_RDWR);
		_exit(1);
	}
	must(wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	must(close(cases_make(name, SIZE)) == 0 && open_2(path_of(name), O_RDWR) >= 0);
}

static void make_and_wait(const char *name, int made, int ends)
{
	must(shm_open(name, O_CREAT | O_RDWR, 0600) >= 0 && write(made, "x", 1) == 1);
	_exit(read(ends, &(char){0}, 1) != 0);
}

/* Of an object that another process has made, and has, until ends[1] is closed. */
static int open_early(const char *name, int ends[2])
{
	int made[2];

	must(pipe(made) == 0 && pipe2(ends, O_CLOEXEC) == 0);
	if (fork() == 0) {
		close(ends[1]);
		make_and_wait(name, made[1], ends[0]);
	}
	must(read(made[0], &(char){0}, 1) == 1);
	return shm_open(name, O_RDWR, 0);
}

/*
 * The child has its parent's memory, and descriptors of its own. The parent's is still one that the
 * first write makes one that writes.
 */
CASE(a_child_of_vfork_closes_what_it_has)
{
	int ends[2];
	const int early = open_early(name, ends);
	int status;
	pid_t child = vfork();

	if (child == 0) {
		close(early);
		dup2(STDERR_FILENO, early);
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	must(waitpid(child, &status, 0) == child && status == 0);
	must(write(early, "x", 1) == 1 && cases_size(early) == 1);
	must(close(ends[1]) == 0 && wait(&status) > 0 && status == 0);
}

/* As another process that has the object would stop it. */
static void size_twice(const char *name)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);

	must(fd >= 0 && ftruncate(fd, SIZE) == 0 && ftruncate(fd, SIZE * 2) == 0);
	_exit(0);
}

CASE(what_a_child_of_vfork_opens_is_not_its_parents)
{
	const int fd = cases_make(name, SIZE);
	char other[80];
	int status;
	pid_t child;

	snprintf(other, sizeof(other), "%s.other", name);
	child = vfork();
	if (child == 0)
		_exit(open(path_of(other), O_CREAT | O_RDWR, 0600) > fd ? 0 : 1);
	must(waitpid(child, &status, 0) == child && status == 0 && cases_size(fd) == SIZE);
	child = fork();
	if (child == 0)
		size_twice(other);
	must(waitpid(child, &status, 0) == child && shm_unlink(other) == 0 && status == 0);
}

CASE(a_child_of_vfork_changes_the_mode)
{
	const int fd = cases_make(name, SIZE);
	struct stat st;
	int status;
	pid_t child = vfork();

	if (child == 0)
		_exit(chmod(path_of(name), 0640) || chown(path_of(name), -1U, getegid()) ? 1 : 0);
	must(waitpid(child, &status, 0) == child && status == 0);
	must(fstat(fd, &st) == 0 && (st.st_mode & 0777) == 0640);
}

/* The connection that it makes to the broker is not its parent's. */
CASE(a_child_of_vfork_is_the_first_to_ask)
{
	int status, fd;
	pid_t child = vfork();

	if (child == 0)
		_exit(open(path_of(name), O_CREAT | O_RDWR, 0600) >= 0 ? 0 : 1);
	must(waitpid(child, &status, 0) == child && status == 0);
	must((fd = open(path_of(name), O_RDWR)) >= 0 && ftruncate(fd, SIZE) == 0);
	must(cases_size(fd) == SIZE);
}

CASE(a_program_is_spawned_with_files)
{
	char *const arguments[] = {(char *)"cat", NULL};
	posix_spawn_file_actions_t actions;
	const int in = cases_make(name, 0);
	char other[160];
	int status;
	pid_t child;

	snprintf(other, sizeof(other), "%s.other", path_of(name));
	must(write(in, "hello", 5) == 5 && close(in) == 0);
	must(posix_spawn_file_actions_init(&actions) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 0, path_of(name), O_RDONLY, 0) == 0);
	must(posix_spawn_file_actions_addopen(&actions, 1, other, O_CREAT | O_WRONLY, 0600) == 0);
	must(posix_spawnp(&child, "cat", &actions, NULL, arguments, environ) == 0);
	must(waitpid(child, &status, 0) == child && status == 0);
	must(posix_spawn_file_actions_destroy(&actions) == 0);
	must(child_sizes(name)); /* which nobody has any more */
	must(cases_size(open(other, O_RDONLY)) == 5 && unlink(other) == 0);
}

/* To look after an object does not fix its size. */
CASE(another_process_changes_the_mode_of_a_log)
{
	const int fd = cases_make(name, 1);
	struct stat st;
	int status;

	if (fork() == 0) {
		must(close(fd) == 0 && chmod(path_of(name), 0640) == 0);
		must(chown(path_of(name), geteuid(), getegid()) == 0);
		_exit(0);
	}
	must(wait(&status) > 0 && status == 0 && fstat(fd, &st) == 0);
	must((st.st_mode & 0777) == 0640 && ftruncate(fd, SIZE) == 0);
}

/* As a child does that opens a file for the program that it starts. */
CASE(a_child_of_vfork_opens_the_standard_output)
{
	char text[8] = "";
	int status;
	pid_t child = vfork();

	if (child == 0) {
		const int fd = open(path_of(name), O_CREAT | O_RDWR, 0600);

		dup2(fd, STDOUT_FILENO);
		close(fd);
		execlp("echo", "echo", "hello", NULL);
		_exit(1);
	}
	must(waitpid(child, &status, 0) == child && status == 0);
	must(read(open(path_of(name), O_RDONLY), text, 6) == 6 && strcmp(text, "hello\n") == 0);
}

CASE(who_may_run_it)
{
	must(close(cases_make(name, SIZE)) == 0 && chmod(path_of(name), 0700) == 0);
	must(access(path_of(name), X_OK) == 0 && lchmod(path_of(name), 0600) == 0);
	fails(access(path_of(name), X_OK), EACCES);
}

/* As a log: what one process has is opened again, and grows. */
static void append_twice(const char *name, off_t size)
{
	const int fd = shm_open(name, O_CREAT | O_RDWR, 0600);
	const int other = shm_open(name, O_RDWR, 0);
	const int reader = shm_open(name, O_RDONLY, 0);
	char byte = 0;

	must(cases_size(reader) == size && pwrite(fd, "a", 1, size) == 1);
	must(ftruncate(other, size + SIZE) == 0 && pwrite(other, "b", 1, size + SIZE - 1) == 1);
	must(pread(reader, &byte, 1, size + SIZE - 1) == 1 && byte == 'b');
	must(close(reader) == 0 && close(fd) == 0 && close(other) == 0);
}

CASE(one_process_after_the_other_makes_it_larger)
{
	int status;

	for (int turn = 0; turn < 4; turn += 2) {
		append_twice(name, turn * SIZE);
		if (fork() == 0) {
			append_twice(name, (turn + 1) * SIZE);
			_exit(shm_open(name, O_RDWR, 0) >= 0 ? 0 : 1); /* closes nothing */
		}
		must(wait(&status) > 0 && status == 0);
	}
	must(cases_size(shm_open(name, O_RDONLY, 0)) == 4 * SIZE);
}

int main(int count, char **arguments)
{
	return cases_run(count, arguments);
}
