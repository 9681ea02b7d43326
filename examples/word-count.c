/* SPDX-License-Identifier: MIT */
/*
 * Counts the words of a file in several processes, which find its text by name.
 *
 *	word-count [-n WORKERS] FILE
 *
 * The producer puts the text into one segment and makes a second one for the answers. A worker is a
 * process that is told two names and its number: it opens both segments, the text to read only, and
 * counts the words that begin in its part, so that a word across a border is counted once. At the
 * end the producer adds up, and compares with wc(1).
 *
 * Shared memory is PR_* calls only, so this builds with libprshm-client and with libnspr4:
 *	cc word-count.c $(pkg-config --cflags --libs prshm-client)
 *	cc word-count.c $(pkg-config --cflags --libs nspr)
 */
#include <ctype.h>
#include <errno.h>
#include <prerror.h>
#include <prshm.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define WORKERS_MAX 1000

/* What the answers' segment holds: the question, and a place for each worker's answer. */
struct part {
	pid_t pid;
	size_t begin;
	size_t end;
	size_t words;
	double open_us;
	double attach_us;
};

struct answers {
	size_t text_bytes; /* PR_* calls do not tell a segment's size */
	size_t workers;
	struct part parts[];
};

struct job {
	const char *path;
	size_t workers;
	char text_name[64];
	char answers_name[64];
	bool made_text;
	bool made_answers;
};

/* A segment that this process has open and attached. */
struct segment {
	PRSharedMemory *shm;
	void *memory;
	double open_us;
	double attach_us;
};

static bool complain(const char *what, const char *name)
{
	PRErrorCode code = PR_GetError();
	const char *code_name = PR_ErrorToName(code);

	fprintf(stderr, "word-count: cannot %s %s: %s (%s)\n", what, name,
		PR_ErrorToString(code, PR_LANGUAGE_I_DEFAULT), code_name ? code_name : "?");
	return false;
}

static double now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e6 + (double)now.tv_nsec / 1e3;
}

/* With size 0 and no PR_SHM_CREATE: the whole of a segment that exists. */
static bool segment_open(struct segment *segment, const char *name, size_t size, PRIntn open_flags,
	PRIntn attach_flags)
{
	double before = now_us();
	double between;

	segment->shm = PR_OpenSharedMemory(name, size, open_flags, 0600);
	if (!segment->shm)
		return complain("open", name);
	between = now_us();
	segment->memory = PR_AttachSharedMemory(segment->shm, attach_flags);
	if (!segment->memory) {
		complain("attach", name);
		PR_CloseSharedMemory(segment->shm);
		return false;
	}
	segment->open_us = between - before;
	segment->attach_us = now_us() - between;
	return true;
}

/* The segment itself stays, until its name is deleted. */
static void segment_close(struct segment *segment)
{
	PR_DetachSharedMemory(segment->shm, segment->memory);
	PR_CloseSharedMemory(segment->shm);
}

/* EXCL: a segment of that name that is there already is somebody else's. */
static bool segment_create(struct segment *segment, const char *name, size_t size)
{
	if (!segment_open(segment, name, size, PR_SHM_CREATE | PR_SHM_EXCL, 0))
		return false;
	printf("  created %-30s %8zu bytes, mode 0600   open %4.0f us, attach %4.0f us\n", name,
		size, segment->open_us, segment->attach_us);
	return true;
}

static FILE *open_file(const char *path, size_t *size)
{
	FILE *file = NULL;
	const char *problem = NULL;
	struct stat st;

	if (stat(path, &st) < 0) /* before fopen, which waits where it meets a pipe */
		problem = strerror(errno);
	else if (!S_ISREG(st.st_mode))
		problem = "not a regular file";
	else if (st.st_size == 0)
		problem = "empty: there is nothing to share";
	else if (!(file = fopen(path, "rb")))
		problem = strerror(errno);
	if (problem)
		fprintf(stderr, "word-count: %s: %s\n", path, problem);
	else
		*size = (size_t)st.st_size;
	return file;
}

static bool produce_text(struct job *job, FILE *file, size_t size)
{
	struct segment text;
	bool complete;

	job->made_text = segment_create(&text, job->text_name, size);
	if (!job->made_text)
		return false;
	complete = fread(text.memory, 1, size, file) == size;
	if (!complete)
		fprintf(stderr, "word-count: %s: cannot be read to its end\n", job->path);
	segment_close(&text);
	return complete;
}

static bool produce_answers(struct job *job, size_t text_bytes)
{
	size_t size = sizeof(struct answers) + job->workers * sizeof(struct part);
	struct segment segment;
	struct answers *answers;

	job->made_answers = segment_create(&segment, job->answers_name, size);
	if (!job->made_answers)
		return false;
	answers = segment.memory; /* zeros, so far */
	answers->text_bytes = text_bytes;
	answers->workers = job->workers;
	segment_close(&segment);
	return true;
}

/* The words that begin in text[begin..end); only what is before begin may have to be looked at. */
static size_t count_words(const char *text, size_t begin, size_t end)
{
	bool in_word = begin > 0 && !isspace((unsigned char)text[begin - 1]);
	size_t words = 0;

	for (size_t i = begin; i < end; i++) {
		bool blank = isspace((unsigned char)text[i]) != 0;

		words += !blank && !in_word;
		in_word = !blank;
	}
	return words;
}

