/* SPDX-License-Identifier: MIT */
/* CRC-32C against the vectors of RFC 3720 (appendix B.4), and against its definition. */
#include <stdint.h>

#include "daemon/core/crc32c.h"
#include "tests/lib/testing.h"

TEST(the_checksum_is_that_of_rfc_3720)
{
	static const uint8_t read_command[48] = {0x01,
		0xc0, [16] = 0x14, [22] = 0x04, [27] = 0x14, [31] = 0x18, [32] = 0x28, [40] = 0x02};
	uint8_t bytes[32] = {0};

	ck_assert_uint_eq(crc32c(bytes, sizeof(bytes)), 0x8a9136aa);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = 0xff;
	ck_assert_uint_eq(crc32c(bytes, sizeof(bytes)), 0x62a8ab43);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)i;
	ck_assert_uint_eq(crc32c(bytes, sizeof(bytes)), 0x46dd794e);
	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(31 - i);
	ck_assert_uint_eq(crc32c(bytes, sizeof(bytes)), 0x113fdb5c);
	ck_assert_uint_eq(crc32c(read_command, sizeof(read_command)), 0xd9963a56);
	ck_assert_uint_eq(crc32c("123456789", 9), 0xe3069283);
}

/* A bit at a time: the remainder of a division by the polynomial. */
static uint32_t slow_crc32c(const uint8_t *bytes, size_t length)
{
	uint32_t crc = UINT32_MAX;

	for (size_t bit = 0; bit < 8 * length; bit++) {
		const uint32_t next = (uint32_t)bytes[bit / 8] >> bit % 8;

		crc = ((crc ^ next) & 1) ? crc >> 1 ^ 0x82f63b78U : crc >> 1;
	}
	return ~crc;
}

TEST(the_checksum_is_right_for_all_lengths_and_alignments)
{
	uint8_t bytes[64];

	for (size_t i = 0; i < sizeof(bytes); i++)
		bytes[i] = (uint8_t)(i * i * 31 + 17);
	for (size_t start = 0; start < 8; start++) {
		for (size_t length = 0; length <= 40; length++) {
			const uint32_t right = slow_crc32c(bytes + start, length);

			ck_assert_uint_eq(crc32c(bytes + start, length), right);
			ck_assert_uint_eq(crc32c_by_table(bytes + start, length), right);
		}
	}
}
