/* SPDX-License-Identifier: MIT */
/*
 * prshmctl write: copies standard input to a segment. The size of a segment must be known before
 * its first byte is written. A regular file has a size; --size gives one; any other input is first
 * collected in a memory file.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/making.h"
#include "ctl/progress.h"
#include "ctl/text.h"

#define CHUNK 262144

static ssize_t read_some(int fd, void *out, size_t size)
{
	ssize_t count;

	do {
		count = read(fd, out, size);
	} while (count < 0 && errno == EINTR);
	return count;
}

/*
 * Huge pages can be mapped, but pwrite(2) refuses them. Whole pages are mapped, from the first one.
 */
static bool write_mapped(int fd, const char *bytes, size_t size, uint64_t offset)
{
	struct stat st;
	size_t span;
	char *mapped;

	if (fstat(fd, &st) < 0)
		return false;
	span = (offset + size + (size_t)st.st_blksize - 1) / (size_t)st.st_blksize *
	       (size_t)st.st_blksize;
	mapped = mmap(NULL, span, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (mapped == MAP_FAILED)
		return false;
	memcpy(mapped + offset, bytes, size);
	munmap(mapped, span);
	return true;
}

static bool write_all(int fd, const char *bytes, size_t size, uint64_t offset)
{
	for (size_t done = 0; done < size;) {
		const ssize_t count = pwrite(fd, bytes + done, size - done, (off_t)(offset + done));

		if (count < 0 && errno == EINTR)
			continue;
		if (count < 0)
			return errno == EINVAL &&
			       write_mapped(fd, bytes + done, size - done, offset + done);
		done += (size_t)count;
	}
	return true;
}

/*
 * Copies from one descriptor to the other, which has room for that many bytes. EFBIG: there were
 * more; the room is full then. Returns 0 or an errno. total: bytes, for the progress; 0: unknown.
 */
static int copy(int from, int to, uint64_t room, uint64_t total)
{
	char *chunk = text_need(malloc(CHUNK));
	struct progress progress;
	uint64_t done = 0;
	ssize_t count;
	int error = 0;

	progress_begin(&progress);
	while (error == 0 && (count = read_some(from, chunk, CHUNK)) != 0) {
		const uint64_t fits = (uint64_t)count < room - done ? (uint64_t)count : room - done;

		if (count < 0 || !write_all(to, chunk, (size_t)fits, done))
			error = errno;
		else if (fits < (uint64_t)count)
			error = EFBIG;
		done += fits;
		progress_show(&progress, done, total);
	}
	progress_end(&progress);
	free(chunk);
	return error;
}

/* The bytes of a regular file from its offset to its end. -1: it is no regular file. */
static off_t bytes_left(int fd)
{
	const off_t at = lseek(fd, 0, SEEK_CUR);
	struct stat st;

	if (at < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	return st.st_size > at ? st.st_size - at : 0;
}

/* A memory file with all of standard input, which the caller closes. -1: errno says why. */
static int collect(void)
{
	int fd = memfd_create("prshmctl", MFD_CLOEXEC);
	const int error = fd < 0 ? errno : copy(STDIN_FILENO, fd, INT64_MAX, 0);

	if (error == 0 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		close(fd);
	errno = error ? error : errno;
	return -1;
}

static int report_size(const char *name, uint64_t size)
{
	struct prshm_segment stat;

	if (size == 0)
		return failure_say(name, "nothing to write: a new segment has at least one byte");
	if (prshm_stat(name, &stat) != PRSHM_OK)
		return failure_report(PRSHM_BAD_SIZE, name);
	return failure_say(name, "it exists, and has %ju bytes; the input has, or --size says, %ju",
		(uintmax_t)stat.size, (uintmax_t)size);
}

static int write_segment(
	const char *name, const struct prshm_options *options, int from, bool is_whole)
{
	PRSharedMemory *handle;
	enum prshm_result result = prshm_open(name, options, &handle);
	int error;
	int status;

	if (result == PRSHM_BAD_SIZE)
		return report_size(name, options->size);
	if (result != PRSHM_OK)
		return failure_report(result, name);
	error = copy(from, prshm_fd(handle), options->size, is_whole ? options->size : 0);
	/* EBADF: the descriptor can only read, or there is none at all. */
	if (error == EBADF)
		status = failure_report(PRSHM_DENIED, name);
	else if (error == EFBIG)
		status = failure_say(name,
			"the input has more than %ju bytes; that many were written",
			(uintmax_t)options->size);
	else if (error != 0)
		status = failure_say(name, "%s", strerror(error));
	else
		return making_close(handle, name);
	PR_CloseSharedMemory(handle);
	return status;
}

static int write_input(const char *name, struct prshm_options *options)
{
	off_t left = bytes_left(STDIN_FILENO);
	int from = STDIN_FILENO;
	int status;

	if (left < 0 && options->size == 0) {
		from = collect();
		if (from < 0)
			return failure_say(NULL, "standard input: %s", strerror(errno));
		left = bytes_left(from);
	}
	if (options->size == 0)
		options->size = (size_t)left;
	if (options->size == 0)
		status = report_size(name, 0);
	else
		status = write_segment(name, options, from, left >= 0);
	if (from != STDIN_FILENO)
		close(from);
	return status;
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"size", required_argument, NULL, 's'},
		MAKING_OPTIONS,
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct prshm_options options = {.flags = PRSHM_CREATE, .rights.mode = 0600};

	for (int letter; (letter = command_option(argc, argv, "h", long_options)) != -1;) {
		if (letter != 's')
			making_take(&options, letter, optarg);
		else if (!text_parse_size(optarg, &options.size) || options.size == 0)
			command_misused("--size=%s: expected a SIZE: 4096, 64K, 1M, 2G", optarg);
	}
	command_expect(argc, 1, 1);
	return write_input(argv[optind], &options);
}

const struct command command_write = {
	.name = "write",
	.arguments = "[OPTION]... NAME",
	.summary = "Copies standard input to a segment",
	.help = "From the first byte of the segment on; what is behind the end of the input\n"
		"stays as it is. Nobody is kept from reading meanwhile. A new segment gets\n"
		"the size of the input. If that is not a regular file, it is collected in\n"
		"memory first, unless --size is given.\n"
		"\n"
		"      --size=SIZE      of a new one: 4096, 64K, 1M, 2G; a longer input "
		"fails\n" MAKING_HELP "  -h, --help           print this and exit\n"
		"\n"
		"  prshmctl write /demo/words </usr/share/dict/words\n"
		"  date | prshmctl write --mode=0644 /demo/now\n",
	.starts = true,
	.run = run,
};
