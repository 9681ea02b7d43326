/* SPDX-License-Identifier: MIT */
/*
 * What the tests of anonymous memory share, in a client_case: programs to start, and who counts
 * what.
 */
#ifndef PRSHM_TESTS_ANON_H
#define PRSHM_TESTS_ANON_H

#include <sys/types.h>

#include "nspr.h"
#include "tests/client/client-case.h"
#include "tests/lib/testing.h"

/* The exit status of an actor whose PR_* call failed with that error. */
#define ANON_FAILED(code) ((int)(100 + (code)-PR_NSPR_ERROR_BASE))

/* A client_case of which a test must also leave no anonymous segment, if it leaves the broker. */
#define ANON_FIXTURE client_begin, anon_end, .uncounted = true
void anon_end(void);

/* The path of a program of this directory, "actor" or "lister". */
const char *anon_program(const char *name);

/* PR_OpenAnonFileMap and PR_MemMap that must work. */
PRFileMap *anon_open(PRSize size, PRFileMapProtect protection);
char *anon_map(PRFileMap *map, PRUint32 length);

/* Fails the test unless the last error is that one. */
void anon_expect(PRErrorCode code);

/* st_ino of the memory mapped at an address. */
ino_t anon_inode(const void *address);

/* Waits until this user has so many anonymous segments, by the broker's list; fails after long. */
void anon_await_segments(size_t count);
size_t anon_count_segments(void);
/* How many holders these have. */
size_t anon_count_holders(void);

/* Lets this process open no more descriptors, and again as many as before. */
void anon_fill_descriptors(void);
void anon_free_descriptors(void);

/* Starts the program of these arguments by fork and exec, and returns its exit status. */
int anon_run(const char *const *arguments);
/* The same, by PR_CreateProcess. */
int anon_create(const char *const *arguments, const PRProcessAttr *attr);

#endif
