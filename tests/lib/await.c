/* SPDX-License-Identifier: MIT */
/* Waiting for what no descriptor tells. */
#include "tests/lib/await.h"

#include <check.h>
#include <time.h>

#define LOOKS_MAX 60000 /* two minutes */

void await_again(unsigned int *looks, const char *what)
{
	ck_assert_msg(++*looks < LOOKS_MAX, "never came true: %s", what);
	nanosleep(&(const struct timespec){.tv_nsec = 2000000}, NULL);
}
