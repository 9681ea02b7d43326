/* SPDX-License-Identifier: MIT */
/* What the two parts of the fake kernel share: a file, with its bytes. */
#ifndef PRSHM_FUZZ_FAKE_MEMORY_H
#define PRSHM_FUZZ_FAKE_MEMORY_H

#include "fuzz/fake-kernel.h"

struct file {
	struct fake_file is;
	unsigned int users; /* descriptors and mappings; 0: the place is free */
	uint8_t *bytes;     /* NULL: nobody has needed them yet */
	size_t room;
};

struct file *fake_find(int fd); /* NULL: not open */
void fake_unref(struct file *file);
void fake_memory_reset(void); /* ends all mappings */

#endif
