/* SPDX-License-Identifier: MIT */

/*
 * The differential table: what a row is.
 *
 * One program is compiled twice, against libprshm-client and against the real libnspr4, and prints
 * one line a row, `case | call | result`. compare.sh sets the two outputs side by side: a row may
 * only differ if expected-differences.txt says so. The rows are data (table-rows-*.c); a row is a
 * step that somebody does: the owner, who is the caller itself or uid 60001, or, when the program
 * runs as root, a second user.
 *
 *	CASE("detach, wrong address")                 a directory and processes of its own
 *	OPEN(1, "@/a", K64, CREATE, 0600)             handle h1; "@/" is the directory of the case
 *	ATTACH(1, 1, READONLY)                        address p1 from handle h1
 *	DETACH(1, 1, 4096)                            PR_DetachSharedMemory(h1, p1 + 4096)
 *
 * Names: "@/x" is made absolute; "#1023" is an absolute name of that many bytes in directories that
 * exist; "%256" is a component of that many bytes; anything else, and NULL, is passed as it stands.
 */
#ifndef PRSHM_TABLE_H
#define PRSHM_TABLE_H

#include <prerr.h>
#include <prerror.h>
#include <prinit.h>
#include <prshm.h>
#include <prtypes.h>

#include <stdbool.h>
#include <stddef.h>

enum { SLOTS = 4, RESULT_SIZE = 256, LABEL_SIZE = 256, NAME_SIZE = 8192 };

enum operation {
	END_OF_ROWS,
	/* Not rows: they arrange what the next rows need. */
	BEGIN_CASE,
	ACT_AS,
	KILL_ACTOR,
	MAKE_DIRECTORY,
	MAKE_LONG_DIRECTORIES,
	MAKE_FILE,
	MAKE_SYMLINK,
	MAKE_LINK,
	RENAME_FILE,
	REMOVE_FILE,
	CHANGE_MODE,
	CHANGE_DIRECTORY,
	SET_UMASK,
	PUT_TEXT,
	FIRST_ROW_OPERATION,
	/* Rows: each prints a line. */
	OPEN_SEGMENT = FIRST_ROW_OPERATION,
	ATTACH_SEGMENT,
	DETACH_SEGMENT,
	CLOSE_SEGMENT,
	DELETE_SEGMENT,
	READ_TEXT,
	COMPARE_MEMORY,
	WRITE_BYTE,
	WIDEN_MAPPING,
	MAPPED_LENGTH,
	LOOK_AT_FILE,
	ERROR_NAME,
	CALL_FUNCTION,
};

enum actor { OWNER, OTHER, MEMBER, ACTORS };

/* A case that cannot run here prints `# needs ...` as the result of each of its rows. */
enum needs { NEEDS_NOTHING, NEEDS_ROOT, NEEDS_OVERCOMMIT_CHECK };

struct step {
	enum operation operation;
	enum actor actor;
	enum needs needs;
	const char *name;
	const char *text;
	PRSize size;
	PRIntn flags;
	PRIntn mode;
	int handle;
	int address;
	ptrdiff_t offset;
	int error_before; /* errno when the call begins: NSPR sometimes reports a stale one */
	void (*function)(char *result);
};

/* What OPEN and DELETE take more is for rows that need it, such as .error_before = EACCES. */
/* clang-format off */
#define ROW(operation_, ...) { .operation = (operation_), __VA_ARGS__ }

