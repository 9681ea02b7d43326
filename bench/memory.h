/* SPDX-License-Identifier: MIT */
/* The memory of a process, as the kernel counts it from outside. */
#ifndef PRSHM_BENCH_MEMORY_H
#define PRSHM_BENCH_MEMORY_H

#include <sys/types.h>

/* A line of /proc/PID/status in KiB, or -1. */
double memory_status_kib(pid_t pid, const char *key);

#endif
