/* SPDX-License-Identifier: MIT */
/*
 * Waiting for what no descriptor tells: the condition is looked at again and again.
 *
 *	AWAIT(exchange_holders(connection, "/a") == 0);
 */
#ifndef PRSHM_TESTS_LIB_AWAIT_H
#define PRSHM_TESTS_LIB_AWAIT_H

/* Returns when the condition holds. Fails the test after a time that only a hang takes. */
#define AWAIT(condition) AWAIT_TOLD(condition, #condition)
/* The same. What the failure says instead of the condition. */
#define AWAIT_TOLD(condition, what)                                                                \
	do {                                                                                       \
		unsigned int await_looks = 0;                                                      \
                                                                                                   \
		while (!(condition))                                                               \
			await_again(&await_looks, (what));                                         \
	} while (0)

/* Two milliseconds later. */
void await_again(unsigned int *looks, const char *what);

#endif
