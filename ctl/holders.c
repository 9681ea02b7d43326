/* SPDX-License-Identifier: MIT */
/* Who has a segment open, and what that program is called, as far as /proc shows it. */
#include "ctl/holders.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ctl/identity.h"
#include "ctl/table.h"
#include "ctl/text.h"

#define NANOSECONDS UINT64_C(1000000000)

static bool take(void *context, const struct prshm_holder *holder)
{
	struct holders *holders = context;

	if (holders->count == holders->room) {
		holders->room = holders->room > 0 ? 2 * holders->room : 64;
		holders->holders = text_need(
			reallocarray(holders->holders, holders->room, sizeof(*holders->holders)));
	}
	holders->holders[holders->count++] = *holder;
	return true;
}

enum prshm_result holders_get(struct holders *holders, uint64_t number)
{
	return prshm_holders(number, take, holders);
}

void holders_deinit(struct holders *holders)
{
	free(holders->holders);
	*holders = (struct holders){0};
}

const char *holders_command(pid_t pid, char out[HOLDERS_COMMAND_MAX])
{
	char path[64];
	ssize_t length = -1;
	int fd;

	snprintf(path, sizeof(path), "/proc/%jd/comm", (intmax_t)pid);
	fd = pid > 0 ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	if (fd >= 0) {
		length = read(fd, out, HOLDERS_COMMAND_MAX - 1);
		close(fd);
	}
	if (length <= 0)
		return "?";
	out[length] = '\0';
	if (out[length - 1] == '\n')
		out[length - 1] = '\0';
	return out;
}

const char *holders_access(unsigned int access)
{
	return access & PRSHM_WRITE ? "write" : access & PRSHM_READ ? "read" : "none";
}

static void print_row(struct table *table, const struct prshm_holder *holder)
{
	char number[TEXT_NUMBER_MAX];
	char command[HOLDERS_COMMAND_MAX];
	char *escaped = text_escape(holders_command(holder->pid, command));

	table_add_row(table, false);
	snprintf(number, sizeof(number), "%jd", (intmax_t)holder->pid);
	table_set(table, 0, holder->pid > 0 ? number : "?");
	table_set(table, 1, escaped);
	table_set(table, 2, identity_name(PRSHM_USER, holder->uid));
	table_set(table, 3, holders_access(holder->access));
	table_set(table, 4, text_time(holder->since / NANOSECONDS, number));
	free(escaped);
}

bool holders_print(const struct holders *holders)
{
	struct table *table = table_new(false, true);
	bool printed;

	table_add_column(table, "pid", true, false);
	table_add_column(table, "command", false, false);
	table_add_column(table, "user", false, false);
	table_add_column(table, "access", false, false);
	table_add_column(table, "since", false, false);
	for (size_t i = 0; i < holders->count; i++)
		print_row(table, &holders->holders[i]);
	if (holders->count > 0)
		fputc('\n', stdout);
	printed = table_print(table);
	table_free(table);
	return printed;
}

void holders_print_json(const struct holders *holders)
{
	fputc('[', stdout);
	for (size_t i = 0; i < holders->count; i++) {
		const struct prshm_holder *holder = &holders->holders[i];
		char command[HOLDERS_COMMAND_MAX];

		printf("%s{\"pid\": %jd, \"command\": ", i > 0 ? ",\n  " : "\n  ",
			(intmax_t)holder->pid);
		text_print_json(holders_command(holder->pid, command), stdout);
		printf(", \"uid\": %ju, \"user\": ", (uintmax_t)holder->uid);
		text_print_json(identity_name(PRSHM_USER, holder->uid), stdout);
		printf(", \"access\": \"%s\", \"since\": %" PRIu64 ", \"connection\": %" PRIu64
		       ", \"handle\": %" PRIu32 "}",
			holders_access(holder->access), holder->since / NANOSECONDS,
			holder->connection, holder->handle);
	}
	fputc(']', stdout);
}
