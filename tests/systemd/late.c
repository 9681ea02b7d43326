/* SPDX-License-Identifier: MIT */
/*
 * For prshm-posix-run.
 *
 *	late write NAME    makes an object whose size is open, and begins a write to it that lasts
 *	                   until a line comes; says "waiting" before and at the end
 *	late open NAME     opens it
 */
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/lib/late-page.h"

static bool wait_for_line(void)
{
	char line[16];

	puts("waiting");
	fflush(stdout);
	return fgets(line, sizeof(line), stdin);
}

static bool write_late(const char *name)
{
	const int fd = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
	struct late_page page;

	if (fd < 0 || syscall(SYS_ftruncate, fd, LATE_PAGE) != 0 || !late_page_begin(&page, fd)) {
		perror("late write");
		return false;
	}
	return wait_for_line() && late_page_end(&page) && wait_for_line();
}

static bool open_it(const char *name)
{
	const int fd = shm_open(name, O_RDWR, 0);

	if (fd < 0)
		perror("late open");
	return fd >= 0;
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "write") == 0)
		return write_late(argv[2]) ? 0 : 1;
	if (argc == 3 && strcmp(argv[1], "open") == 0)
		return open_it(argv[2]) ? 0 : 1;
	fprintf(stderr, "usage: late write|open NAME\n");
	return 2;
}
