/* SPDX-License-Identifier: MIT */
/* prshmctl quota: what users have of what they may have, and what the limits have refused. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/accounts.h"
#include "ctl/command.h"
#include "ctl/failure.h"
#include "ctl/identity.h"
#include "ctl/table.h"
#include "ctl/text.h"

struct answer {
	struct accounts accounts;
	struct prshm_broker_status
		status; /* for what was refused, which the broker counts for all users */
	bool json, bytes;
};

static const char *limit_name(enum prshm_limit kind)
{
	switch (kind) {
	case PRSHM_LIMIT_NUMBER:
		return "configuration";
	case PRSHM_LIMIT_SHARE:
		return "share";
	case PRSHM_LIMIT_NONE:
		return "host";
	}
	return "?";
}

static void print_usage_json(const struct prshm_account *account)
{
	const char *separator = "";

	for (size_t i = 1; accounts_resource(i); i++) {
		const struct prshm_usage *usage = &account->usage[i];

		if (usage->kind == 0)
			continue;
		printf("%s\"%s\": {\"used\": %" PRIu64 ", \"limit\": %" PRIu64
		       ", \"from\": \"%s\"}",
			separator, accounts_resource(i), usage->used, usage->limit,
			limit_name(usage->kind));
		separator = ", ";
	}
}

static void print_json(const struct answer *answer)
{
	const char *separator = "";

	fputs("{\"users\": [", stdout);
	for (size_t i = 0; i < answer->accounts.count; i++) {
		const struct prshm_account *account = &answer->accounts.accounts[i];

		printf("%s{\"uid\": %ju, \"user\": ", i > 0 ? ",\n  " : "\n  ",
			(uintmax_t)account->uid);
		text_print_json(identity_name(PRSHM_USER, account->uid), stdout);
		printf(", \"principal\": %" PRIu64 ", ", account->principal);
		print_usage_json(account);
		fputc('}', stdout);
	}
	fputs("\n], \"refused\": {", stdout);
	for (size_t i = 1; accounts_resource(i); i++) {
		printf("%s\"%s\": %" PRIu64, separator, accounts_resource(i),
			answer->status.refusals[i]);
		separator = ", ";
	}
	fputs("}}\n", stdout);
}

/* Where the limit comes from, and whose it is, if another user pays. */
static void set_origin(
	struct table *table, const struct prshm_account *account, enum prshm_limit kind)
{
	const uint64_t payer = account->principal;
	char text[320];

	if (payer == account->uid)
		snprintf(text, sizeof(text), "%s", limit_name(kind));
	else if (payer < PRSHM_PRINCIPAL_RANGE)
		snprintf(text, sizeof(text), "%s of %s", limit_name(kind),
			identity_name(PRSHM_USER, (uint32_t)payer));
	else
		snprintf(text, sizeof(text), "%s of uids from %" PRIu32, limit_name(kind),
			(uint32_t)payer);
	table_set(table, 4, text);
}

static void print_row(
	struct table *table, const struct prshm_account *account, size_t resource, bool bytes)
{
	const struct prshm_usage *usage = &account->usage[resource];
	char number[TEXT_NUMBER_MAX];
	const bool cut = resource == PRSHM_BYTES && !bytes;

	/* In colour: not much is left. */
	table_add_row(table, usage->used >= usage->limit - usage->limit / 10);
	table_set(table, 0, identity_name(PRSHM_USER, account->uid));
	table_set(table, 1, accounts_resource(resource));
	snprintf(number, sizeof(number), "%" PRIu64, usage->used);
	table_set(table, 2, cut ? text_size(usage->used, number) : number);
	snprintf(number, sizeof(number), "%" PRIu64, usage->limit);
	table_set(table, 3, cut ? text_size(usage->limit, number) : number);
	set_origin(table, account, usage->kind);
}

static int print_table(const struct answer *answer)
{
	static const char *const headings[] = {"user", "resource", "used", "limit", "from"};
	struct table *table = table_new(false, true);
	bool printed;

	for (size_t i = 0; i < sizeof(headings) / sizeof(*headings); i++)
		table_add_column(table, headings[i], i == 2 || i == 3, false);
	for (size_t i = 0; i < answer->accounts.count; i++) {
		const struct prshm_account *account = &answer->accounts.accounts[i];

		for (size_t resource = 1; accounts_resource(resource); resource++) {
			if (account->usage[resource].kind != 0)
				print_row(table, account, resource, answer->bytes);
		}
	}
	printed = table_print(table);
	table_free(table);
	return printed ? DONE : FAILED;
}

static void print_refused(const struct prshm_broker_status *status)
{
	const char *separator = " ";

	fputs("\nRequests that a limit refused, of all users, since the broker started:", stdout);
	for (size_t i = 1; accounts_resource(i); i++) {
		if (status->refusals[i] == 0)
			continue;
		printf("%s%" PRIu64 " for %s", separator, status->refusals[i],
			accounts_resource(i));
		separator = ", ";
	}
	puts(separator[0] == ' ' ? " none" : "");
}

static int quota(struct answer *answer, const char *user, uid_t uid)
{
	enum prshm_result result = accounts_get(&answer->accounts, uid);
	int status;

	if (user && result == PRSHM_DENIED)
		return failure_say(user, "only root and observers see what other users have; "
					 "see 'observers' in prshmd.conf(5)");
	if (result == PRSHM_OK)
		result = prshm_status(&answer->status);
	status = failure_report(result, NULL);
	if (status == DONE && answer->json) {
		print_json(answer);
	} else if (status == DONE) {
		if (answer->accounts.count == 0)
			printf("%s nothing of the broker\n", user ? "That user has" : "You have");
		status = print_table(answer);
		print_refused(&answer->status);
	}
	accounts_deinit(&answer->accounts);
	return status;
}

static int run(int argc, char **argv)
{
	struct answer answer = {0};
	const char *user = NULL;
	uint32_t uid = (uint32_t)-1;

	command_output_options(argc, argv, &answer.bytes, &answer.json);
	command_expect(argc, 0, 1);
	if (optind < argc) {
		user = argv[optind];
		if (!identity_parse(PRSHM_USER, user, strlen(user), &uid))
			return failure_say(user, "no such user");
	}
	return quota(&answer, user, uid);
}

const struct command command_quota = {
	.name = "quota",
	.arguments = "[OPTION]... [USER]",
	.summary = "Shows what users have, and may have",
	.help = "Your own; as root or an observer, that of USER or of all who have anything.\n"
		"FROM tells what a limit is: a number of the configuration; a share, which\n"
		"gets smaller as others take more; or only what the host has for all users.\n"
		"Below, how often a limit has refused something to anybody.\n"
		"\n"
		"      --bytes  exact sizes in place of 64K\n"
		"      --json   JSON, with exact numbers\n"
		"  -h, --help   print this and exit\n"
		"\n"
		"  prshmctl quota\n"
		"  prshmctl quota bob\n",
	.run = run,
};
