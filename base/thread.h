/* SPDX-License-Identifier: MIT */
/* Threads beside the event loop, for what would keep it from its clients. */
#ifndef PRSHM_BASE_THREAD_H
#define PRSHM_BASE_THREAD_H

#include <stdbool.h>

/* Does work(of) in a new thread, which nobody waits for. False: there is no thread to be had. */
bool thread_run(void (*work)(void *of), void *of);

#endif
