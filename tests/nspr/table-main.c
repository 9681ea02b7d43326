/* SPDX-License-Identifier: MIT */

/*
 * The differential table, walked: each case gets a fresh directory below the one given and fresh
 * processes, each row prints `case | call | result`. Nothing in the output depends on the machine,
 * the directory or the time, so that two runs can be compared byte by byte.
 */
#include "table.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct step *const all_rows[] = {
	rows_errors,
	rows_names,
	rows_long_names,
	rows_sizes,
	rows_attach,
	rows_rights,
	rows_two_users,
	rows_life,
	rows_files,
};

/* With overcommit the kernel grants any size, and NSPR's answer says nothing about NSPR. */
static bool kernel_refuses_overcommit(void)
{
	FILE *file = fopen("/proc/sys/vm/overcommit_memory", "re");
	int first = '1';

	if (file) {
		first = getc(file);
		fclose(file);
	}
	return first == '0' || first == '2';
}

/* Returns what is missing here, or NULL. */
static const char *missing_need(enum needs needs)
{
	if (needs == NEEDS_ROOT && !actors_can_be_other_users())
		return "# needs root";
	if (needs == NEEDS_OVERCOMMIT_CHECK && !kernel_refuses_overcommit())
		return "# needs vm.overcommit_memory other than 1";
	return NULL;
}

static void begin_case(const char *scratch, int number)
{
	char path[NAME_SIZE + 16];

	snprintf(path, sizeof(path), "%s/%d", scratch, number);
	if (mkdir(path, 0755) < 0) {
		perror(path);
		exit(2);
	}
	actor_own_directory(path);
	name_set_directory(path);
}

static enum actor actor_at(const struct step *first, const struct step *step)
{
	enum actor actor = OWNER;

	for (; first < step; first++)
		if (first->operation == ACT_AS)
			actor = first->actor;
	return actor;
}

/* A call made again in the same case by the same actor is told apart by a number. */
static int times_before(const struct step *first, const struct step *step, const char *label)
{
	enum actor actor = actor_at(first, step);
	char earlier[LABEL_SIZE];
	int times = 0;

	for (const struct step *at = first; at < step; at++) {
		if (at->operation < FIRST_ROW_OPERATION || actor_at(first, at) != actor)
			continue;
		label_write(at, earlier);
		times += strcmp(earlier, label) == 0;
	}
	return times;
}

static void print_row(const struct step *first, const struct step *step, const char *result)
{
	static const char *const by[] = {
		", by the owner", ", by another user", ", by a member of the group"};
	bool several = first->needs == NEEDS_ROOT;
	char label[LABEL_SIZE];
	int times;

	label_write(step, label);
	times = times_before(first, step, label);
	printf("%s | %s%s", first->text, label, several ? by[actor_at(first, step)] : "");
	if (times > 0)
		printf(" (%d)", times + 1);
	printf(" | %s\n", result);
	fflush(stdout);
}

/* Returns whether the step is done: nobody has to be told to do it. */
static bool done_without_actor(const struct step *first, const struct step *step)
{
	const char *missing = missing_need(first->needs);

	if (step->operation == KILL_ACTOR)
		actor_kill(step->actor);
	else if (missing && step->operation >= FIRST_ROW_OPERATION)
		print_row(first, step, missing);
	return missing || step->operation == KILL_ACTOR || step->operation == ACT_AS;
}

static void do_step(const struct step *first, const struct step *step)
{
	char result[RESULT_SIZE] = "";

	if (done_without_actor(first, step))
		return;
	actor_do(actor_at(first, step), step, result);
	if (step->operation >= FIRST_ROW_OPERATION) {
		print_row(first, step, result);
	} else if (strcmp(result, "ok") != 0) {
		fprintf(stderr, "%s: cannot arrange %s: %s\n", first->text, step->name, result);
		exit(2);
	}
}

static void walk(const struct step *step, const char *scratch)
{
	static int number;
	const struct step *first = NULL;

	for (; step->operation != END_OF_ROWS; step++) {
		if (step->operation != BEGIN_CASE) {
			do_step(first, step);
			continue;
		}
		actors_end();
		sysv_remove_noted();
		first = step;
		begin_case(scratch, ++number);
	}
	actors_end();
	sysv_remove_noted();
}

/* For compare.sh, which starts a broker and must not begin before it answers. */
static int broker_answers(void)
{
	PR_DeleteSharedMemory("/is-anybody-there");
	return PR_GetError() == PR_CONNECT_REFUSED_ERROR ? 1 : 0;
}

int main(int argc, char **argv)
{
	char scratch[NAME_SIZE];

	if (argc == 2 && strcmp(argv[1], "--answers") == 0)
		return broker_answers();
	/* The long names begin with the directory. */
	if (argc != 2 || !realpath(argv[1], scratch) || strlen(scratch) > 700) {
		fprintf(stderr, "usage: %s EMPTY-DIRECTORY | --answers\n", argv[0]);
		return 2;
	}
	signal(SIGCHLD, SIG_DFL); /* Ignored and inherited, it would leave nothing to wait for. */
	umask(022);               /* The other users have to reach the directories of the cases. */
	atexit(sysv_remove_noted);
	for (size_t i = 0; i < sizeof(all_rows) / sizeof(all_rows[0]); i++)
		walk(all_rows[i], scratch);
	return 0;
}
