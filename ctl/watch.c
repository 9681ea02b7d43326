/* SPDX-License-Identifier: MIT */
/* prshmctl watch: a line an event. */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/segments.h"
#include "ctl/text.h"

#define NANOSECONDS UINT64_C(1000000000)

static const char *kind_name(unsigned int kind)
{
	switch (kind) {
	case PRSHM_EVENT_CREATED:
		return "created";
	case PRSHM_EVENT_DELETED:
		return "deleted";
	case PRSHM_EVENT_EXPIRED:
		return "expired";
	case PRSHM_EVENT_OPENED:
		return "opened";
	case PRSHM_EVENT_CLOSED:
		return "closed";
	case PRSHM_EVENT_UNUSED:
		return "unused";
	case PRSHM_EVENT_RIGHTS:
		return "rights";
	case PRSHM_EVENT_OVERFLOW:
		return "overflow";
	default:
		return "?";
	}
}

static bool has_user(const struct prshm_event *event)
{
	return event->kind != PRSHM_EVENT_OVERFLOW && event->uid != (uid_t)-1;
}

static void print_text(const struct prshm_event *event)
{
	const char *user = has_user(event) ? identity_name(PRSHM_USER, event->uid) : "-";
	char *name = text_escape(event->name_length > 0 ? event->name : "-");
	char time[TEXT_NUMBER_MAX];
	char size[TEXT_NUMBER_MAX];

	printf("%s %-8s %s ", text_time(event->time / NANOSECONDS, time), kind_name(event->kind),
		name);
	free(name);
	if (event->kind == PRSHM_EVENT_OVERFLOW)
		puts("- - - (events were missed)");
	else if (event->pid > 0)
		printf("%s %s %jd\n", text_size(event->size, size), user, (intmax_t)event->pid);
	else
		printf("%s %s -\n", text_size(event->size, size), user);
}

static void print_json(const struct prshm_event *event)
{
	printf("{\"time\": %" PRIu64 ".%09" PRIu64 ", \"event\": \"%s\", \"name\": ",
		event->time / NANOSECONDS, event->time % NANOSECONDS, kind_name(event->kind));
	if (event->name_length > 0)
		text_print_json(event->name, stdout);
	else
		fputs("null", stdout);
	printf(", \"segment\": %" PRIu64 ", \"size\": %" PRIu64, event->segment, event->size);
	if (has_user(event)) {
		printf(", \"uid\": %ju, \"user\": ", (uintmax_t)event->uid);
		text_print_json(identity_name(PRSHM_USER, event->uid), stdout);
	} else {
		fputs(", \"uid\": null, \"user\": null", stdout);
	}
	if (event->pid > 0)
		printf(", \"pid\": %jd}\n", (intmax_t)event->pid);
	else
		puts(", \"pid\": null}");
}

/*
 * Each line goes out at once. If the reader of the pipe has gone, prshmctl ends at once, and not at
 * the next event, which may never come.
 */
static bool wait_for_event(const struct prshm_watcher *watch)
{
	struct pollfd fds[] = {
		{.fd = prshm_watch_fd(watch), .events = POLLIN},
		{.fd = STDOUT_FILENO},
	};

	if (fflush(stdout) != 0)
		return false;
	while (poll(fds, 2, -1) < 0) {
		if (errno != EINTR)
			return false;
	}
	if (fds[1].revents)
		raise(SIGPIPE);
	return true;
}

/* count: how many events, or 0 for no end. */
static int watch_events(struct prshm_watcher *watch, uint64_t count, bool json)
{
	uint64_t seen = 0;

	while (count == 0 || seen < count) {
		struct prshm_event event;
		const enum prshm_result result = prshm_watch_next(watch, &event);

		if (result == PRSHM_OK) {
			(json ? print_json : print_text)(&event);
			seen++;
		} else if (result == PRSHM_AGAIN) {
			if (!wait_for_event(watch))
				return DONE; /* main tells what standard output has */
		} else if (result == PRSHM_INVALID) {
			return failure_report(result, NULL);
		} else {
			failure_say(NULL, "%s; waiting for a broker", prshm_strerror(result));
		}
	}
	return DONE;
}

static int watch(const char *prefix, uint64_t count, bool json)
{
	struct prshm_watcher *watch;
	enum prshm_result result = prshm_watch(prefix, PRSHM_EVENT_ALL, 0, &watch);
	int status = failure_report(result, NULL);

	if (status != DONE)
		return status;
	if (isatty(STDERR_FILENO))
		fputs("Watching; Ctrl-C ends it.\n", stderr);
	status = watch_events(watch, count, json);
	prshm_watch_free(watch);
	return status;
}

static uint64_t parse_count(const char *text)
{
	uint64_t count;

	if (!text_parse_number(text, 1, UINT64_MAX, &count))
		command_misused("--count=%s: expected a number from 1 on", text);
	return count;
}

static int run(int argc, char **argv)
{
	static const struct option options[] = {
		{"count", required_argument, NULL, 'n'},
		{"json", no_argument, NULL, 'j'},
		COMMAND_HELP,
		{NULL, 0, NULL, 0},
	};
	const char *prefix = "";
	uint64_t count = 0;
	bool json = false;

	for (int letter; (letter = command_option(argc, argv, "h", options)) != -1;) {
		json = json || letter == 'j';
		if (letter == 'n')
			count = parse_count(optarg);
	}
	command_expect(argc, 0, 1);
	if (optind < argc) {
		prefix = argv[optind];
		segments_check_prefix(prefix);
	}
	return watch(prefix, count, json);
}

const struct command command_watch = {
	.name = "watch",
	.arguments = "[OPTION]... [PREFIX]",
	.summary = "Prints a line for each thing that happens",
	.help = "To the segments that you may see, or those below PREFIX: when, what, name,\n"
		"size, and the user and process who did it. What happens is: created, deleted,\n"
		"expired (nobody held it), opened, closed, unused (closed by the last holder),\n"
		"rights (changed), and overflow: events were missed. Where no broker runs,\n"
		"yours is started: there will be something to see once a program comes.\n"
		"\n"
		"      --count=N  end after N events\n"
		"      --json     a JSON object a line\n"
		"  -h, --help     print this and exit\n"
		"\n"
		"  prshmctl watch --count=4 /demo/\n",
	.starts = true,
	.run = run,
};
