/* SPDX-License-Identifier: MIT */
/* An outcome as an NSPR error. */
#include "client-lib/failure.h"

#include <errno.h>
#include <string.h>

#include "client-lib/trouble.h"

struct failure {
	PRErrorCode code;
	PRInt32 os_error;
};

static struct failure from_status(int status)
{
	switch (status) {
	case STATUS_NOT_FOUND:
		return (struct failure){PR_FILE_NOT_FOUND_ERROR, ENOENT};
	case STATUS_EXISTS:
		return (struct failure){PR_FILE_EXISTS_ERROR, EEXIST};
	case STATUS_DENIED:
	case STATUS_REFUSED:
		return (struct failure){PR_NO_ACCESS_RIGHTS_ERROR, EACCES};
	case STATUS_NOT_OWNER:
		return (struct failure){PR_NO_ACCESS_RIGHTS_ERROR, EPERM};
	case STATUS_BAD_NAME:
	case STATUS_BAD_SIZE:
	case STATUS_BAD_RIGHTS:
		return (struct failure){PR_INVALID_ARGUMENT_ERROR, EINVAL};
	case STATUS_NAME_TOO_LONG:
		return (struct failure){PR_NAME_TOO_LONG_ERROR, ENAMETOOLONG};
	case STATUS_TOO_BIG:
		return (struct failure){PR_FILE_TOO_BIG_ERROR, EFBIG};
	case STATUS_NO_RESOURCES:
		return (struct failure){PR_INSUFFICIENT_RESOURCES_ERROR, EDQUOT};
	case STATUS_NO_MEMORY:
		return (struct failure){PR_OUT_OF_MEMORY_ERROR, ENOMEM};
	case STATUS_VERSION:
	case STATUS_UNSUPPORTED:
		return (struct failure){PR_OPERATION_NOT_SUPPORTED_ERROR, EOPNOTSUPP};
	default:
		return (struct failure){PR_IO_ERROR, EIO};
	}
}

static struct failure from_errno(int error)
{
	switch (error) {
	case EINVAL:
		return (struct failure){PR_INVALID_ARGUMENT_ERROR, error};
	case EBADF: /* the program has closed the descriptor */
		return (struct failure){PR_BAD_DESCRIPTOR_ERROR, error};
	case EISDIR:
		return (struct failure){PR_IS_DIRECTORY_ERROR, error};
	case EOVERFLOW: /* a whole name too long for the protocol */
		return (struct failure){PR_BUFFER_OVERFLOW_ERROR, ENAMETOOLONG};
	case EACCES:
		return (struct failure){PR_NO_ACCESS_RIGHTS_ERROR, error};
	case ENOMEM:
		return (struct failure){PR_OUT_OF_MEMORY_ERROR, error};
	case EMFILE:
		return (struct failure){PR_PROC_DESC_TABLE_FULL_ERROR, error};
	case ENFILE:
		return (struct failure){PR_SYS_DESC_TABLE_FULL_ERROR, error};
	case ETIMEDOUT:
		return (struct failure){PR_IO_TIMEOUT_ERROR, error};
	case EPROTO:
	case EBADMSG:
		return (struct failure){PR_IO_ERROR, error};
	default: /* why the broker could not be reached */
		return (struct failure){PR_CONNECT_REFUSED_ERROR, error};
	}
}

static struct failure from_outcome(int outcome)
{
	return outcome < 0 ? from_errno(-outcome) : from_status(outcome);
}

int failure_errno(int outcome)
{
	return from_outcome(outcome).os_error;
}

void failure_set(int outcome)
{
	const struct failure failure = from_outcome(outcome);
	const char *text = trouble_text();

	trouble_settle();
	PR_SetError(failure.code, failure.os_error);
	PR_SetErrorText((PRIntn)strlen(text), text);
}
