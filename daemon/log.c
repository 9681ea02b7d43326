/* SPDX-License-Identifier: MIT */
/* One line to standard error a call, with the priority that journald and syslog know. */
#include "daemon/log.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define LINE_MAX_BYTES 2048

static int max_priority = LOG_INFO;
static bool to_journal;

void log_init(int priority)
{
	max_priority = priority;
	to_journal = getenv("JOURNAL_STREAM") != NULL;
}

/* What a client may put into a line, a name above all, must not begin another or steer a terminal. */
static void make_printable(char *line)
{
	for (char *c = line; *c; c++) {
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	}
}

void log_write(int priority, const char *format, ...)
{
	char line[LINE_MAX_BYTES];
	va_list arguments;

	if (priority > max_priority)
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	make_printable(line);
	if (to_journal)
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "prshmd: %s\n", line);
}
