/* SPDX-License-Identifier: MIT */
/* What test_park.c tests, without parking. */
#include <stdlib.h>

__attribute__((constructor)) static void switch_off(void)
{
	setenv("PRSHM_PARK", "0", 1);
}
