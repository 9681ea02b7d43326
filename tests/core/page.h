/* SPDX-License-Identifier: MIT */
/* What the library does with the page that it shares with the broker, as steps of a table. */
#ifndef PRSHM_TESTS_PAGE_H
#define PRSHM_TESTS_PAGE_H

#include "tests/core/steps.h"

/* Whether the step is one of the page, and no request. */
bool page_is_played(const struct step *step);
/* False: the handle is frozen, so the client must close it in the ring, or ask. */
bool page_play(struct ring_page *page, const struct step *step);

#endif
