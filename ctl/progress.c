/* SPDX-License-Identifier: MIT */
/* One line, written over again; not before half a second, so that short work stays quiet. */
#include "ctl/progress.h"

#include <inttypes.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

#include "ctl/text.h"

#define QUIET_MS 500
#define PAUSE_MS 200

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (uint64_t)time.tv_sec * 1000 + (uint64_t)time.tv_nsec / 1000000;
}

void progress_begin(struct progress *progress)
{
	*progress = (struct progress){.visible = isatty(STDERR_FILENO), .begun = now()};
}

void progress_show(struct progress *progress, uint64_t done, uint64_t total)
{
	const uint64_t time = progress->visible ? now() : 0;
	char has[TEXT_NUMBER_MAX];
	char all[TEXT_NUMBER_MAX];

	if (time < progress->begun + QUIET_MS || time < progress->shown + PAUSE_MS)
		return;
	progress->shown = time;
	/* The last sequence clears what a longer line has left. */
	fprintf(stderr, "\r%s", text_size(done, has));
	if (total > 0)
		fprintf(stderr, " of %s, %" PRIu64 "%%", text_size(total, all),
			(uint64_t)((double)done * 100 / (double)total));
	fputs("\033[K", stderr);
}

void progress_end(struct progress *progress)
{
	if (progress->shown > 0)
		fputs("\r\033[K", stderr);
}
