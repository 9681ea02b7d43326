/* SPDX-License-Identifier: MIT */
/* What configuration.c, which reads lines, and configuration-sections.c, which knows what they say, share. */
#ifndef PRSHM_DAEMON_CONFIGURATION_PARSER_H
#define PRSHM_DAEMON_CONFIGURATION_PARSER_H

#include "daemon/core/policy.h"

struct parser {
	struct policy *policy;
	const char *file;
	unsigned int line;
	unsigned int where;        /* which kind of section we are in; 0: none */
	struct name_rule *name;    /* and what it fills in: one of these, */
	struct limit_rule *limits; /* or the general limits */
	bool limits_seen;          /* [limits] stands in this file already, */
	bool broker_seen;          /* and [broker] */
	unsigned int keys_seen;    /* in this section, a bit a key */
};

/* Both return NULL, or what is wrong, for people. */
const char *parser_section(struct parser *parser, const char *section);
const char *parser_key(struct parser *parser, const char *key, const char *value);

#endif
