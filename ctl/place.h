/* SPDX-License-Identifier: MIT */
/*
 * Which broker answers, why that one, who runs it, and which configuration it read: for `status`.
 */
#ifndef PRSHM_CTL_PLACE_H
#define PRSHM_CTL_PLACE_H

#include "include/prshm-client.h"

struct place {
	struct prshm_place broker;
	char **files; /* of the configuration; owned, as are the strings */
	size_t count; /* 0: none was read, or the broker does not tell */
	/* the path where there is none; owned; NULL: files were read, or it is not told */
	char *no_file;
	/* what is wrong with the files, so that they do not count; "": not told */
	char trouble[256];
};

enum prshm_result place_get(struct place *place);
void place_deinit(struct place *place);

/* Lines, and members of a JSON object with a comma behind each. */
void place_print(const struct place *place, const struct prshm_broker_status *status);
void place_print_json(const struct place *place, const struct prshm_broker_status *status);

#endif
