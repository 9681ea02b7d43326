/* SPDX-License-Identifier: MIT */
/*
 * Proof by exhaustion: a session in which the broker, the keeper, or a broker that takes over dies
 * before its k-th system call, for every k; and each time the clients see what they see when nobody
 *dies.
 *
 *	exhaustive [--every=N] [--from=K] [--victim=broker|keeper|takeover]
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "tests/lib/await.h"
#include "tests/lib/process.h"
#include "tests/restart/executioner.h"
#include "tests/restart/restart-case.h"
#include "tests/restart/session.h"

enum victim { BROKER, KEEPER, TAKEOVER, VICTIMS };

static const char *const victims[VICTIMS] = {
	[BROKER] = "broker",
	[KEEPER] = "keeper",
	[TAKEOVER] = "takeover",
};

/* One run; shared with the process that it is. */
static struct run {
	enum victim victim;
	uint64_t at; /* 0: nobody dies, and this is what the others are compared with */
	struct execution execution;
	struct view view;
	size_t broker_fds; /* at the end */
	size_t keeper_fds;
} * run;

static uint64_t every = 0; /* 0: as many runs as make check has time for */
static uint64_t from = 1;

static void watch(pid_t victim)
{
	ck_assert_msg(executioner_begin(victim, run->at), "ptrace(2) is not permitted here: %s",
		strerror(errno));
}

/* The broker dies with a request in its socket, and the one that takes over is watched from exec
 * on. */
static void take_over(const struct actor *asking)
{
	int ends[2];
	pid_t pid;

	if (!asking) {
		ck_assert_int_eq(kill(broker_pid(), SIGSTOP), 0);
		return;
	}
	actor_await_asking(asking);
	process_end(broker_pid(), SIGKILL);
	ck_assert_int_eq(pipe2(ends, O_CLOEXEC), 0);
	place.gate = ends[0];
	pid = broker_begin("prshmd");
	place.gate = -1;
	watch(pid);
	ck_assert_int_eq(write(ends[1], "+", 1), 1);
	AWAIT(executioner_look().done || place_said(": ready, at most") > place.readies);
	close(ends[0]);
	close(ends[1]);
	run->execution = executioner_end();
	if (run->execution.done)
		broker_begin("prshmd");
	broker_await();
}

/* The clients of the session, and this one. */
static bool has_dropped_all_others(void)
{
	struct wire_request request = {.header = {.op = WIRE_OP_STATUS}};
	struct answer answer;

	ck_assert_int_eq(ask(&request, &answer), STATUS_OK);
	return answer.reply.condition.connections == SESSION_CLIENTS + 1;
}

static void count_descriptors(void)
{
	const struct run wanted = *run;
	unsigned int looks = 0;
	char what[160];

	AWAIT(has_dropped_all_others());
	do {
		snprintf(what, sizeof(what),
			"%zu descriptors of the broker and %zu of the keeper, and not %zu and %zu",
			wanted.broker_fds, wanted.keeper_fds, run->broker_fds, run->keeper_fds);
		await_again(&looks, what);
		run->broker_fds = process_count_fds(broker_pid());
		run->keeper_fds = process_count_fds(keeper_pid());
	} while (wanted.at == 0 ? looks < 50
				: run->broker_fds != wanted.broker_fds ||
					  run->keeper_fds != wanted.keeper_fds);
}

START_TEST(one_run)
{
	session_is_slow = run->victim == KEEPER;
	if (run->victim != TAKEOVER)
		watch(run->victim == BROKER ? broker_pid() : keeper_pid());
	session_run(run->victim == TAKEOVER ? take_over : NULL, &run->view);
	if (run->victim != TAKEOVER)
		run->execution = executioner_end();
	if (run->execution.done && run->victim == BROKER)
		broker_await();
	if (run->execution.done && run->victim == KEEPER)
		place_await_said("another keeper has been handed all", 1);
	session_look(&run->view);
	broker_restart();
	session_look(&run->view);
	count_descriptors();
	session_end();
	ck_assert_uint_eq(place_said(" lost"), 0);
	ck_assert_uint_eq(place_said("damaged"), 0);
}
END_TEST

