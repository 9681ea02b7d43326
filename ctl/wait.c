/* SPDX-License-Identifier: MIT */
/* prshmctl wait: until a segment is there. */
#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/text.h"

#define PIECE_MS 3600000U /* a time in milliseconds may not fit into an open's 32 bits */

static uint64_t now_ms(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

/* To wait is to open: an open also tells that the user may not have the segment at all. */
static enum prshm_result wait_until(const char *name, uint64_t deadline)
{
	struct prshm_options options = {.flags = PRSHM_READONLY};
	enum prshm_result result;
	PRSharedMemory *handle;

	do {
		const uint64_t now = now_ms();
		const uint64_t left = deadline > now ? deadline - now : 0;

		options.wait_ms = left < PIECE_MS ? (uint32_t)left : PIECE_MS;
		result = prshm_open(name, &options, &handle);
	} while (result == PRSHM_NOT_FOUND && now_ms() < deadline);
	if (result == PRSHM_OK)
		PR_CloseSharedMemory(handle);
	return result;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"timeout", required_argument, NULL, 't'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	uint64_t deadline = UINT64_MAX;
	const char *timeout = NULL;
	enum prshm_result result;
	uint64_t milliseconds;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		if (!text_parse_ms(optarg, &milliseconds))
			command_misused(
				"--timeout=%s: expected a time: 500ms, 90, 90s, 10min, 2h, 1d",
				optarg);
		timeout = optarg;
		deadline = now_ms() + milliseconds;
	}
	command_expect(argc, 1, 1);
	result = wait_until(argv[optind], deadline);
	if (result == PRSHM_NOT_FOUND && timeout)
		return failure_say(argv[optind],
			"nobody has made it within %s%s, or none that you may see", timeout,
			strspn(timeout, "0123456789") == strlen(timeout) ? "s" : "");
	return failure_report(result, argv[optind]);
}

const struct command command_wait = {
	.name = "wait",
	.arguments = "[OPTION]... NAME",
	.summary = "Waits until a segment is there",
	.help = "The exit status is 0 once it is, and 1 if it was not in time, or if you may\n"
		"not read it. Nothing is polled: the broker says when it is made.\n"
		"Where no broker runs, yours is started, as by a program that makes a segment.\n"
		"\n"
		"      --timeout=TIME  for so long: 500ms, 90s, 10min, 2h, 1d; otherwise for ever\n"
		"  -h, --help          print this and exit\n"
		"\n"
		"  prshmctl wait --timeout=10s /demo/words\n",
	.starts = true,
	.run = run,
};
