/* SPDX-License-Identifier: MIT */
/*
 * The last error of each thread, in thread-local storage: setting an error never allocates, so it
 * cannot fail for want of memory, and nothing has to be freed when the thread ends. (A destructor
 * by pthread_key_create(3) would also crash threads that outlive a dlclose of this library.) The
 * price is a limit on the length of the text.
 */
#include "prerror.h"

#include <string.h>

static _Thread_local struct {
	PRErrorCode code;
	PRInt32 os_error;
	PRInt32 text_length;
	char text[PRSHM_ERROR_TEXT_MAX + 1]; /* a NUL follows the text */
} last_error;

void PR_SetError(PRErrorCode code, PRInt32 os_error)
{
	last_error.code = code;
	last_error.os_error = os_error;
	last_error.text_length = 0;
}

PRErrorCode PR_GetError(void)
{
	return last_error.code;
}

PRInt32 PR_GetOSError(void)
{
	return last_error.os_error;
}

void PR_SetErrorText(PRIntn length, const char *text)
{
	if (length <= 0 || text == NULL) {
		last_error.text_length = 0;
		return;
	}
	last_error.text_length = PR_MIN(length, PRSHM_ERROR_TEXT_MAX);
	memcpy(last_error.text, text, (size_t)last_error.text_length);
	last_error.text[last_error.text_length] = '\0';
}

PRInt32 PR_GetErrorTextLength(void)
{
	return last_error.text_length;
}

PRInt32 PR_GetErrorText(char *text)
{
	if (last_error.text_length == 0 || text == NULL)
		return 0;
	/* With the NUL, as libnspr4: callers print what they get as a string. */
	memcpy(text, last_error.text, (size_t)last_error.text_length + 1);
	return last_error.text_length;
}
