/* SPDX-License-Identifier: MIT */
/*
 * The configuration that counts: from its files; or, if something is wrong with these, the last
 * good one. At a reload that is the one of before; at a start, what the last broker left with the
 * keeper.
 */
#ifndef PRSHM_DAEMON_SETTINGS_H
#define PRSHM_DAEMON_SETTINGS_H

#include "daemon/configuration.h"
#include "daemon/options.h"

struct settings {
	const struct options *options; /* borrowed */
	struct config_files files;     /* what counts was read from these */
	int kept;                      /* owned: what counts, for the next broker; or -1 */
	struct config_trouble trouble; /* why the files do not count; nothing: they do */
	uint64_t trouble_since;        /* nanoseconds since 1970; 0: the files count */
};

/*
 * Reads the files. True: out, which the caller owns, counts from here on. False: all that is wrong
 * was logged, and nothing has changed but trouble.
 */
bool settings_load(struct settings *settings, struct policy *out);
/* After settings_load has failed. fd: what the last broker left, owned from here on; or -1. */
bool settings_restore(struct settings *settings, int fd, struct policy *out);
void settings_deinit(struct settings *settings);

#endif
