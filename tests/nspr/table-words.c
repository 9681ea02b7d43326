/* SPDX-License-Identifier: MIT */
/*
 * The names of numbers, for which only newer C libraries have calls: those that stand in the table.
 */
#include "table.h"

#include <errno.h>
#include <signal.h>

struct word {
	int number;
	const char *name;
};

#define WORD(number)                                                                               \
	{                                                                                          \
		number, #number                                                                    \
	}

static const char *word_of(const struct word *words, size_t count, int number)
{
	for (size_t i = 0; i < count; i++) {
		if (words[i].number == number)
			return words[i].name;
	}
	return "another";
}

const char *error_word(int error)
{
	static const struct word words[] = {{0, "0"}, WORD(EACCES), WORD(EBADF), WORD(ECONNREFUSED),
		WORD(EEXIST), WORD(EFAULT), WORD(EFBIG), WORD(EINTR), WORD(EINVAL), WORD(EISDIR),
		WORD(ELOOP), WORD(EMFILE), WORD(ENAMETOOLONG), WORD(ENOENT), WORD(ENOMEM),
		WORD(ENOSPC), WORD(ENOTDIR), WORD(EPERM)};

	return word_of(words, sizeof(words) / sizeof(*words), error);
}

const char *signal_word(int number)
{
	static const struct word words[] = {WORD(SIGABRT), WORD(SIGALRM), WORD(SIGBUS),
		WORD(SIGFPE), WORD(SIGILL), WORD(SIGKILL), WORD(SIGPIPE), WORD(SIGSEGV),
		WORD(SIGTERM)};

	return word_of(words, sizeof(words) / sizeof(*words), number);
}
