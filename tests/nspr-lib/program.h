/* SPDX-License-Identifier: MIT */
/*
 * A program written to NSPR's headers, which knows nothing of prshm: built once with libnspr4
 * alone, to be run with and without prshm-nspr-run, and once with libprshm-nspr linked before it.
 * Each scenario prints what it saw, a line "what: outcome" each; the scripts beside it say what
 * they want to read.
 */
#ifndef PRSHM_TESTS_NSPR_LIB_PROGRAM_H
#define PRSHM_TESTS_NSPR_LIB_PROGRAM_H

#include <nspr.h>
#include <prshm.h>
#include <prshma.h>

#define MAP_SIZE 65536

typedef int scenario(char **arguments);

scenario named_write, named_read, named_delete, named_many;
scenario one_parent, one_child, one_alone;
scenario two_parent, two_child, two_closed;
scenario bad_strings, bad_arguments, leaks, forked, copied, map_sizes, foreign_map, closed_behind;

/* "what: ok", or "what: PR_X_ERROR/errno". Returns ok. */
int say(const char *what, int ok);
void say_number(const char *what, long number);
void say_text(const char *what, const char *text);

/* What is open in this process: everything, memory without a name, and that which children get. */
long count_fds(void);
long count_memory(void);
long count_inheritable_memory(void);
/* Runs $LIST_SEGMENTS, if it is set; a process of its own. */
void list_segments(void);

PRFileMap *open_map(PRFileMapProtect prot);
/* Maps it all; NULL, said, if that fails. */
char *map_all(PRFileMap *map);

/* Starts arguments[0] and waits. Returns the exit status, -1 if none. */
int run_child(char **arguments, PRProcessAttr *attr);

#endif
