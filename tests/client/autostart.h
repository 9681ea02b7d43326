/* SPDX-License-Identifier: MIT */
/* What the two files of test_autostart share. */
#ifndef PRSHM_TESTS_CLIENT_AUTOSTART_H
#define PRSHM_TESTS_CLIENT_AUTOSTART_H

#include <check.h>
#include <sys/types.h>

/* Leaves the broker without a segment, so that it goes by itself if the test fails. */
void autostart_create_and_delete(void);

/* /proc/PID/FILE as far as it fits, with a NUL; the bytes without it. */
size_t autostart_read_proc(pid_t pid, const char *file, char *out, size_t size);

#endif
