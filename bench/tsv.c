/* SPDX-License-Identifier: MIT */
/* What came out, for bench/report. */
#include "bench/tsv.h"

#include <math.h>
#include <stdio.h>

void tsv_begin(const char *kind)
{
	fputs(kind, stdout);
}

void tsv_text(const char *text)
{
	putchar('\t');
	for (; *text; text++)
		putchar((unsigned char)*text < ' ' ? ' ' : *text);
}

void tsv_number(double number)
{
	putchar('\t');
	if (!isnan(number))
		printf("%.10g", number);
}

/* Flushed: whoever forks next shall not write it once more. */
void tsv_end(void)
{
	putchar('\n');
	fflush(stdout);
}
