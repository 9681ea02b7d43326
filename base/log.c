/* SPDX-License-Identifier: MIT */
/* One line to standard error a call, with the priority that journald and syslog know. */
#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static bool to_journal;

/*
 * Children of a service inherit JOURNAL_STREAM, too, even if their standard error leads elsewhere.
 * So device and inode are compared, as systemd.exec(5) says.
 */
static bool leads_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device;
	uintmax_t inode;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* If 0 to 2 were closed, a socket would become standard error, and its peer would get the log. */
static void open_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

void log_init(void)
{
	open_standard_streams();
	to_journal = leads_to_journal();
}

/*
 * A client chooses a part of some lines: the name of a segment. That part must neither begin a new
 * line nor control a terminal, as some bytes above 0x7f do. So the backslash, and each byte that is
 * not printable ASCII, is written as \xNN.
 */
static void escape(const char *from, char *to, size_t size)
{
	size_t length = 0;

	for (; *from && length + sizeof("\\xNN") <= size; from++) {
		unsigned char c = (unsigned char)*from;

		if (c >= ' ' && c < 0x7f && c != '\\')
			to[length++] = *from;
		else
			length += (size_t)sprintf(to + length, "\\x%02x", c);
	}
	to[length] = '\0';
}

void log_write(int priority, const char *format, ...)
{
	char raw[LOG_LINE_MAX];
	char line[LOG_LINE_MAX];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(raw, sizeof(raw), format, arguments);
	va_end(arguments);
	escape(raw, line, sizeof(line));
	if (to_journal)
		fprintf(stderr, "<%d>%s\n", priority, line);
	else
		fprintf(stderr, "%s: %s\n", program_invocation_short_name, line);
}
