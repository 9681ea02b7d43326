/* SPDX-License-Identifier: MIT */
/* In place of s6-fdholder.c without configure's --with-s6. */
#include "bench/contenders.h"

bool s6_fdholder_setup(struct competitor *self, const struct place *place)
{
	(void)place;
	return competitor_missing(self, "built without s6's library (configure --with-s6)");
}

/* What is missing is not asked to do more, but the table names it. */
bool s6_fdholder_open(struct competitor *self)
{
	(void)self;
	return false;
}

bool s6_fdholder_create(struct competitor *self)
{
	return s6_fdholder_open(self);
}

void s6_fdholder_teardown(struct competitor *self)
{
	(void)self;
}
