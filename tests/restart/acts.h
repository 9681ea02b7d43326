/* SPDX-License-Identifier: MIT */
/*
 * What a client does, in its own process: one call of the library each. Texts begin with the name;
 * results are those of enum prshm_result, or 0 and a PR_GetError(), unless told otherwise.
 */
#ifndef PRSHM_TESTS_RESTART_ACTS_H
#define PRSHM_TESTS_RESTART_ACTS_H

/* "NAME [SIZE [MODE [LIFETIME [LINGER]]]]": with PRSHM_EXCL; is kept open, its name is written in.
 */
long act_create(const char *text);
long act_open(const char *text); /* is kept open */
long act_close(const char *text);
long act_delete(const char *text);
/* The memory that is open under that name has the name in it: 1 or 0; -1: it is not open. */
long act_check(const char *text);
long act_holders(const char *text); /* the count, or minus a result */
/* "NAME MODE [UID RIGHTS]" */
long act_set_rights(const char *text);
long act_set_group(const char *text); /* "NAME GID" */
/* Whether we may do that: "NAME RIGHT"; 1 or 0, or minus a result. */
long act_may(const char *text);
/*
 * Anonymous memory, under a name of the actor's own. What PR_ExportFileMapAsString says of it is
 * shared by all actors, and the next import is of that.
 */
long act_export(const char *text);
long act_import(const char *text);

long act_nothing(const char *text); /* 0: the process lives */
/* Nothing but one round trip that changes nothing, so that all sent before it has been done. */
long act_ask(const char *text);

#endif