static bool work(const struct job *job, size_t number)
{
	struct segment segment;
	struct segment text;
	struct answers *answers;
	struct part *part;

	if (!segment_open(&segment, job->answers_name, 0, 0, 0))
		return false;
	if (!segment_open(&text, job->text_name, 0, 0, PR_SHM_READONLY)) {
		segment_close(&segment);
		return false;
	}
	answers = segment.memory;
	part = &answers->parts[number];
	part->pid = getpid();
	part->begin = answers->text_bytes * number / answers->workers;
	part->end = answers->text_bytes * (number + 1) / answers->workers;
	part->words = count_words(text.memory, part->begin, part->end);
	part->open_us = text.open_us;
	part->attach_us = text.attach_us;
	segment_close(&text);
	segment_close(&segment);
	return true;
}

static bool run_workers(const struct job *job)
{
	size_t started = 0;
	bool all_well = true;
	int status;

	fflush(stdout); /* or each child would print it again */
	for (; started < job->workers; started++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(work(job, started) ? EXIT_SUCCESS : EXIT_FAILURE);
		if (pid < 0) {
			fprintf(stderr, "word-count: fork: %s\n", strerror(errno));
			all_well = false;
			break;
		}
	}
	for (; started > 0; started--) {
		pid_t pid = wait(&status);

		if (pid > 0 && WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
			continue;
		fprintf(stderr, "word-count: worker %d failed\n", (int)pid);
		all_well = false;
	}
	return all_well;
}

static bool add_up(const struct job *job, size_t *sum)
{
	struct segment segment;
	const struct answers *answers;

	if (!segment_open(&segment, job->answers_name, 0, 0, PR_SHM_READONLY))
		return false;
	answers = segment.memory;
	*sum = 0;
	for (size_t i = 0; i < answers->workers; i++) {
		const struct part *part = &answers->parts[i];

		printf("  pid %-7d bytes %8zu to %-8zu %7zu words   open %4.0f us, attach %4.0f "
		       "us\n",
			(int)part->pid, part->begin, part->end, part->words, part->open_us,
			part->attach_us);
		*sum += part->words;
	}
	segment_close(&segment);
	return true;
}

/*
 * Both sides hold that a word is a run of bytes that are not blank in the C locale. wc alone would
 * not: until coreutils 9.1 it takes no notice of words without a printable character. Hence tr.
 */
static bool compare_with_wc(const char *path, size_t sum)
{
	FILE *wc;
	size_t words;
	bool answered;

	setenv("WORD_COUNT_FILE", path, 1);
	wc = popen("LC_ALL=C tr -c '[:space:]' x <\"$WORD_COUNT_FILE\" | LC_ALL=C wc -w", "r");
	answered = wc && fscanf(wc, "%zu", &words) == 1;
	if (wc && pclose(wc) != 0)
		answered = false;
	if (!answered) {
		fprintf(stderr, "word-count: cannot run wc\n");
		return false;
	}
	printf("Together %zu words; wc -w counts %zu: %s.\n", sum, words,
		sum == words ? "the same" : "NOT THE SAME");
	return sum == words;
}

static bool delete_segment(const char *name)
{
	PRSharedMemory *shm;

	if (PR_DeleteSharedMemory(name) == PR_FAILURE)
		return complain("delete", name);
	shm = PR_OpenSharedMemory(name, 0, 0, 0);
	if (!shm && PR_GetError() == PR_FILE_NOT_FOUND_ERROR)
		return true;
	fprintf(stderr, "word-count: %s is deleted and not gone\n", name);
	return false;
}

static bool count(struct job *job, FILE *file, size_t size)
{
	size_t sum;

	printf("Producer, pid %d, uid %d:\n", (int)getpid(), (int)getuid());
	if (!produce_text(job, file, size) || !produce_answers(job, size))
		return false;
	printf("%zu workers, each a process, open both by name, the text to read only:\n",
		job->workers);
	if (!run_workers(job) || !add_up(job, &sum) || !compare_with_wc(job->path, sum))
		return false;
	if (!delete_segment(job->text_name) || !delete_segment(job->answers_name))
		return false;
	printf("Deleted both; to open either now gives PR_FILE_NOT_FOUND_ERROR: nothing is "
	       "left.\n");
	return true;
}

static bool parse(struct job *job, int argc, char **argv)
{
	int option;

	job->workers = 4;
	while ((option = getopt(argc, argv, "n:")) == 'n')
		job->workers = (size_t)strtoul(optarg, NULL, 10);
	if (option != -1 || optind + 1 != argc || job->workers < 1 || job->workers > WORKERS_MAX) {
		fprintf(stderr, "usage: word-count [-n WORKERS] FILE (1 to %d workers, else 4)\n",
			WORKERS_MAX);
		return false;
	}
	job->path = argv[optind];
	/* The pid, so that two runs do not meet. No file is made there (libnspr4 makes one). */
	snprintf(job->text_name, sizeof(job->text_name), "/tmp/word-count.%d.text", (int)getpid());
	snprintf(job->answers_name, sizeof(job->answers_name), "/tmp/word-count.%d.answers",
		(int)getpid());
	return true;
}

int main(int argc, char **argv)
{
	struct job job = {0};
	FILE *file;
	size_t size = 0;
	bool done;

	if (!parse(&job, argc, argv))
		return 2;
	file = open_file(job.path, &size);
	if (!file)
		return EXIT_FAILURE;
	done = count(&job, file, size);
	fclose(file);
	if (!done) {
		/* A segment lives until it is deleted, also when its creator has ended. */
		if (job.made_text)
			PR_DeleteSharedMemory(job.text_name);
		if (job.made_answers)
			PR_DeleteSharedMemory(job.answers_name);
	}
	return done ? EXIT_SUCCESS : EXIT_FAILURE;
}
