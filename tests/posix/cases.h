/* SPDX-License-Identifier: MIT */
/*
 * Cases register themselves. Each runs in a child, with a name of its own, which is removed
 * afterwards.
 */
#ifndef PRSHM_TESTS_POSIX_CASES_H
#define PRSHM_TESTS_POSIX_CASES_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct posix_case {
	const char *title;
	void (*run)(const char *name);
	struct posix_case *next;
};

void cases_register(struct posix_case *added);
/* Runs those that are named, or all. What main returns. */
int cases_run(int count, char **arguments);
/* Ends the case with the line and what did not hold. */
void cases_fail(const char *file, int line, const char *what);

/*
 * What most cases begin with. Each ends the case if it fails. cases_make: a new object of that
 * size, open.
 */
int cases_make(const char *name, off_t size);
char *cases_map(int fd, size_t size);
off_t cases_size(int fd);
/* The path of that name, until the next call. */
const char *path_of(const char *name);

#define CASE(title)                                                                                \
	static void title(const char *name);                                                       \
	static struct posix_case case_##title = {#title, title, 0};                                \
	__attribute__((constructor)) static void register_##title(void)                            \
	{                                                                                          \
		cases_register(&case_##title);                                                     \
	}                                                                                          \
	static void title(__attribute__((unused)) const char *name)

#define must(holds)                                                                                \
	do {                                                                                       \
		if (!(holds))                                                                      \
			cases_fail(__FILE__, __LINE__, #holds);                                    \
	} while (0)
#define fails(call, error) must((call) == -1 && errno == (error))
/* Of a path that goes on behind a file's name: ENOTDIR on tmpfs, ENOENT in the broker. */
#define fails_behind(call) must((call) == -1 && (errno == ENOTDIR || errno == ENOENT))

#endif
