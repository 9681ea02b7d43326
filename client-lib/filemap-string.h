/* SPDX-License-Identifier: MIT */
/*
 * Anonymous memory as a string, for a process that may have the memory:
 *
 *	FD:PROT:INODE:TOKEN
 *
 * The descriptor's number in a child, PRFileMapProtect, and st_ino, all decimal, and the
 * broker's token as 32 hexadecimal digits. libnspr4 reads the first two fields only.
 */
#ifndef PRSHM_CLIENT_FILEMAP_STRING_H
#define PRSHM_CLIENT_FILEMAP_STRING_H

#include <stdbool.h>
#include <stdint.h>

#include "include/prio.h"

/* Bytes with the NUL: 10 digits, 1, 20, 32, and three colons. */
#define FILEMAP_STRING_SIZE 67

struct reference {
	int fd;
	PRFileMapProtect protection;
	uint64_t inode;
	uint64_t token_high;
	uint64_t token_low;
};

/* Returns its length. */
size_t filemap_string_write(const struct reference *reference, char text[FILEMAP_STRING_SIZE]);

/* Accepts exactly what filemap_string_write writes. False: *out is untouched. */
bool filemap_string_read(const char *text, struct reference *out);

#endif
