/* SPDX-License-Identifier: MIT */
/*
 * What the program of a fuzz target has: descriptors and mappings, told without the library.
 */
#ifndef PRSHM_FUZZ_POSIX_PROGRAM_H
#define PRSHM_FUZZ_POSIX_PROGRAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "fuzz/fake-door.h"

/* Numbers that the program uses, from the lowest on; then that of the library's socket. */
#define PROGRAM_LOW   24
#define PROGRAM_COUNT (PROGRAM_LOW + 1)

enum kind { NOTHING, OBJECT, FILE_OF_ITS_OWN, SOCKET };

struct had {
	enum kind kind;
	uint64_t inode;
	bool only_reads; /* opened so by name */
};
extern struct had program_has[PROGRAM_COUNT];
extern uint64_t program_pages[FAKE_PAGE_COUNT]; /* the inode that each page is of; 0: none */

int program_number(size_t index); /* of the descriptor with that index */
uint64_t program_inode(int fd);   /* 0: there is no such descriptor */
size_t program_lowest(void);      /* the lowest index with no descriptor */
bool program_is_full(void);       /* no more descriptors: the library needs some, too */
bool program_is_honest(void);     /* all that the broker has said counts */
/* Demands that the program has just what is told here, and holds just that at the broker. */
void program_check(void);

#endif
