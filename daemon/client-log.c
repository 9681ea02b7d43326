/* SPDX-License-Identifier: MIT */
/*
 * Lines are counted by the minute of the broker's clock. The last line that a minute has room for
 * says that no more will follow.
 */
#include "daemon/client-log.h"

#include <stdarg.h>
#include <stdio.h>

#include "base/log.h"

/* Lines in a minute: for each user, and for all lines that belong to no user. */
#define USER_LINES 60
#define LINES      20

static uint64_t this_minute(const struct client_log *log)
{
	return log->broker->registry.now / UINT64_C(60000000000);
}

/* Whether one more line may be written in this minute. *last: it is the last one. */
static bool spend_line(
	uint64_t now, unsigned int limit, uint64_t *minute, unsigned int *lines, bool *last)
{
	if (*minute != now)
		*lines = 0;
	*minute = now;
	*last = ++*lines == limit;
	return *lines <= limit;
}

void client_log_write(
	struct client_log *log, struct account *account, int priority, const char *format, ...)
{
	const uint64_t minute = this_minute(log);
	char line[LOG_LINE_MAX];
	va_list arguments;
	bool last;

	if (account)
		account = account_payer(account);
	if (account ? !spend_line(minute, USER_LINES, &account->shell.lines_minute,
			      &account->shell.lines, &last)
		    : !spend_line(minute, LINES, &log->minute, &log->lines, &last))
		return;
	va_start(arguments, format);
	vsnprintf(line, sizeof(line), format, arguments);
	va_end(arguments);
	log_write(priority, "%s%s", line, last ? "; no more such lines this minute" : "");
}

void client_log_refusal(struct client_log *log, uid_t uid, pid_t pid, const struct refusal *refusal)
{
	static const char *const kinds[] = {
		[REFUSED_HOST] = "the host's limit",
		[REFUSED_USER] = "the user's limit",
		[REFUSED_SHARE] = "the user's fair share",
	};

	if (refusal->kind == REFUSED_NOT ||
		!accounts_note_refusal(&log->broker->accounts, uid, this_minute(log)))
		return;
	log_write(LOG_WARNING,
		"uid %u, pid %d: %s of %ju %s is reached; %s in prshmd.conf raises it",
		(unsigned int)refusal->uid, (int)pid, kinds[refusal->kind],
		(uintmax_t)refusal->limit, resource_unit(refusal->resource, refusal->limit),
		refusal_key(refusal));
}
