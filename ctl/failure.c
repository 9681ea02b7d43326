/* SPDX-License-Identifier: MIT */
/*
 * A message has two halves: the reason, and what to do. A command in a message can be pasted into a
 * shell, whatever bytes the segment's name has.
 */
#include "ctl/failure.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "ctl/command.h"
#include "ctl/identity.h"
#include "ctl/text.h"

static void begin(const char *name)
{
	char *escaped = name ? text_escape(name) : NULL;

	fputs("prshmctl: ", stderr);
	if (escaped)
		fprintf(stderr, "%s: ", escaped);
	free(escaped);
}

int failure_say(const char *name, const char *format, ...)
{
	va_list arguments;

	begin(name);
	va_start(arguments, format);
	text_print_line(stderr, format, arguments);
	va_end(arguments);
	return FAILED;
}

/* The segment's owner, if the caller may know. */
static void print_owner(const char *name)
{
	struct prshm_segment stat;

	if (prshm_stat(name, &stat) == PRSHM_OK)
		fprintf(stderr, "owner %s, mode %04o%s", identity_name(PRSHM_USER, stat.uid),
			(unsigned int)stat.rights.mode,
			stat.rights.entry_count > 0 ? " and entries" : "");
	else
		fputs("you may not even see it", stderr);
}

static int report_rights(const char *why, const char *name)
{
	char *quoted = text_quote(name);

	begin(name);
	fprintf(stderr, "%s: ", why);
	print_owner(name);
	fprintf(stderr, "; see 'prshmctl explain %s'\n", quoted);
	free(quoted);
	return FAILED;
}

/* "...; see 'prshmctl COMMAND NAME MORE'" */
static int report_with_hint(
	const char *name, const char *why, const char *command, const char *more)
{
	char *quoted = text_quote(name);

	failure_say(name, "%s; see 'prshmctl %s %s%s'", why, command, quoted, more);
	free(quoted);
	return FAILED;
}

/* Whether prshmd could listen at a path where nobody answers. */
static bool could_listen_at(const char *path)
{
	struct stat st;
	char *parent;
	bool is_directory;

	if (path[0] != '/' || strlen(path) >= PRSHM_PATH_MAX)
		return false;
	if (lstat(path, &st) == 0)
		return S_ISSOCK(st.st_mode);
	parent = text_need(strdup(path));
	*strrchr(parent, '/') = '\0';
	is_directory = stat(parent[0] ? parent : "/", &st) == 0 && S_ISDIR(st.st_mode);
	free(parent);
	return is_directory;
}

static int report_no_broker(void)
{
	const char *named = getenv("PRSHM_SOCKET");
	const char *why = prshm_error_text();

	if (!why[0])
		why = "no broker";
	if (named && named[0] && could_listen_at(named))
		return failure_say(NULL,
			"%s: start one with 'prshmd --socket=%s', or unset PRSHM_SOCKET", why,
			named);
	if (named && named[0])
		return failure_say(
			NULL, "%s: set PRSHM_SOCKET to the socket of a broker, or unset it", why);
	return failure_say(NULL,
		"%s: 'systemctl start prshmd.socket' starts that of the host; your own is started "
		"by 'prshmctl create', and by any program that makes a segment; see prshmd(8)",
		why);
}

static int report_about_segment(enum prshm_result result, const char *name)
{
	switch (result) {
	case PRSHM_NOT_FOUND:
		return failure_say(name, "no such segment, or none that you may see; "
					 "'prshmctl list' has those that you may");
	case PRSHM_EXISTS:
		return report_with_hint(name, "a segment of that name exists", "show", "");
	case PRSHM_DENIED:
		return report_rights("permission denied", name);
	case PRSHM_NOT_OWNER:
		return report_rights("only the owner or root may do that", name);
	case PRSHM_REFUSED:
		return report_with_hint(
			name, "the name policy does not allow it", "explain", " create");
	case PRSHM_NO_RESOURCES:
		return report_with_hint(
			name, "a limit of the broker is reached", "explain", " create");
	case PRSHM_BAD_NAME:
		return failure_say(name, "not a name for a segment: %s",
			prshm_error_text()[0] ? prshm_error_text()
					      : "it has 1 to 1023 bytes, at most 255 between two "
						"slashes, and no slash at its end");
	default:
		return failure_say(name, "%s", prshm_strerror(result));
	}
}

int failure_report(enum prshm_result result, const char *name)
{
	switch (result) {
	case PRSHM_OK:
		return DONE;
	case PRSHM_NO_BROKER:
		return report_no_broker();
	case PRSHM_TIMEOUT:
		return failure_say(name, "the broker did not answer within ten seconds; "
					 "'systemctl status prshmd' tells of it");
	case PRSHM_BROKEN:
		return failure_say(name, "the broker is broken; its log says how: "
					 "'journalctl -u prshmd'");
	case PRSHM_UNSUPPORTED:
		return failure_say(name, "the broker is too old for this; restart it once the new "
					 "version is installed");
	default:
		return name ? report_about_segment(result, name)
			    : failure_say(NULL, "%s", prshm_strerror(result));
	}
}
