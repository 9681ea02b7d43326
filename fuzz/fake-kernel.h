/* SPDX-License-Identifier: MIT */
/*
 * A kernel of a few tables, for fuzz targets: memfds are blocks of memory, and sockets bring what
 * the target says. So an input costs no system call. fake-kernel.c takes the place of the calls
 * when a target is linked (the linker's --wrap); the product does not know. Descriptors and
 * mappings that are not the fake's go to the real kernel.
 *
 * The fake has what the product uses: sizes, modes, seals, inodes, a second descriptor that only
 * reads, and pages that all mappings of a memfd share. Ask the real kernel whether it does the
 * same: the target fuzz_broker_real plays the same inputs there.
 */
#ifndef PRSHM_FUZZ_FAKE_KERNEL_H
#define PRSHM_FUZZ_FAKE_KERNEL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* To be called before each input: whatever the last one left open is closed. */
void fake_reset(void);
/* How many descriptors are open; a target compares before and after. */
unsigned int fake_count_fds(void);

struct fake_file {
	mode_t mode; /* with S_IFMT */
	uint64_t size;
	uint64_t inode; /* 0: the next one */
	int seals;      /* -1: a file that knows no seals */
	uid_t uid;      /* of a socket's peer */
};
/* A descriptor that somebody else made: what a keeper or a broker sends. */
int fake_open(const struct fake_file *file, int flags);

/*
 * For a target in which a program and a broker both live: each has its part of the table, and does
 * not see the other's. A program gets the lowest number that is free, as POSIX promises. Ends with
 * fake_reset.
 */
enum fake_process { FAKE_PROGRAM, FAKE_BROKER };
void fake_be(enum fake_process who);
#define FAKE_FIRST_FD 1000000     /* the program's lowest; no real descriptor has such a number */
#define FAKE_PART     2048        /* descriptors of each */
int fake_receive(int fd);         /* a copy of a descriptor of anybody's; -1: EBADF, EMFILE */
int fake_replace(int fd, int to); /* dup2(2) */
int fake_end_fd(void);            /* no descriptor of the program's is from here on */
const char *fake_name(int fd);    /* that memfd_create got; "": another file; NULL: not open */

#endif
