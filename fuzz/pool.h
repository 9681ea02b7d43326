/* SPDX-License-Identifier: MIT */
/*
 * Large blocks that are used again. AddressSanitizer asks the kernel for each large block anew, and
 * libFuzzer looks for leaks after each input that malloc and free do not balance: one of both cost
 * more than all else. So pool.c takes malloc and free (the linker's --wrap); what is not large is
 * theirs. AddressSanitizer still sees what is read or written beside a block, or after it was
 * freed.
 */
#ifndef PRSHM_FUZZ_POOL_H
#define PRSHM_FUZZ_POOL_H

#include <stddef.h>

/* NULL: the block is not large, or there is none left. free(3) gives a block back. */
void *pool_get(size_t size);

#endif
