/* SPDX-License-Identifier: MIT */
/*
 * From error codes to names and sentences: one array, indexed by distance from the first code.
 */
#include "client-lib/error-names.h"
#include "client-lib/foreign.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "prerror.h"

#define SYSTEM_CODES 256 /* 0..255 are errno's, by NSPR's contract */

#define X(name, value, text) static_assert((name) == (value), #name " differs from prerr.h");
ERROR_NAMES(X)
#undef X

static const struct error_name {
	const char *name;
	const char *text;
} error_names[] = {
#define X(name, value, text) [value - PR_NSPR_ERROR_BASE] = {#name, text},
	ERROR_NAMES(X)
#undef X
};

static_assert(PR_ARRAY_SIZE(error_names) == PR_MAX_ERROR - PR_NSPR_ERROR_BASE + 1,
	"the table ends with PR_MAX_ERROR");

static const struct error_name *find_error(PRErrorCode code)
{
	if (code < PR_NSPR_ERROR_BASE || code > PR_MAX_ERROR)
		return NULL;
	return &error_names[code - PR_NSPR_ERROR_BASE];
}

const char *PR_ErrorToName(PRErrorCode code)
{
	const struct error_name *found = find_error(code);

	return found != NULL ? found->name : foreign_error_name(code);
}

const char *PR_ErrorToString(PRErrorCode code, PRLanguageCode language)
{
	static _Thread_local char unknown[sizeof("Unknown error code -2147483648")];
	const struct error_name *found = find_error(code);
	const char *text;

	if (found != NULL)
		return found->text;
	if (code >= 0 && code < SYSTEM_CODES)
		return strerror(code);
	text = foreign_error_text(code, language);
	if (text != NULL)
		return text;
	snprintf(unknown, sizeof(unknown), "Unknown error code %d", code);
	return unknown;
}

const char *const *PR_ErrorLanguages(void)
{
	static const char *const languages[] = {
		[PR_LANGUAGE_I_DEFAULT] = "i-default",
		[PR_LANGUAGE_EN] = "en",
		NULL,
	};

	return languages;
}
