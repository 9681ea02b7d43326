/* SPDX-License-Identifier: MIT */
/*
 * A test case of parked handles. With PRSHM_PARK=0 in the environment the same tests run without.
 */
#ifndef PRSHM_TESTS_PARK_CASE_H
#define PRSHM_TESTS_PARK_CASE_H

#include <stdbool.h>
#include <stdint.h>

#include "nspr.h"

#define BYTES 4096 /* of each segment */

#define PARK_FIXTURE park_begin, client_end, .uncounted = true
void park_begin(void); /* before the library is asked for anything */
bool park_is_on(void);
uint64_t park_opens(void); /* how many opens the broker has done so far */

/* These fail the test if they fail. */
PRSharedMemory *park_create(const char *name);
PRSharedMemory *park_open(const char *name);
char *park_attach(PRSharedMemory *shm);
void park_detach(char *bytes);
void park_close(PRSharedMemory *shm);
void park_use(const char *name, char value); /* after that the name is parked */
void park_expect(const char *name, char value);
void park_in_child(void (*act)(void));

/* In a child: the line is its exit status. */
#define EXPECT(condition)                                                                          \
	do {                                                                                       \
		if (!(condition))                                                                  \
			_exit(__LINE__ % 256);                                                     \
	} while (0)

#endif
