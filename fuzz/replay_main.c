/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target without a fuzzer: plays each file of its corpus once, a TAP point each, so that
 * any compiler and sanitizer meets them.
 *
 *	replay_TARGET [FILE...]	without files: the corpus of fuzz_TARGET (fuzz/targets)
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (1 << 20)

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

/*
 * In the lines of fuzz/targets: fuzz_TARGET CORPUS, and what it is for. "": there is no such line.
 */
static void find_corpus(const char *srcdir, char corpus[64])
{
	const char *target = strstr(program_invocation_short_name, "replay_");
	char path[4096];
	char name[64];
	FILE *targets;

	corpus[0] = '\0';
	snprintf(path, sizeof(path), "%s/fuzz/targets", srcdir);
	targets = fopen(path, "r");
	while (targets && target && fscanf(targets, "fuzz_%63s %63s%*[^\n]\n", name, corpus) == 2 &&
		strcmp(name, target + sizeof("replay_") - 1) != 0)
		corpus[0] = '\0';
	if (targets)
		fclose(targets);
}

static int replay_corpus(void)
{
	const char *srcdir = getenv("top_srcdir") ? getenv("top_srcdir") : ".";
	char directory[4200];
	char corpus[64];
	struct dirent **entries;
	int status = EXIT_SUCCESS;
	int count;

	find_corpus(srcdir, corpus);
	snprintf(directory, sizeof(directory), "%s/fuzz/%s", srcdir, corpus);
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
