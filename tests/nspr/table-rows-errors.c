/* SPDX-License-Identifier: MIT */

/*
 * Rows about errors, and about the calls every NSPR program makes before the first segment. A name
 * of an error also proves its number, for each of NSPR's codes.
 */
#include "table.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>

static void initialized(char *result)
{
	result_write(result, "%s", PR_Initialized() ? "yes" : "no");
}

static void init(char *result)
{
	PR_Init(PR_USER_THREAD, PR_PRIORITY_NORMAL, 0);
	result_write(result, "done");
}

static void cleanup(char *result)
{
	result_write(result, "%s", PR_Cleanup() == PR_SUCCESS ? "ok" : "failure");
}

static void *cleanup_in_thread(void *result)
{
	cleanup(result);
	return NULL;
}

static void run_in_thread(void *(*function)(void *), char *result)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, function, result) == 0)
		pthread_join(thread, NULL);
}

static void cleanup_by_new_thread(char *result)
{
	run_in_thread(cleanup_in_thread, result);
}

/* libnspr4 ignores the signal for good; a program that relies on that has to do it itself. */
static void pipe_signal(char *result)
{
	struct sigaction action;

	sigaction(SIGPIPE, NULL, &action);
	result_write(result, "%s", action.sa_handler == SIG_IGN ? "ignored" : "as it was");
}

static void show_error(char *result)
{
	result_write(result, "%d/%d", PR_GetError(), PR_GetOSError());
}

static void set_error(char *result)
{
	PR_SetError(PR_IO_ERROR, EIO);
	show_error(result);
}

static void set_unknown_error(char *result)
{
	PR_SetError(123456, -1);
	show_error(result);
}

/* A good call leaves the error of an earlier one alone, as errno does. */
static void error_after_success(char *result)
{
	char name[NAME_SIZE];

	PR_OpenSharedMemory(name_expand("@/missing", name), K64, 0, 0600);
	if (!PR_OpenSharedMemory(name_expand("@/good", name), K64, CREATE, 0600))
		result_write(result, "open failed");
	else
		show_error(result);
}

static void *other_thread(void *result)
{
	show_error(result);
	PR_SetError(PR_LOOP_ERROR, ELOOP);
	return NULL;
}

static void error_of_new_thread(char *result)
{
	PR_SetError(PR_IO_ERROR, EIO);
	run_in_thread(other_thread, result);
}

static void text_length(char *result)
{
	result_write(result, "%d", PR_GetErrorTextLength());
}

static void text(char *result)
{
	char buffer[256] = "untouched";
	PRInt32 copied = PR_GetErrorText(buffer);

	result_write(result, "%d, buffer %s", copied,
		strcmp(buffer, "untouched") == 0 ? "untouched" : "changed");
}

static void name_of_zero(char *result)
{
	const char *name = PR_ErrorToName(0);

	result_write(result, "%s", name ? name : "NULL");
}

static void name_of_unknown(char *result)
{
	const char *name = PR_ErrorToName(PR_MAX_ERROR + 1000);

	result_write(result, "%s", name ? name : "NULL");
}

/* Texts are each library's own; that there is one is the contract. */
static void string_is_there(char *result)
{
	const char *string = PR_ErrorToString(PR_NO_ACCESS_RIGHTS_ERROR, PR_LANGUAGE_I_DEFAULT);

	result_write(result, "%s", string && string[0] ? "a text" : "none");
}

static void string_of_unknown(char *result)
{
	const char *string = PR_ErrorToString(PR_MAX_ERROR + 1000, PR_LANGUAGE_I_DEFAULT);

	result_write(result, "%s", string && string[0] ? "a text" : "none");
}

static void constants(char *result)
{
	result_write(result, "%d %d %d %d %d %d %d", PR_SHM_CREATE, PR_SHM_EXCL, PR_SHM_READONLY,
		PR_SUCCESS, PR_FAILURE, PR_TRUE, PR_FALSE);
}

