/* SPDX-License-Identifier: MIT */
/* What the broker has besides segments: prshm_holders, prshm_accounts and prshm_status. */
#include <errno.h>
#include <string.h>

#include "client-lib/native.h"
#include "client-lib/result.h"

#define EVERYBODY UINT32_MAX

/* False: the list ends here; with *outcome 0 because function returned false. */
static bool hand_out_holders(
	const struct wire_reply *reply, prshm_holder_function *function, void *context, int *outcome)
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
	*out = (struct prshm_account){.uid = part.uid};
	for (uint32_t i = 0; i < part.usage_count; i++) {
		struct wire_usage usage;

		if (!wire_get_usage(reply->tail, reply->tail_length, used, &usage))
			return false;
		if (usage.resource < PRSHM_RESOURCES_MAX)
			out->usage[usage.resource] = (struct prshm_usage){
				.used = usage.used,
				.limit = usage.limit,
				.kind = (enum prshm_limit)usage.kind,
			};
	}
	return true;
}

static bool hand_out_accounts(
	const struct wire_reply *reply, prshm_account_function *function, void *context, int *outcome)
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

/* The field of a counter; NULL: this version of the library does not know the counter. */
static uint64_t *place_of(struct prshm_status *status, const struct wire_count *count)
{
	switch (count->counter) {
	case WIRE_COUNTER_REQUESTS:
		return count->of < PRSHM_OPS_MAX ? &status->requests[count->of] : NULL;
	case WIRE_COUNTER_REFUSALS:
		return count->of < PRSHM_RESOURCES_MAX ? &status->refusals[count->of] : NULL;
	case WIRE_COUNTER_OPENS:
		return &status->opens;
	case WIRE_COUNTER_CREATIONS:
		return &status->creations;
	case WIRE_COUNTER_DELETIONS:
		return &status->deletions;
	case WIRE_COUNTER_CLOSES:
		return &status->closes;
	case WIRE_COUNTER_DENIALS:
		return &status->denials;
	case WIRE_COUNTER_EXPIRIES:
		return &status->expiries;
	case WIRE_COUNTER_ACCEPTED:
		return &status->accepted;
	case WIRE_COUNTER_ENDED:
		return &status->ended;
	case WIRE_COUNTER_RECORDS:
		return &status->records;
	case WIRE_COUNTER_COMPACTIONS:
		return &status->compactions;
	default:
		return NULL;
	}
}

/* The counters, then the version. */
static bool take_tail(const struct wire_reply *reply, struct prshm_status *out)
{
	size_t used = 0;
	size_t length;

	for (uint32_t i = 0; i < reply->condition.count; i++) {
		struct wire_count count;
		uint64_t *place;

		if (!wire_get_count(reply->tail, reply->tail_length, &used, &count))
			return false;
		place = place_of(out, &count);
		if (place)
			*place = count.value;
	}
	length = reply->tail_length - used;
	if (length >= sizeof(out->version))
		length = sizeof(out->version) - 1;
	memcpy(out->version, reply->tail + used, length);
	return true;
}

enum prshm_result prshm_status(struct prshm_status *out)
{
	struct wire_request request = {.header = {.op = WIRE_OP_STATUS}};
	const struct wire_condition *condition;
	struct prshm_status status;
	struct broker_answer answer;
	int outcome = out ? connection_call(&request, &answer) : -EINVAL;

	if (outcome != 0)
		return result_from_outcome(outcome);
	condition = &answer.reply.condition;
	status = (struct prshm_status){
		.started = condition->started,
		.restarts = condition->restarts,
		.keeper = (enum prshm_keeper)condition->keeper,
		.handed = condition->handed,
		.segments = condition->segments,
		.bytes = condition->bytes,
		.connections = condition->connections,
		.handles = condition->handles,
		.users = condition->users,
	};
	if (!take_tail(&answer.reply, &status))
		return PRSHM_BROKEN;
	*out = status;
	return PRSHM_OK;
}

const char *prshm_op_name(unsigned int op)
{
	return op >= 1 && op <= WIRE_OP_LAST ? wire_op_name((uint16_t)op) : NULL;
}
