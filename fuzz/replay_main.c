/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without a fuzzer: plays each file of its corpus once, a TAP point each, so that
 * any compiler and sanitizer meets them.
 *
 *	replay_broker [FILE...]		without files: all of $top_srcdir/fuzz/corpus
 *	replay_journal [FILE...]	... or of $top_srcdir/fuzz/corpus-journal
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#define INPUT_MAX (1 << 20)

#ifndef CORPUS
#define CORPUS "fuzz/corpus"
#endif

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t length);

static int points;

/* A target that finds a fault aborts: the name has to be out before. */
static int replay(const char *path)
{
	static uint8_t bytes[INPUT_MAX];
	FILE *file = fopen(path, "rb");
	size_t length;

	if (!file) {
		perror(path);
		return EXIT_FAILURE;
	}
	length = fread(bytes, 1, sizeof(bytes), file);
	fclose(file);
	printf("# %s, %zu bytes\n", path, length);
	fflush(stdout);
	LLVMFuzzerTestOneInput(bytes, length);
	printf("ok %d - the corpus does no harm\n", ++points);
	return EXIT_SUCCESS;
}

static int replay_corpus(void)
{
	const char *srcdir = getenv("top_srcdir");
	char directory[4096];
	struct dirent **entries;
	int status = EXIT_SUCCESS;
	int count;

	snprintf(directory, sizeof(directory), "%s/" CORPUS, srcdir ? srcdir : ".");
	count = scandir(directory, &entries, NULL, alphasort);
	for (int i = 0; i < count; i++) {
		char path[8192];

		snprintf(path, sizeof(path), "%s/%s", directory, entries[i]->d_name);
		if (entries[i]->d_name[0] != '.' && replay(path) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
	if (points == 0) {
		printf("not ok 1 - there is a corpus in %s\n", directory);
		points++;
		status = EXIT_FAILURE;
	}
	return status;
}

int main(int argc, char **argv)
{
	int status = EXIT_SUCCESS;

	for (int i = 1; i < argc; i++) {
		if (replay(argv[i]) != EXIT_SUCCESS)
			status = EXIT_FAILURE;
	}
	if (argc == 1)
		status = replay_corpus();
	printf("1..%d\n", points);
	return status;
}
