/* SPDX-License-Identifier: MIT */
/* Prints wire/wire.h the way manual.sh reads prshm-protocol(7): the two must be the same. */
#include "wire/wire.h"

#include <stdio.h>
#include <string.h>

#define PRINT_FIELD(bits, field)                                                                   \
	printf("%d %d %s\n", at, (bits) / 8, #field);                                              \
	at += (bits) / 8;
#define PRINT_STRUCT(name, bytes, fields)                                                          \
	static void print_##name(void)                                                             \
	{                                                                                          \
		int at = 0;                                                                        \
                                                                                                   \
		printf("struct %s %d\n", #name, bytes);                                            \
		fields(PRINT_FIELD)(void) at;                                                      \
	}
WIRE_STRUCTS(PRINT_STRUCT)

static void print_op(const char *name, int number, int request, int reply, const char *tail)
{
	printf("%d %s %d ", number, name, request);
	if (strcmp(name, "CLOSE") == 0)
		printf("no reply");
	else
		printf("%d", reply);
	printf(" %s\n", tail);
}

static void print_tables(void)
{
	puts("ops");
#define X(name, number, request, reply, tail)                                                      \
	print_op(#name, number, WIRE_SIZE_##request, WIRE_SIZE_##reply, #tail);
	WIRE_OPS(X)
#undef X
	puts("statuses");
#define X(name, value, text) printf("%d %s\n", value, #name);
	STATUSES(X)
#undef X
	puts("limits");
	printf("%d\n%d\n%d\n%d\n%d\n", WIRE_MESSAGE_MAX, WIRE_NAME_MAX, WIRE_PART_MAX, WIRE_FDS_MAX,
		WIRE_ENTRIES_MAX);
}

/* In the order of wire.h; the page has them where they are used, so manual.sh sorts the structs. */
int main(void)
{
#define X(name, bytes, fields)                                                                     \
	if ((bytes) > 0)                                                                           \
		print_##name();
	WIRE_STRUCTS(X)
#undef X
	print_tables();
	return 0;
}