#define CASE(text_)                ROW(BEGIN_CASE, .text = (text_))
#define CASE_NEEDS(needs_, text_)  ROW(BEGIN_CASE, .text = (text_), .needs = (needs_))
#define AS(actor_)                 ROW(ACT_AS, .actor = (actor_))
#define KILL(actor_)               ROW(KILL_ACTOR, .actor = (actor_))
#define DIRECTORY(name_, mode_)    ROW(MAKE_DIRECTORY, .name = (name_), .mode = (mode_))
#define LONG_DIRECTORIES           ROW(MAKE_LONG_DIRECTORIES, .name = "#1025")
#define FILE_OF_MODE(name_, mode_) ROW(MAKE_FILE, .name = (name_), .mode = (mode_))
#define SYMLINK(name_, target_)    ROW(MAKE_SYMLINK, .name = (name_), .text = (target_))
#define LINK(name_, old_)          ROW(MAKE_LINK, .name = (name_), .text = (old_))
#define RENAME(old_, name_)        ROW(RENAME_FILE, .name = (name_), .text = (old_))
#define REMOVE(name_)              ROW(REMOVE_FILE, .name = (name_))
#define CHMOD(name_, mode_)        ROW(CHANGE_MODE, .name = (name_), .mode = (mode_))
#define CHDIR(name_)               ROW(CHANGE_DIRECTORY, .name = (name_))
#define UMASK(mode_)               ROW(SET_UMASK, .mode = (mode_))
#define PUT(p_, text_)             ROW(PUT_TEXT, .address = (p_), .text = (text_))

#define OPEN(h_, name_, size_, flags_, mode_, ...)                                                 \
	ROW(OPEN_SEGMENT, .handle = (h_), .name = (name_), .size = (size_), .flags = (flags_),     \
		.mode = (mode_), ##__VA_ARGS__)
#define ATTACH(p_, h_, flags_)                                                                     \
	ROW(ATTACH_SEGMENT, .address = (p_), .handle = (h_), .flags = (flags_))
#define DETACH(h_, p_, offset_)                                                                    \
	ROW(DETACH_SEGMENT, .handle = (h_), .address = (p_), .offset = (offset_))
#define CLOSE(h_)              ROW(CLOSE_SEGMENT, .handle = (h_))
#define DELETE(name_, ...)     ROW(DELETE_SEGMENT, .name = (name_), ##__VA_ARGS__)
#define READ(p_)               ROW(READ_TEXT, .address = (p_))
#define COMPARE(p_, q_)        ROW(COMPARE_MEMORY, .address = (p_), .handle = (q_))
#define WRITE(p_, offset_)     ROW(WRITE_BYTE, .address = (p_), .offset = (offset_))
#define WIDEN(p_)              ROW(WIDEN_MAPPING, .address = (p_))
#define LENGTH(p_)             ROW(MAPPED_LENGTH, .address = (p_))
#define LOOK(name_)            ROW(LOOK_AT_FILE, .name = (name_))
#define NAME_OF(code_)         ROW(ERROR_NAME, .text = #code_, .mode = (code_))
#define CALL(text_, function_) ROW(CALL_FUNCTION, .text = (text_), .function = (function_))

/* clang-format on */

#define CREATE   PR_SHM_CREATE
#define EXCL     PR_SHM_EXCL
#define READONLY PR_SHM_READONLY
#define K64      ((PRSize)65536)

/*
 * Slot 0 is never filled: as a handle it is NULL, as an address NULL. STATIC_PAGE is memory that
 * nobody attached.
 */
enum { NULL_HANDLE = 0, NULL_ADDRESS = 0, STATIC_PAGE = SLOTS };

extern const struct step rows_names[], rows_long_names[], rows_sizes[], rows_attach[],
	rows_rights[], rows_two_users[], rows_life[], rows_files[], rows_errors[];

/* table-actor.c: the processes that do the steps. A dead one is a result. */
void actor_do(enum actor actor, const struct step *step, char *result);
void actor_kill(enum actor actor);
void actors_end(void);
bool actors_can_be_other_users(void);
void actor_own_directory(const char *path);

/* table-step.c: one step inside an actor. */
void step_run(const struct step *step, char *result);

/* table-file.c: plain files, and what is left of them. */
bool file_step_run(const struct step *step, char *result);
void sysv_note_creator(int pid);
void sysv_remove_noted(void);

/* table-name.c: names as they are passed, and rows as they are printed. */
void name_set_directory(const char *path);
const char *name_directory(void);
const char *name_expand(const char *name, char *buffer);
void label_write(const struct step *step, char *label);
__attribute__((format(printf, 2, 3))) void result_write(char *result, const char *format, ...);

/* "ENOENT" and "SIGSEGV"; "0"; "another" for what stands in no row. Static. */
const char *error_word(int error);
const char *signal_word(int number);

#endif