static void type_sizes(char *result)
{
	result_write(result, "%zu %zu %zu %zu %zu %zu", sizeof(PRSize), sizeof(PRIntn),
		sizeof(PRInt32), sizeof(PRErrorCode), sizeof(PRStatus), sizeof(PRBool));
}

/* One row a line: */
/* clang-format off */
const struct step rows_errors[] = {
	CASE("start and end"),
	CALL("PR_Initialized() before anything", initialized),
	CALL("PR_Init()", init),
	CALL("PR_Initialized() after PR_Init()", initialized),
	CALL("PR_Init() again", init),
	CALL("SIGPIPE after PR_Init()", pipe_signal),
	CALL("PR_Cleanup() in another thread", cleanup_by_new_thread),
	CALL("PR_Cleanup()", cleanup),
	CALL("PR_Initialized() after PR_Cleanup()", initialized),

	CASE("end without a start"),
	CALL("PR_Cleanup() before anything", cleanup),

	CASE("no PR_Init"),
	OPEN(1, "@/a", K64, CREATE, 0600),
	CALL("PR_Initialized() after the first call", initialized),

	CASE("constants"),
	CALL("PR_SHM_CREATE, PR_SHM_EXCL, PR_SHM_READONLY, PR_SUCCESS, PR_FAILURE, PR_TRUE, "
	     "PR_FALSE",
		constants),
	CALL("sizes of PRSize, PRIntn, PRInt32, PRErrorCode, PRStatus, PRBool", type_sizes),

	CASE("errors"),
	CALL("PR_GetError()/PR_GetOSError() at the start", show_error),
	CALL("the same after PR_SetError(PR_IO_ERROR, EIO)", set_error),
	CALL("the same after PR_SetError(123456, -1)", set_unknown_error),
	CALL("the same in a new thread", error_of_new_thread),
	CALL("the same, after the thread had an error of its own", show_error),
	CALL("the same after a failed call and a good one", error_after_success),
	CALL("PR_GetErrorTextLength() without a text", text_length),
	CALL("PR_GetErrorText() without a text", text),
	CALL("PR_ErrorToName(0)", name_of_zero),
	CALL("PR_ErrorToName(a code of nobody)", name_of_unknown),
	CALL("PR_ErrorToString(PR_NO_ACCESS_RIGHTS_ERROR)", string_is_there),
	CALL("PR_ErrorToString(a code of nobody)", string_of_unknown),

	CASE("error codes"),
	NAME_OF(PR_OUT_OF_MEMORY_ERROR),
	NAME_OF(PR_BAD_DESCRIPTOR_ERROR),
	NAME_OF(PR_WOULD_BLOCK_ERROR),
	NAME_OF(PR_ACCESS_FAULT_ERROR),
	NAME_OF(PR_INVALID_METHOD_ERROR),
	NAME_OF(PR_ILLEGAL_ACCESS_ERROR),
	NAME_OF(PR_UNKNOWN_ERROR),
	NAME_OF(PR_PENDING_INTERRUPT_ERROR),
	NAME_OF(PR_NOT_IMPLEMENTED_ERROR),
	NAME_OF(PR_IO_ERROR),
	NAME_OF(PR_IO_TIMEOUT_ERROR),
	NAME_OF(PR_IO_PENDING_ERROR),
	NAME_OF(PR_DIRECTORY_OPEN_ERROR),
	NAME_OF(PR_INVALID_ARGUMENT_ERROR),
	NAME_OF(PR_ADDRESS_NOT_AVAILABLE_ERROR),
	NAME_OF(PR_ADDRESS_NOT_SUPPORTED_ERROR),
	NAME_OF(PR_IS_CONNECTED_ERROR),
	NAME_OF(PR_BAD_ADDRESS_ERROR),
	NAME_OF(PR_ADDRESS_IN_USE_ERROR),
	NAME_OF(PR_CONNECT_REFUSED_ERROR),
	NAME_OF(PR_NETWORK_UNREACHABLE_ERROR),
	NAME_OF(PR_CONNECT_TIMEOUT_ERROR),
	NAME_OF(PR_NOT_CONNECTED_ERROR),
	NAME_OF(PR_LOAD_LIBRARY_ERROR),
	NAME_OF(PR_UNLOAD_LIBRARY_ERROR),
	NAME_OF(PR_FIND_SYMBOL_ERROR),
	NAME_OF(PR_INSUFFICIENT_RESOURCES_ERROR),
	NAME_OF(PR_DIRECTORY_LOOKUP_ERROR),
	NAME_OF(PR_TPD_RANGE_ERROR),
	NAME_OF(PR_PROC_DESC_TABLE_FULL_ERROR),
	NAME_OF(PR_SYS_DESC_TABLE_FULL_ERROR),
	NAME_OF(PR_NOT_SOCKET_ERROR),
	NAME_OF(PR_NOT_TCP_SOCKET_ERROR),
	NAME_OF(PR_SOCKET_ADDRESS_IS_BOUND_ERROR),
	NAME_OF(PR_NO_ACCESS_RIGHTS_ERROR),
	NAME_OF(PR_OPERATION_NOT_SUPPORTED_ERROR),
	NAME_OF(PR_PROTOCOL_NOT_SUPPORTED_ERROR),
	NAME_OF(PR_REMOTE_FILE_ERROR),
	NAME_OF(PR_BUFFER_OVERFLOW_ERROR),
	NAME_OF(PR_CONNECT_RESET_ERROR),
	NAME_OF(PR_RANGE_ERROR),
	NAME_OF(PR_DEADLOCK_ERROR),
	NAME_OF(PR_FILE_IS_LOCKED_ERROR),
	NAME_OF(PR_FILE_TOO_BIG_ERROR),
	NAME_OF(PR_NO_DEVICE_SPACE_ERROR),
	NAME_OF(PR_PIPE_ERROR),
	NAME_OF(PR_NO_SEEK_DEVICE_ERROR),
	NAME_OF(PR_IS_DIRECTORY_ERROR),
	NAME_OF(PR_LOOP_ERROR),
	NAME_OF(PR_NAME_TOO_LONG_ERROR),
	NAME_OF(PR_FILE_NOT_FOUND_ERROR),
	NAME_OF(PR_NOT_DIRECTORY_ERROR),
	NAME_OF(PR_READ_ONLY_FILESYSTEM_ERROR),
	NAME_OF(PR_DIRECTORY_NOT_EMPTY_ERROR),
	NAME_OF(PR_FILESYSTEM_MOUNTED_ERROR),
	NAME_OF(PR_NOT_SAME_DEVICE_ERROR),
	NAME_OF(PR_DIRECTORY_CORRUPTED_ERROR),
	NAME_OF(PR_FILE_EXISTS_ERROR),
	NAME_OF(PR_MAX_DIRECTORY_ENTRIES_ERROR),
	NAME_OF(PR_INVALID_DEVICE_STATE_ERROR),
	NAME_OF(PR_DEVICE_IS_LOCKED_ERROR),
	NAME_OF(PR_NO_MORE_FILES_ERROR),
	NAME_OF(PR_END_OF_FILE_ERROR),
	NAME_OF(PR_FILE_SEEK_ERROR),
	NAME_OF(PR_FILE_IS_BUSY_ERROR),
	NAME_OF(PR_OPERATION_ABORTED_ERROR),
	NAME_OF(PR_IN_PROGRESS_ERROR),
	NAME_OF(PR_ALREADY_INITIATED_ERROR),
	NAME_OF(PR_GROUP_EMPTY_ERROR),
	NAME_OF(PR_INVALID_STATE_ERROR),
	NAME_OF(PR_NETWORK_DOWN_ERROR),
	NAME_OF(PR_SOCKET_SHUTDOWN_ERROR),
	NAME_OF(PR_CONNECT_ABORTED_ERROR),
	NAME_OF(PR_HOST_UNREACHABLE_ERROR),
	NAME_OF(PR_LIBRARY_NOT_LOADED_ERROR),
	NAME_OF(PR_CALL_ONCE_ERROR),
	{ .operation = END_OF_ROWS},
};
