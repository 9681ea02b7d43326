/* SPDX-License-Identifier: MIT */
/*
 * Why a call failed, in words: what an error code cannot tell. A text is a thread's own. It is
 * written where the cause is known, and belongs to the outcome that is converted next, by
 * failure_set or result_from_outcome.
 */
#ifndef PRSHM_CLIENT_TROUBLE_H
#define PRSHM_CLIENT_TROUBLE_H

#define TROUBLE_TEXT_MAX 512

/* Replaces the text; what is longer is cut. */
__attribute__((format(printf, 1, 2))) void trouble_say(const char *format, ...);
/* Appends to what was said since the last outcome or trouble_forget, or begins a text. */
__attribute__((format(printf, 1, 2))) void trouble_add(const char *format, ...);

void trouble_forget(void);

/* An outcome is told to the program: a text that does not belong to that outcome is forgotten. */
void trouble_settle(void);

/* The text of the last outcome that was told; "": there is none. */
const char *trouble_text(void);

#endif
