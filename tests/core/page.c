/* SPDX-License-Identifier: MIT */
/* The client's side of the page, as wire/ring.h says. */
#include "tests/core/page.h"

bool page_is_played(const struct step *step)
{
	return step->rings > 0 || step->parks > 0 || step->takes > 0;
}

static void ring(struct ring_page *page, uint32_t handle)
{
	page->handles[page->closed % RING_ROOM] = handle;
	page->closed++;
}

bool page_play(struct ring_page *page, const struct step *step)
{
	const uint32_t handle = (step->parks > 0 ? step->parks : step->takes) - 1;
	_Atomic uint64_t *word;

	if (step->rings > 0) {
		ring(page, step->rings - 1);
		return true;
	}
	if (handle >= RING_PARKABLE)
		return false;
	word = &page->parks[handle / 32];
	if (*word & RING_FROZEN(handle))
		return false;
	if (step->parks > 0)
		*word |= RING_PARKED(handle);
	else
		*word &= ~RING_PARKED(handle);
	return true;
}
