/* SPDX-License-Identifier: MIT */
/* File descriptors that one variable owns. */
#ifndef PRSHM_BASE_DESCRIPTOR_H
#define PRSHM_BASE_DESCRIPTOR_H

#include <unistd.h>

/* Closes the descriptor and leaves -1, which means: none. Takes -1. */
static inline void descriptor_close(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

#endif
