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

/* Set for children of a service too, whatever became of their streams: systemd.exec(5). */
static bool leads_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	uintmax_t device;
	uintmax_t inode;
	struct stat st;

	return stream && sscanf(stream, "%ju:%ju", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device && st.st_ino == inode;
}

/* Started without them, our sockets would become these, and a peer would get the log. */
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
 * What a client may put into a line, a name above all, must neither begin another nor steer a
 * terminal, and some bytes above 0x7f do: all but printable ASCII, and the backslash, is shown as \xNN.
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
