/* SPDX-License-Identifier: MIT */
/* Who has a segment open: the second half of `show`. */
#ifndef PRSHM_CTL_HOLDERS_H
#define PRSHM_CTL_HOLDERS_H

#include "include/prshm-client.h"

struct holders {
	struct prshm_holder *holders;
	size_t count;
	size_t room;
};

/* Appends the handles of the segment of this number. */
enum prshm_result holders_get(struct holders *holders, uint64_t number);
void holders_deinit(struct holders *holders);

/*
 * The name of the program with that pid, or "?" where it cannot be seen: the program has ended, or
 * the broker sees other pids than we do. It is a hint: the number may be another program's by now.
 */
#define HOLDERS_COMMAND_MAX 64
const char *holders_command(pid_t pid, char out[HOLDERS_COMMAND_MAX]);

/* "write", "read" or "none". */
const char *holders_access(unsigned int access);

/* A table, a line a handle; nothing for none. False: it could not be printed. */
bool holders_print(const struct holders *holders);
/* A JSON array. */
void holders_print_json(const struct holders *holders);

#endif
