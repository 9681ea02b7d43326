/* SPDX-License-Identifier: MIT */
/* What clients write into their rings: mostly a few small numbers, which may be handles. */
#include "fuzz/write-ring.h"

void write_ring(struct peer *peer, struct input *input)
{
	struct ring_page *page = peer ? peer->ring.page : NULL;
	const uint8_t count = take_byte(input);

	if (!page)
		return;
	for (uint8_t i = 0; i < (count & 7); i++)
		page->handles[(page->closed + i) % RING_ROOM] = take_byte(input);
	page->closed += count < 0xf0 ? count & 7U : count * 4U;
	if (count & 8)
		page->seen = page->quiet = count;
}

size_t count_rings(struct broker *broker)
{
	const struct peer *peer = peers_next(&broker->peers, 0);
	size_t count = 0;

	for (; peer; peer = peers_next(&broker->peers, peer->number))
		count += peer->ring.fd >= 0;
	return count;
}
