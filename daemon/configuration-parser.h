/* SPDX-License-Identifier: MIT */
/*
 * What configuration.c, which reads lines, and configuration-sections.c, which knows what they say,
 * share.
 */
#ifndef PRSHM_DAEMON_CONFIGURATION_PARSER_H
#define PRSHM_DAEMON_CONFIGURATION_PARSER_H

#include <stdio.h>

#include "daemon/configuration.h"
#include "daemon/core/policy.h"

struct parser {
	struct policy *policy;
	struct config_trouble *trouble;
	const char *file;
	unsigned int line;
	/*
	 * Called with each line that is a comment; may set file and line. NULL: comments say
	 * nothing.
	 */
	void (*remark)(struct parser *parser, const char *comment);
	void *data;                /* remark's */
	unsigned int where;        /* which kind of section we are in; 0: none */
	struct name_rule *name;    /* and what it fills in: one of these, */
	struct limit_rule *limits; /* or the general limits */
	bool limits_seen;          /* [limits] stands in this file already, */
	bool broker_seen;          /* and [broker] */
	unsigned int keys_seen;    /* in this section, a bit a key */
};

/* Reads all lines. False: all that is wrong was logged, and the first of it is in trouble. */
bool parser_read(const struct parser *parser, FILE *stream);
/*
 * Ends a load, and returns good. Good: policy and files become the caller's; otherwise they are
 * freed.
 */
bool config_hand_out(bool good, struct policy *policy, struct config_files *files,
	struct policy *out, struct config_files *out_files);
/* Both return NULL, or what is wrong, for people. */
const char *parser_section(struct parser *parser, const char *section);
const char *parser_key(struct parser *parser, const char *key, const char *value);

#endif
