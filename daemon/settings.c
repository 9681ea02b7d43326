/* SPDX-License-Identifier: MIT */
/* Loads the configuration, and keeps what was good for the next broker. */
#include "daemon/settings.h"

#include <string.h>
#include <time.h>

#include "base/descriptor.h"
#include "base/log.h"
#include "daemon/limits.h"
#include "daemon/subuid.h"
#include "daemon/user-names.h"

static bool read_all(const struct options *options, struct policy *policy,
	struct config_files *files, struct config_trouble *trouble)
{
	const char *subuids;
	int error;

	if (!config_load(options->config, options->config_given, policy, files, trouble))
		return false;
	subuids = policy->subuid_file ? policy->subuid_file : SUBUID_FILE;
	error = subuid_read(subuids, &policy->principals);
	if (error == 0)
		return true;
	config_tell(trouble, "%s: %s", subuids, strerror(-error));
	config_files_deinit(files);
	policy_deinit(policy);
	return false;
}

/* What counts from here on. Takes files and kept. */
static void settle(struct settings *settings, struct policy *policy,
	const struct config_files *files, int kept)
{
	config_files_deinit(&settings->files);
	descriptor_close(&settings->kept);
	settings->files = *files;
	settings->kept = kept;
	policy->user_name = user_names_find;
	limits_derive(policy);
}

static uint64_t nanoseconds_since_1970(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

bool settings_load(struct settings *settings, struct policy *out)
{
	const struct options *options = settings->options;
	struct config_files files;

	user_names_forget();
	if (!read_all(options, out, &files, &settings->trouble)) {
		if (settings->trouble_since == 0)
			settings->trouble_since = nanoseconds_since_1970();
		return false;
	}
	settings->trouble_since = 0;
	/*
	 * Before limits are derived from the host: the next broker may have another RLIMIT_NOFILE.
	 */
	settle(settings, out, &files, config_keep(out, &files, options->config));
	return true;
}

bool settings_restore(struct settings *settings, int fd, struct policy *out)
{
	struct config_files files;

	if (fd < 0 || !config_load_kept(fd, out, &files)) {
		descriptor_close(&fd);
		return false;
	}
	settle(settings, out, &files, fd);
	log_write(LOG_CRIT,
		"going on with the last good configuration, as that of now is wrong: %s",
		settings->trouble.text);
	return true;
}

void settings_deinit(struct settings *settings)
{
	config_files_deinit(&settings->files);
	descriptor_close(&settings->kept);
}
