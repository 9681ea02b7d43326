/* SPDX-License-Identifier: MIT */
/* A memfd that can never be executed, where the kernel knows how to say so. */
#ifndef PRSHM_DAEMON_MEMORY_H
#define PRSHM_DAEMON_MEMORY_H

#include "wire/wire.h"

/* flags: of memfd_create(2), besides MFD_CLOEXEC. The descriptor, or -1 with errno. */
int memory_create(const char *label, unsigned int flags);
/* What errno means where memory was to be had. */
enum status memory_status(int error);

#endif
