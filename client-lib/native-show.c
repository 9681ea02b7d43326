/* SPDX-License-Identifier: MIT */
/* Who holds a segment, and what each user has: prshm_holders and prshm_accounts. */
#include <errno.h>
#include <string.h>

#include "client-lib/native.h"
#include "client-lib/result.h"

#define EVERYBODY UINT32_MAX

/* False: the list ends here; with *outcome 0 because function returned false. */
static bool hand_out_holders(const struct wire_reply *reply, prshm_holder_function *function,
	void *context, int *outcome)
{
	size_t used = 0;

	for (uint32_t i = 0; i < reply->held.count; i++) {
		struct wire_holder part;
		struct prshm_holder holder;

		if (!wire_get_holder(reply->tail, reply->tail_length, &used, &part)) {
			*outcome = -EPROTO;
			return false;
		}
		holder = (struct prshm_holder){
			.since = part.since,
			.connection = part.connection,
			.handle = part.handle,
			.access = part.access,
			.pid = (pid_t)part.pid,
			.uid = part.uid,
		};
		if (!function(context, &holder))
			return false;
	}
	return true;
}

/* Pages must go forward: else a broken broker makes the list endless. */
static bool is_behind(const struct wire_held *next, const struct wire_holders *last)
{
	return next->connection > last->connection ||
	       (next->connection == last->connection && next->handle > last->handle);
}

enum prshm_result prshm_holders(uint64_t number, prshm_holder_function *function, void *context)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_HOLDERS},
		.holders = {.segment = number},
	};
	const struct wire_held *held;
	struct broker_answer answer;
	int outcome;

	if (!function)
		return PRSHM_INVALID;
	for (;;) {
		outcome = connection_call(&request, &answer);
		if (outcome != 0 || !hand_out_holders(&answer.reply, function, context, &outcome))
			return result_from_outcome(outcome);
		held = &answer.reply.held;
		if (held->connection == 0)
			return PRSHM_OK;
		if (!is_behind(held, &request.holders))
			return PRSHM_BROKEN;
		request.holders.connection = held->connection;
		request.holders.handle = held->handle;
	}
}

/* Leaves out a resource that this version of the library does not know. */
static bool take_account(const struct wire_reply *reply, size_t *used, struct prshm_account *out)
{
	struct wire_account part;

	if (!wire_get_account(reply->tail, reply->tail_length, used, &part))
		return false;
	*out = (struct prshm_account){.uid = part.uid, .principal = part.uid};
	for (uint32_t i = 0; i < part.usage_count; i++) {
		struct wire_usage usage;

		if (!wire_get_usage(reply->tail, reply->tail_length, used, &usage))
			return false;
		if (usage.resource == WIRE_RESOURCE_PRINCIPAL)
			out->principal = usage.used;
		if (usage.resource < PRSHM_RESOURCES_MAX)
			out->usage[usage.resource] = (struct prshm_usage){
				.used = usage.used,
				.limit = usage.limit,
				.kind = (enum prshm_limit)usage.kind,
			};
	}
	return true;
}

static bool hand_out_accounts(const struct wire_reply *reply, prshm_account_function *function,
	void *context, int *outcome)
{
	size_t used = 0;

	for (uint32_t i = 0; i < reply->accounted.count; i++) {
		struct prshm_account account;

		if (!take_account(reply, &used, &account)) {
			*outcome = -EPROTO;
			return false;
		}
		if (!function(context, &account))
			return false;
	}
	return true;
}

enum prshm_result prshm_accounts(uid_t uid, prshm_account_function *function, void *context)
{
	struct wire_request request = {.header = {.op = WIRE_OP_ACCOUNTS}};
	struct broker_answer answer;
	uint32_t next;
	int outcome;

	if (!function)
		return PRSHM_INVALID;
	if (uid != EVERYBODY)
		request.accounts = (struct wire_accounts){.uid = uid, .only = 1};
	for (;;) {
		outcome = connection_call(&request, &answer);
		if (outcome != 0 || !hand_out_accounts(&answer.reply, function, context, &outcome))
			return result_from_outcome(outcome);
		next = answer.reply.accounted.next;
		if (next == EVERYBODY)
			return PRSHM_OK;
		if (next <= request.accounts.uid || request.accounts.only)
			return PRSHM_BROKEN;
		request.accounts.uid = next;
	}
}
