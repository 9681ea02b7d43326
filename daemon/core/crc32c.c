/* SPDX-License-Identifier: MIT */
/*
 * CRC-32C, eight bytes at a step. A processor with SSE 4.2 has an instruction for that, which is
 * used because each request writes to the journal. On other processors, tables are used:
 * tables[k][b] is what the byte b does to the checksum when k more bytes follow that byte. So the
 * eight bytes of a step can be looked up independently.
 */
#include "daemon/core/crc32c.h"

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

uint32_t crc32c_by_table(const void *bytes, size_t length)
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

#ifdef __x86_64__
__attribute__((target("sse4.2"))) static uint32_t by_instruction(const uint8_t *at, size_t length)
{
	uint64_t crc = UINT32_MAX;

	for (; length >= 8; length -= 8, at += 8) {
		uint64_t word;

		memcpy(&word, at, sizeof(word));
		crc = __builtin_ia32_crc32di(crc, word);
	}
	for (; length > 0; length--, at++)
		crc = __builtin_ia32_crc32qi((uint32_t)crc, *at);
	return ~(uint32_t)crc;
}

uint32_t crc32c(const void *bytes, size_t length)
{
	return __builtin_cpu_supports("sse4.2") ? by_instruction(bytes, length)
						: crc32c_by_table(bytes, length);
}
#else
uint32_t crc32c(const void *bytes, size_t length)
{
	return crc32c_by_table(bytes, length);
}
#endif
