/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C, eight bytes at a step: tables[k][b] is what the byte b does to the checksum when k more
 * bytes follow it, so the eight bytes of a step can be looked up side by side.
 */
#include "daemon/crc32c.h"

#include <endian.h>
#include <string.h>

#define POLYNOMIAL 0x82f63b78U /* 0x1edc6f41, its bits in the order they travel */

static uint32_t tables[8][256];

static void make_tables(void)
{
	for (uint32_t byte = 0; byte < 256; byte++) {
		uint32_t crc = byte;

		for (int bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (crc & 1 ? POLYNOMIAL : 0);
		tables[0][byte] = crc;
	}
	for (size_t k = 1; k < 8; k++) {
		for (size_t byte = 0; byte < 256; byte++) {
			const uint32_t crc = tables[k - 1][byte];

			tables[k][byte] = crc >> 8 ^ tables[0][crc & 0xff];
		}
	}
}

uint32_t crc32c(const void *bytes, size_t length)
{
	const uint8_t *at = bytes;
	uint32_t crc = UINT32_MAX;

	if (tables[0][1] == 0)
		make_tables();
	for (; length >= 8; length -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		word = le64toh(word) ^ crc;
		crc = 0;
		for (unsigned int k = 0; k < 8; k++)
			crc ^= tables[7 - k][word >> 8 * k & 0xff];
	}
	for (; length > 0; length--, at++)
		crc = crc >> 8 ^ tables[0][(crc ^ *at) & 0xff];
	return ~crc;
}
