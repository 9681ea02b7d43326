/* SPDX-License-Identifier: MIT */

/*
 * Plain files: what a row needs on the disk, what a call left there, and the SysV segments that
 * real NSPR leaves. Only NSPR makes files of its own, so removing or changing one that is missing
 * is no failure: the other library then has nothing to be disturbed by.
 */
#include "table.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/shm.h>
#include <sys/stat.h>
#include <unistd.h>

/* Every directory on the way to the longest name, so that only the length of a name decides. */
static int make_long_directories(char *path)
{
	char *start = path + strlen(name_directory()) + 1;

	for (char *slash = strchr(start, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(path, 0755) < 0)
			return -1;
		*slash = '/';
	}
	return 0;
}

/* chmod() on top: the modes given are meant, whatever the umask. */
static int make_file(const char *path, mode_t mode)
{
	int file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (file < 0)
		return -1;
	close(file);
	return chmod(path, mode);
}

static void look_at_file(const char *path, char *result)
{
	struct stat stat;

	if (lstat(path, &stat) < 0)
		result_write(result, "no file");
	else
		result_write(result, "file left: mode %04o, %lld bytes", stat.st_mode & 07777,
			(long long)stat.st_size);
}

/* Returns -1 with errno, 0, or 1 if the step is none of ours. */
static int arrange(const struct step *step, char *path, const char *other)
{
	mode_t mode = (mode_t)step->mode;

	switch (step->operation) {
	case MAKE_DIRECTORY:
		return mkdir(path, 0755) < 0 ? -1 : chmod(path, mode);
	case MAKE_LONG_DIRECTORIES:
		return make_long_directories(path);
	case MAKE_FILE:
		return make_file(path, mode);
	case MAKE_SYMLINK:
		return symlink(other, path);
	case MAKE_LINK:
		return link(other, path);
	case RENAME_FILE:
		return rename(other, path);
	case REMOVE_FILE:
		return unlink(path);
	case CHANGE_MODE:
		return chmod(path, mode);
	case CHANGE_DIRECTORY:
		return chdir(path);
	case SET_UMASK:
		umask(mode);
		return 0;
	default:
		return 1;
	}
}

bool file_step_run(const struct step *step, char *result)
{
	char path[NAME_SIZE], other[NAME_SIZE];
	bool may_be_missing = step->operation == MAKE_LINK || step->operation == RENAME_FILE ||
			      step->operation == REMOVE_FILE || step->operation == CHANGE_MODE;
	int outcome;

	if (step->operation == LOOK_AT_FILE) {
		look_at_file(name_expand(step->name, path), result);
		return true;
	}
	name_expand(step->name, path);
	name_expand(step->text, other);
	outcome = arrange(step, path, other);
	if (outcome < 0 && !(errno == ENOENT && may_be_missing))
		result_write(result, "%s", error_word(errno));
	else
		result_write(result, "ok");
	return outcome <= 0;
}

/* A case has a handful of actors; the kernel remembers the creator's pid of each segment. */
static int creators[64];
static size_t creators_used;

void sysv_note_creator(int pid)
{
	if (creators_used < sizeof(creators) / sizeof(creators[0]))
		creators[creators_used++] = pid;
}

/*
 * Between cases, not only at the end: NSPR's key holds 16 bits of an inode number, and each segment
 * that is left is one that a later row might meet by accident.
 */
void sysv_remove_noted(void)
{
	FILE *segments = fopen("/proc/sysvipc/shm", "re");
	char line[512];
	int identifier, creator;

	while (segments && fgets(line, sizeof(line), segments)) {
		if (sscanf(line, "%*d %d %*o %*u %d", &identifier, &creator) != 2)
			continue;
		for (size_t i = 0; i < creators_used; i++)
			if (creators[i] == creator)
				shmctl(identifier, IPC_RMID, NULL);
	}
	if (segments)
		fclose(segments);
	creators_used = 0;
}
