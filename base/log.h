/* SPDX-License-Identifier: MIT */
/* One line to standard error a call, with the priority that journald and syslog know. */
#ifndef PRSHM_BASE_LOG_H
#define PRSHM_BASE_LOG_H

#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO */

#define LOG_LINE_MAX 2048 /* bytes; a longer line is cut */

/*
 * To be called before anything else is opened: opens those standard streams that are closed, and
 * looks where standard error leads. A line to a journal begins with "<priority>", any other with
 * the program's name.
 */
void log_init(void);

__attribute__((format(printf, 2, 3))) void log_write(int priority, const char *format, ...);

#endif
