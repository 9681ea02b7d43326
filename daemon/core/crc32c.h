/* SPDX-License-Identifier: MIT */
/*
 * The checksum of the journal's records: CRC-32C (Castagnoli), as iSCSI's (RFC 3720, appendix B.4).
 */
#ifndef PRSHM_DAEMON_CORE_CRC32C_H
#define PRSHM_DAEMON_CORE_CRC32C_H

#include <stddef.h>
#include <stdint.h>

uint32_t crc32c(const void *bytes, size_t length);
uint32_t crc32c_by_table(const void *bytes, size_t length); /* the same result, on any processor */

#endif
