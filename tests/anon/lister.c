/* SPDX-License-Identifier: MIT */
/*
 * Writes this process's descriptors to a file, a line each: its number and its inode. It links
 * nothing that could close or change one before it looks.
 *
 *	lister FILE
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

#define MOST 256

int main(int argc, char **argv)
{
	int numbers[MOST];
	int count = 0;
	DIR *directory = opendir("/proc/self/fd");
	const struct dirent *entry;
	struct stat st;
	FILE *file;

	if (argc != 2 || !directory)
		return 2;
	while ((entry = readdir(directory)) != NULL) {
		if (entry->d_name[0] != '.' && atoi(entry->d_name) != dirfd(directory) &&
			count < MOST)
			numbers[count++] = atoi(entry->d_name);
	}
	closedir(directory);
	file = fopen(argv[1], "w");
	if (!file)
		return 2;
	for (int i = 0; i < count; i++) {
		if (fstat(numbers[i], &st) == 0)
			fprintf(file, "%d %lu\n", numbers[i], (unsigned long)st.st_ino);
	}
	return fclose(file) == 0 ? 0 : 2;
}
