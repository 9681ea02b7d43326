/* SPDX-License-Identifier: MIT */
/*
 * Structs and their bytes out of one table of fields: F(bits, name) for each, little-endian, in this
 * order and without padding. The table of a struct is a macro that takes F.
 */
#ifndef PRSHM_WIRE_FIELDS_H
#define PRSHM_WIRE_FIELDS_H

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define FIELD_DECLARE(bits, field) uint##bits##_t field;

/* Where "at" walks over the bytes, and "out" and "in" point to the struct. */
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

/* Not every struct goes both ways, nor has fields. */
#define FIELDS_UNUSED __attribute__((unused))
#define FIELDS_CODEC(prefix, name, fields)                                                         \
	FIELDS_UNUSED static void get_##name(                                                      \
		FIELDS_UNUSED const uint8_t *at, FIELDS_UNUSED struct prefix##_##name *out)        \
	{                                                                                          \
		fields(FIELD_GET)                                                                  \
	}                                                                                          \
	FIELDS_UNUSED static void put_##name(                                                      \
		FIELDS_UNUSED uint8_t *at, FIELDS_UNUSED const struct prefix##_##name *in)         \
	{                                                                                          \
		fields(FIELD_PUT)                                                                  \
	}

#endif
