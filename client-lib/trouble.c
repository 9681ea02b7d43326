/* SPDX-License-Identifier: MIT */
/* Why a call failed, in words. */
#include "client-lib/trouble.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static _Thread_local struct {
	char text[TROUBLE_TEXT_MAX];
	bool is_new; /* no outcome was told since it was said */
} trouble;

static void append(const char *format, va_list arguments)
{
	const size_t used = strlen(trouble.text);

	vsnprintf(trouble.text + used, sizeof(trouble.text) - used, format, arguments);
	trouble.is_new = true;
}

void trouble_say(const char *format, ...)
{
	va_list arguments;

	trouble.text[0] = '\0';
	va_start(arguments, format);
	append(format, arguments);
	va_end(arguments);
}

void trouble_add(const char *format, ...)
{
	va_list arguments;

	if (!trouble.is_new)
		trouble.text[0] = '\0';
	va_start(arguments, format);
	append(format, arguments);
	va_end(arguments);
}

void trouble_forget(void)
{
	trouble.text[0] = '\0';
	trouble.is_new = false;
}

void trouble_settle(void)
{
	if (!trouble.is_new)
		trouble.text[0] = '\0';
	trouble.is_new = false;
}

const char *trouble_text(void)
{
	return trouble.text;
}