/* Whether it went well; what did not is told. */
static bool do_run(enum victim victim, uint64_t at)
{
	Suite *suite = suite_create("exhaustive");
	TCase *tcase = testing_case(
		suite, victims[victim], victim == TAKEOVER ? &place_supervised : &place_alone);
	SRunner *runner = srunner_create(suite);
	bool well;

	run->victim = victim;
	run->at = at;
	run->execution = (struct execution){0};
	tcase_add_test(tcase, one_run);
	srunner_set_fork_status(runner, CK_FORK);
	srunner_run_all(runner, CK_SILENT);
	well = srunner_ntests_failed(runner) == 0;
	if (!well) {
		TestResult **results = srunner_failures(runner);

		printf("# %s:%d: %s\n", tr_lfile(results[0]), tr_lno(results[0]),
			tr_msg(results[0]));
		free(results);
	}
	srunner_free(runner);
	return well;
}

static void print_first_difference(const char *wanted, const char *got)
{
	while (*wanted && *got) {
		const size_t length = strcspn(wanted, "\n");
		const size_t other = strcspn(got, "\n");

		if (length != other || memcmp(wanted, got, length) != 0)
			break;
		wanted += length + (wanted[length] == '\n');
		got += other + (got[other] == '\n');
	}
	printf("# expected: %.*s\n# seen:     %.*s\n", (int)strcspn(wanted, "\n"), wanted,
		(int)strcspn(got, "\n"), got);
}

static bool compare(const char *wanted, bool well)
{
	const struct execution *execution = &run->execution;

	if (well && strcmp(wanted, run->view.text) == 0)
		return true;
	printf("# the %s, killed before its system call %ju, which is %s(%#jx, %#jx, %#jx)\n",
		victims[run->victim], (uintmax_t)run->at, call_name(execution->number),
		(uintmax_t)execution->arguments[0], (uintmax_t)execution->arguments[1],
		(uintmax_t)execution->arguments[2]);
	if (well)
		print_first_difference(wanted, run->view.text);
	fflush(stdout);
	return false;
}

/* All three together take some seconds then, and a minute in the long form. */
static uint64_t choose_stride(uint64_t calls)
{
	const uint64_t runs = testing_is_long() ? 40 : 4;

	return every > 0 ? every : calls / runs + 1;
}

static bool exhaust(enum victim victim, int number)
{
	static char wanted[sizeof(run->view.text)];
	uint64_t count = 0;
	uint64_t calls;
	uint64_t stride;
	uint64_t at = from;
	bool well = do_run(victim, 0);

	strcpy(wanted, run->view.text);
	calls = run->execution.calls;
	stride = choose_stride(calls);
	/* It need not be as many each time. */
	for (bool died = well; died || (well && at <= calls); at += stride) {
		well = compare(wanted, do_run(victim, at)) && well;
		died = run->execution.done;
		count += died;
	}
	printf("%sok %d - the %s dies before %s%ju of its %ju system calls, and clients see the "
	       "same "
	       "(%ju runs)\n",
		well ? "" : "not ", number,
		victim == TAKEOVER ? "broker that takes over" : victims[victim],
		stride == 1 ? "each, from " : "every ", (uintmax_t)(stride == 1 ? from : stride),
		(uintmax_t)calls, (uintmax_t)count);
	fflush(stdout);
	return well;
}

static bool parse(int argc, char **argv, int *victim)
{
	static const struct option options[] = {
		{"every", required_argument, NULL, 'e'},
		{"from", required_argument, NULL, 'f'},
		{"victim", required_argument, NULL, 'v'},
		{NULL, 0, NULL, 0},
	};
	int option;

	while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (option == 'e')
			every = strtoull(optarg, NULL, 10);
		else if (option == 'f')
			from = strtoull(optarg, NULL, 10);
		else if (option != 'v')
			return false;
		for (int i = 0; option == 'v' && i < VICTIMS; i++) {
			if (strcmp(optarg, victims[i]) == 0)
				*victim = i;
		}
	}
	return optind == argc && from > 0;
}

int main(int argc, char **argv)
{
	int only = -1;
	int number = 0;
	bool well = true;

	if (!parse(argc, argv, &only)) {
		fprintf(stderr, "usage: exhaustive [--every=N] [--from=K] [--victim=WHO]\n");
		return 2;
	}
	run = mmap(NULL, sizeof(*run), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (run == MAP_FAILED)
		return 2;
	if (every == 0)
		printf("# not at each system call: make exhaustive does that\n");
	for (int victim = 0; victim < VICTIMS; victim++) {
		if (only < 0 || only == victim)
			well = exhaust((enum victim)victim, ++number) && well;
	}
	printf("1..%d\n", number);
	return well ? 0 : 1;
}
