/* SPDX-License-Identifier: MIT */
/*
 * prshmctl cat and dump. Both read the memory by pread(2), not by a mapping: to read a page in a
 * mapping takes memory even if nobody has written to the page yet. pread(2) takes none.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/text.h"

#define CHUNK 65536
#define WIDTH 16

/* Shows a chunk and its offset. The last chunk is empty. False: standard output failed. */
typedef bool show_function(const unsigned char *bytes, size_t count, uint64_t offset);

static bool read_chunk(int fd, unsigned char *chunk, size_t wanted, uint64_t offset)
{
	for (size_t had = 0; had < wanted;) {
		const ssize_t count = pread(fd, chunk + had, wanted - had, (off_t)(offset + had));

		if (count < 0 && errno == EINTR)
			continue;
		if (count == 0)
			errno = EIO; /* impossible: the size is sealed */
		if (count <= 0)
			return false;
		had += (size_t)count;
	}
	return true;
}

static int show_all(const PRSharedMemory *handle, const char *name, show_function *show)
{
	unsigned char *chunk = text_need(malloc(CHUNK));
	const uint64_t size = prshm_size(handle);
	int status = DONE;
	size_t count;

	for (uint64_t offset = 0; offset <= size && status == DONE; offset += count) {
		count = size - offset < CHUNK ? (size_t)(size - offset) : CHUNK;
		if (!read_chunk(prshm_fd(handle), chunk, count, offset))
			status = failure_say(name, "%s", strerror(errno));
		else if (!show(chunk, count, offset))
			status = failure_say(NULL, "standard output: %s", strerror(errno));
		if (count == 0)
			break;
	}
	free(chunk);
	return status;
}

static int open_and_show(const char *name, show_function *show)
{
	const struct prshm_options options = {.flags = PRSHM_READONLY};
	PRSharedMemory *handle;
	int status = failure_report(prshm_open(name, &options, &handle), name);

	if (status != DONE)
		return status;
	status = show_all(handle, name, show);
	PR_CloseSharedMemory(handle);
	return status;
}

static bool print_bytes(const unsigned char *bytes, size_t count, uint64_t offset)
{
	(void)offset;
	return fwrite(bytes, 1, count, stdout) == count;
}

static int run_cat(int argc, char **argv)
{
	static const struct option options[] = {
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};

	while (command_option(argc, argv, "h", options) != -1)
		;
	command_expect(argc, 1, 1);
	return open_and_show(argv[optind], print_bytes);
}

const struct command command_cat = {
	.name = "cat",
	.arguments = "NAME",
	.summary = "Copies a segment to standard output",
	.help = "All of it, as it is at the moment: nobody is kept from writing meanwhile.\n"
		"\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl cat /demo/words >words\n",
	.run = run_cat,
};

static void print_hex_line(const unsigned char *bytes, size_t count, uint64_t offset)
{
	printf("%08" PRIx64 " ", offset);
	for (size_t i = 0; i < WIDTH; i++) {
		fputs(i == WIDTH / 2 ? "  " : " ", stdout);
		if (i < count)
			printf("%02x", bytes[i]);
		else
			fputs("  ", stdout);
	}
	fputs("  |", stdout);
	for (size_t i = 0; i < count; i++)
		fputc(bytes[i] >= 0x20 && bytes[i] < 0x7f ? bytes[i] : '.', stdout);
	puts("|");
}

/* Repeated lines become one star, as in hexdump(1): most of a segment may be zeros. */
static bool print_hex(const unsigned char *bytes, size_t count, uint64_t offset)
{
	static unsigned char last[WIDTH];
	static bool starred;

	for (size_t at = 0; at < count; at += WIDTH) {
		const size_t length = count - at < WIDTH ? count - at : WIDTH;
		const bool again =
			offset + at > 0 && length == WIDTH && memcmp(last, bytes + at, WIDTH) == 0;

		if (!again)
			print_hex_line(bytes + at, length, offset + at);
		else if (!starred)
			puts("*");
		starred = again;
		memcpy(last, bytes + at, length);
	}
	if (count == 0)
		printf("%08" PRIx64 "\n", offset);
	return !ferror(stdout);
}

static int run_dump(int argc, char **argv)
{
	static const struct option options[] = {
		{"hex", no_argument, NULL, 'x'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};

	while (command_option(argc, argv, "h", options) != -1)
		;
	command_expect(argc, 1, 1);
	return open_and_show(argv[optind], print_hex);
}

const struct command command_dump = {
	.name = "dump",
	.arguments = "[OPTION]... NAME",
	.summary = "Shows the bytes of a segment in hexadecimal",
	.help = "Offset and bytes in hexadecimal, then the same bytes as ASCII. A star stands\n"
		"for lines that are like the one before.\n"
		"\n"
		"      --hex   in hexadecimal, which is the only way yet\n"
		"  -h, --help  print this and exit\n"
		"\n"
		"  prshmctl dump --hex /demo/words | head\n",
	.run = run_dump,
};
