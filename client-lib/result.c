/* SPDX-License-Identifier: MIT */
/* Converts an outcome to an enum prshm_result, and an enum prshm_result to text. */
#include "client-lib/result.h"

#include <errno.h>

#include "client-lib/trouble.h"
#include "wire/wire.h"

static enum prshm_result from_status(int status)
{
	switch (status) {
	case STATUS_OK:
		return PRSHM_OK;
	case STATUS_NOT_FOUND:
		return PRSHM_NOT_FOUND;
	case STATUS_EXISTS:
		return PRSHM_EXISTS;
	case STATUS_DENIED:
		return PRSHM_DENIED;
	case STATUS_NOT_OWNER:
		return PRSHM_NOT_OWNER;
	case STATUS_REFUSED:
		return PRSHM_REFUSED;
	case STATUS_BAD_NAME:
	case STATUS_NAME_TOO_LONG:
		return PRSHM_BAD_NAME;
	case STATUS_BAD_SIZE:
		return PRSHM_BAD_SIZE;
	case STATUS_BAD_RIGHTS:
		return PRSHM_BAD_RIGHTS;
	case STATUS_TOO_BIG:
		return PRSHM_TOO_BIG;
	case STATUS_NO_RESOURCES:
		return PRSHM_NO_RESOURCES;
	case STATUS_NO_MEMORY:
		return PRSHM_NO_MEMORY;
	case STATUS_VERSION:
	case STATUS_UNSUPPORTED:
		return PRSHM_UNSUPPORTED;
	default:
		return PRSHM_BROKEN;
	}
}

static enum prshm_result from_errno(int error)
{
	switch (error) {
	case EINVAL:
	case EBADF: /* the program has closed the descriptor */
		return PRSHM_INVALID;
	case EISDIR:
	case EOVERFLOW:
		return PRSHM_BAD_NAME;
	case ENOMEM:
		return PRSHM_NO_MEMORY;
	case EMFILE:
	case ENFILE:
		return PRSHM_NO_DESCRIPTOR;
	case ETIMEDOUT:
		return PRSHM_TIMEOUT;
	case EPROTO:
	case EBADMSG:
		return PRSHM_BROKEN;
	default:
		return PRSHM_NO_BROKER;
	}
}

enum prshm_result result_from_outcome(int outcome)
{
	trouble_settle();
	return outcome < 0 ? from_errno(-outcome) : from_status(outcome);
}

const char *prshm_error_text(void)
{
	return trouble_text();
}

const char *prshm_strerror(enum prshm_result result)
{
	static const char *const texts[] = {
		[PRSHM_OK] = "done",
		[PRSHM_INVALID] = "invalid argument",
		[PRSHM_NOT_FOUND] = "no such segment",
		[PRSHM_EXISTS] = "a segment of that name exists",
		[PRSHM_DENIED] = "the segment's rights do not allow it",
		[PRSHM_NOT_OWNER] = "only the owner or root may do that",
		[PRSHM_REFUSED] = "the name policy does not allow it",
		[PRSHM_BAD_NAME] = "not a name for a segment",
		[PRSHM_BAD_SIZE] = "the size is 0, or more than the segment has",
		[PRSHM_BAD_RIGHTS] = "rights that no segment can have",
		[PRSHM_TOO_BIG] = "more bytes than a segment may have",
		[PRSHM_NO_RESOURCES] = "a limit of the broker is reached",
		[PRSHM_NO_MEMORY] = "out of memory",
		[PRSHM_NO_DESCRIPTOR] = "no descriptor left",
		[PRSHM_NO_BROKER] = "no broker",
		[PRSHM_TIMEOUT] = "the broker does not answer",
		[PRSHM_UNSUPPORTED] = "the broker is too old for this call",
		[PRSHM_BROKEN] = "the broker is broken",
		[PRSHM_AGAIN] = "nothing has happened yet",
	};

	return (unsigned int)result < sizeof(texts) / sizeof(*texts) ? texts[result]
								     : "unknown result";
}
