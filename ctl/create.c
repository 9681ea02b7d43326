/* SPDX-License-Identifier: MIT */
/* prshmctl create: a new segment of zeros, that stays when prshmctl has gone. */
#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/making.h"
#include "ctl/text.h"

static int create(const char *name, const struct prshm_options *options)
{
	PRSharedMemory *handle;
	const enum prshm_result result = prshm_open(name, options, &handle);

	if (result == PRSHM_BAD_SIZE) {
		struct prshm_segment stat;

		if (options->size == 0 || prshm_stat(name, &stat) != PRSHM_OK)
			return failure_say(name, "a new segment has at least one byte");
		return failure_say(name,
			"it exists, and has %ju bytes only; a size is for ever: "
			"remove it first, or take another name",
			(uintmax_t)stat.size);
	}
	if (result != PRSHM_OK)
		return failure_report(result, name);
	return making_close(handle, name);
}

static int run(int argc, char **argv)
{
	static const struct option long_options[] = {
		{"exclusive", no_argument, NULL, 'e'},
		MAKING_OPTIONS,
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	struct prshm_options options = {.flags = PRSHM_CREATE, .rights.mode = 0600};

	for (int letter; (letter = command_option(argc, argv, "h", long_options)) != -1;) {
		if (letter == 'e')
			options.flags |= PRSHM_EXCL;
		else
			making_take(&options, letter, optarg);
	}
	command_expect(argc, 2, 2);
	if (!text_parse_size(argv[optind + 1], &options.size))
		command_misused("%s: expected a SIZE: 4096, 64K, 64KiB, 1MB, 2G; below 8388608T",
			argv[optind + 1]);
	return create(argv[optind], &options);
}

const struct command command_create = {
	.name = "create",
	.arguments = "[OPTION]... NAME SIZE",
	.summary = "Makes a segment, filled with zeros",
	.help = "SIZE is in bytes, or with K, M, G or T (also KB, KiB); it is for ever. If the\n"
		"segment exists and is large enough, nothing is done, and that is no failure.\n"
		"\n"
		"      --exclusive      fail if it exists\n" MAKING_HELP
		"  -h, --help           print this and exit\n"
		"\n"
		"  prshmctl create /demo/words 64K\n"
		"  prshmctl create --mode=u=rw,g=r --linger=10min /demo/cache 2M\n",
	.starts = true,
	.run = run,
};
