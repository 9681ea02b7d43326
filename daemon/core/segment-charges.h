/* SPDX-License-Identifier: MIT */
/*
 * What a segment costs the user that pays for it: one segment, and its bytes in whole pages. Name
 * and rights entries are memory of the broker, and of its journal, too: where they are long, they
 * cost a page.
 */
#ifndef PRSHM_DAEMON_CORE_SEGMENT_CHARGES_H
#define PRSHM_DAEMON_CORE_SEGMENT_CHARGES_H

#include "daemon/core/segment.h"

#define SEGMENT_TEXT_FREE 256 /* bytes of name and entries together that cost nothing */

/* What they cost: 0, or whole pages. */
uint64_t segment_text_bytes(uint32_t name_length, uint32_t entry_count);

/* Charges a new segment, and its bytes in whole pages, to the account. OK or NO_RESOURCES. */
enum status segment_charge(struct segment *segment, struct account *account, struct refusal *why);
/* The same for a segment of the last broker: no limit is checked. */
void segment_restore_charges(struct segment *segment, struct account *account);
/* Has another account pay for the segment. OK, or NO_RESOURCES: nothing has changed. */
enum status segment_move_charges(
	struct segment *segment, struct account *account, struct refusal *why);

/* The bytes of another size, for a segment of the last broker: no limit is checked. */
void segment_restore_size(struct segment *segment);
/*
 * Charges another size, or name and number of rights entries. OK, or NO_RESOURCES: nothing has
 * changed.
 */
enum status segment_charge_size(struct segment *segment, uint64_t size, struct refusal *why);
enum status segment_charge_text(
	struct segment *segment, uint32_t name_length, uint32_t entry_count, struct refusal *why);

#endif
