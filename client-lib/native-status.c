/* SPDX-License-Identifier: MIT */
/*
 * How the broker is, which one it is, and its end: prshm_status, prshm_configuration and their
 * like.
 */
#include <errno.h>
#include <string.h>

#include "client-lib/native.h"
#include "client-lib/result.h"

static_assert(PRSHM_PATH_MAX == LOCATE_PATH_MAX, "a path fits");
static_assert(PRSHM_BY_ENVIRONMENT == (int)LOCATE_NAMED && PRSHM_BY_HOST == (int)LOCATE_HOST &&
		      PRSHM_BY_USER == (int)LOCATE_USER,
	"choices have the same numbers");

/* The field for a resource's use or limit; NULL: this version of the library does not know it. */
static uint64_t *place_of_resource(
	struct prshm_broker_status *status, const struct wire_count *count)
{
	const bool is_limit = count->counter == WIRE_COUNTER_LIMIT;

	switch (count->of) {
	case WIRE_RESOURCE_SEGMENTS:
		return is_limit ? &status->segments_limit : NULL;
	case WIRE_RESOURCE_BYTES:
		return is_limit ? &status->bytes_limit : NULL;
	case WIRE_RESOURCE_CONNECTIONS:
		return is_limit ? &status->connections_limit : NULL;
	case WIRE_RESOURCE_HANDLES:
		return is_limit ? &status->handles_limit : &status->handles_used;
	case WIRE_RESOURCE_WATCHES:
		return is_limit ? &status->watches_limit : &status->watches_used;
	default:
		return NULL;
	}
}

/* The field of a counter; NULL: this version of the library does not know the counter. */
static uint64_t *place_of(struct prshm_broker_status *status, const struct wire_count *count)
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
	case WIRE_COUNTER_USED:
	case WIRE_COUNTER_LIMIT:
		return place_of_resource(status, count);
	default:
		return NULL;
	}
}

static void take_count(struct prshm_broker_status *status, const struct wire_count *count)
{
	uint64_t *place = place_of(status, count);

	if (place)
		*place = count->value;
	else if (count->counter == WIRE_COUNTER_UID)
		status->uid = (uint32_t)count->value;
	else if (count->counter == WIRE_COUNTER_PID)
		status->pid = (uint32_t)count->value;
	else if (count->counter == WIRE_COUNTER_MISCONFIGURED)
		status->misconfigured = count->value;
}

/* The counters; *used is then where the text begins. */
static bool take_counters(
	const struct wire_reply *reply, struct prshm_broker_status *out, size_t *used)
{
	*used = 0;
	for (uint32_t i = 0; i < reply->condition.count; i++) {
		struct wire_count count;

		if (!wire_get_count(reply->tail, reply->tail_length, used, &count))
			return false;
		take_count(out, &count);
	}
	return true;
}

/*
 * The next text, up to a NUL or the end of the tail; cut to the size of out. False: there is none.
 */
static bool take_text(const struct wire_reply *reply, size_t *used, char *out, size_t size)
{
	const size_t left = reply->tail_length - *used;
	const char *text = (const char *)reply->tail + *used;
	const size_t length = strnlen(text, left);
	const size_t kept = length < size ? length : size - 1;

	if (left == 0)
		return false;
	memcpy(out, text, kept);
	out[kept] = '\0';
	*used += length < left ? length + 1 : length;
	return true;
}

static int get_status(struct prshm_broker_status *out, struct broker_answer *answer, size_t *used)
{
	struct wire_request request = {.header = {.op = WIRE_OP_STATUS}};
	const int outcome = connection_call(&request, answer);
	const struct wire_condition *condition = &answer->reply.condition;

	if (outcome != 0)
		return outcome;
	*out = (struct prshm_broker_status){
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
	if (!take_counters(&answer->reply, out, used))
		return -EPROTO;
	take_text(&answer->reply, used, out->version, sizeof(out->version));
	return 0;
}

enum prshm_result prshm_status(struct prshm_broker_status *out)
{
	struct prshm_broker_status status;
	struct broker_answer answer;
	size_t used;
	const int outcome = out ? get_status(&status, &answer, &used) : -EINVAL;

	if (outcome == 0)
		*out = status;
	return result_from_outcome(outcome);
}

/* The reply has, behind the version, the path of the configuration and each file that was read. */
enum prshm_result prshm_configuration(prshm_file_function *function, void *context)
{
	char configured[WIRE_MESSAGE_MAX];
	char path[WIRE_MESSAGE_MAX];
	struct prshm_broker_status status;
	struct broker_answer answer;
	bool was_read = false;
	bool goes_on = true;
	size_t used;
	const int outcome = function ? get_status(&status, &answer, &used) : -EINVAL;

	if (outcome != 0 || !take_text(&answer.reply, &used, configured, sizeof(configured)))
		return result_from_outcome(outcome);
	while (goes_on && take_text(&answer.reply, &used, path, sizeof(path)) && path[0] != '\0') {
		was_read = true;
		goes_on = function(context, path, true);
	}
	if (!was_read)
		function(context, configured, false);
	return PRSHM_OK;
}

/* An empty text ends the files; then comes what is wrong with them. */
enum prshm_result prshm_misconfiguration(char *out, size_t size)
{
	char text[WIRE_MESSAGE_MAX];
	struct prshm_broker_status status;
	struct broker_answer answer;
	bool goes_on = true;
	size_t used;
	const int outcome = out && size > 0 ? get_status(&status, &answer, &used) : -EINVAL;

	if (outcome != 0)
		return result_from_outcome(outcome);
	while (goes_on && take_text(&answer.reply, &used, text, sizeof(text)))
		goes_on = text[0] != '\0';
	if (goes_on || !take_text(&answer.reply, &used, out, size))
		out[0] = '\0';
	return PRSHM_OK;
}

enum prshm_result prshm_stop(void)
{
	struct wire_request request = {.header = {.op = WIRE_OP_STOP}};
	struct broker_answer answer;

	return result_from_outcome(connection_call(&request, &answer));
}

enum prshm_result prshm_origin(uint64_t number, struct prshm_actors *out)
{
	struct wire_request request = {
		.header = {.op = WIRE_OP_ORIGIN},
		.reopen = {.segment = number},
	};
	const struct wire_origin *origin;
	struct broker_answer answer;
	const int outcome = out ? connection_call(&request, &answer) : -EINVAL;

	if (outcome != 0)
		return result_from_outcome(outcome);
	origin = &answer.reply.origin;
	*out = (struct prshm_actors){
		.creator_uid = origin->creator_uid,
		.creator_pid = (pid_t)origin->creator_pid,
		.opener_uid = origin->opener_uid,
		.opener_pid = (pid_t)origin->opener_pid,
	};
	return PRSHM_OK;
}

enum prshm_result prshm_broker(struct prshm_place *out)
{
	struct prshm_place broker = {0};
	struct prshm_broker_status status;
	const enum prshm_result result = out ? prshm_status(&status) : PRSHM_INVALID;

	if (result != PRSHM_OK)
		return result;
	broker.choice = (enum prshm_choice)connection_place(broker.path);
	*out = broker;
	return PRSHM_OK;
}

const char *prshm_op_name(unsigned int op)
{
	return op >= 1 && op <= WIRE_OP_LAST ? wire_op_name((uint16_t)op) : NULL;
}
