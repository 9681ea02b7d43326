/* SPDX-License-Identifier: MIT */
/*
 * One table of fields makes both a struct and the functions that turn it into bytes and back. A
 * table is a macro that takes F, and has F(bits, name) for each field. The bytes are little-endian,
 * in the order of the table, without padding.
 */
#ifndef PRSHM_WIRE_FIELDS_H
#define PRSHM_WIRE_FIELDS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define FIELD_DECLARE(bits, field) uint##bits##_t field;

/* These expect the variables at (walks over the bytes) and out or in (points to the struct). */
#define FIELD_GET(bits, field)                                                                     \
	memcpy(&out->field, at, sizeof(out->field));                                               \
	out->field = le##bits##toh(out->field);                                                    \
	at += sizeof(out->field);
#define FIELD_PUT(bits, field)                                                                     \
	{                                                                                          \
		uint##bits##_t value = htole##bits(in->field);                                     \
		memcpy(at, &value, sizeof(value));                                                 \
		at += sizeof(value);                                                               \
	}

/* Unused in part: some structs are only read or only written, and some have no fields. */
#define FIELDS_UNUSED __attribute__((unused))
#define FIELDS_CODEC(prefix, name, fields)                                                         \
	FIELDS_UNUSED static void get_##name(                                                      \
		FIELDS_UNUSED const uint8_t *at, FIELDS_UNUSED struct prefix##_##name *out){       \
		fields(FIELD_GET)} FIELDS_UNUSED static void put_##name(FIELDS_UNUSED uint8_t *at, \
		FIELDS_UNUSED const struct prefix##_##name *in)                                    \
	{                                                                                          \
		fields(FIELD_PUT)                                                                  \
	}

#endif
