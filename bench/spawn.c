/* SPDX-License-Identifier: MIT */
/*
 * Children that get a map. A launcher of each competitor's own starts them, when it is told by a
 * byte: libnspr4 waits for any child of its process, ours and the floors' as well, and a fork(2)
 * costs by the size of its process. The two bytes between us and the launcher are in all times
 * alike.
 */
#include "bench/spawn.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/contenders.h"
#include "bench/pr-library.h"

#define SELF       "/proc/self/exe"
#define LAUNCHER   "--launcher"
#define CHILD      "--child"
#define MAP_NAME   "bench"
#define MAP_BYTES  ((PRUint32)SEGMENT_BYTES)
#define FIRST_BYTE 42

struct launcher {
	pid_t pid;
	int fd; /* a byte there: start a child; a byte back: whether all went well */
};

/* The child: CHILD LIBRARY STRING; without a string, the map was passed by name. */
static int child_main(char **arguments)
{
	const char *string = arguments[3];
	struct pr_library pr;
	PRFileMap *map;
	const char *memory;

	if (!pr_library_load(&pr, arguments[2], true))
		return 3;
	map = string ? pr.import_map(string) : pr.get_inherited(MAP_NAME);
	memory = map ? pr.map(map, 0, MAP_BYTES) : NULL;
	return memory && *memory == FIRST_BYTE ? 0 : 4;
}

/* By the library's own call. attributes: may be NULL. */
static bool run_process(
	const struct pr_library *pr, char *const *arguments, const PRProcessAttr *attributes)
{
	PRProcess *process = pr->create_process(SELF, arguments, NULL, attributes);
	PRInt32 status;

	return process && pr->wait_process(process, &status) == PR_SUCCESS && status == 0;
}

/* By means of our own, as the second way wants it: it inherits what was exported. */
static bool run_plainly(char *const *arguments)
{
	extern char **environ;
	pid_t pid;
	int status;

	return posix_spawn(&pid, SELF, NULL, NULL, arguments, environ) == 0 &&
	       waitpid(pid, &status, 0) == pid && status == 0;
}

static bool run_child(
	const struct pr_library *pr, unsigned int way, const char *library, PRFileMap *map)
{
	char string[PR_FILEMAP_STRING_BUFSIZE];
	/* execve(2) promises not to write to the strings, its type does not. */
	char *arguments[] = {(char *)"bench", (char *)CHILD, (char *)library, NULL, NULL};
	PRProcessAttr *attributes;
	bool ok;

	if (way != SPAWN_BY_NAME) {
		arguments[3] = string;
		return pr->export_map(map, sizeof(string), string) == PR_SUCCESS &&
		       (way == SPAWN_BY_STRING ? run_plainly(arguments)
					       : run_process(pr, arguments, NULL));
	}
	attributes = pr->new_attributes();
	ok = attributes && pr->add_map(attributes, map, MAP_NAME) == PR_SUCCESS &&
	     run_process(pr, arguments, attributes);
	pr->destroy_attributes(attributes);
	return ok;
}

static bool launch(
	const struct pr_library *pr, unsigned int way, const char *library, const char *directory)
{
	PRFileMap *map = pr->open_anonymous(directory, MAP_BYTES, PR_PROT_READWRITE);
	char *memory = map ? pr->map(map, 0, MAP_BYTES) : NULL;
	bool ok = memory;

	if (ok) {
		*memory = FIRST_BYTE;
		ok = run_child(pr, way, library, map);
		ok = pr->unmap(memory, MAP_BYTES) == PR_SUCCESS && ok;
	}
	return map && pr->close_map(map) == PR_SUCCESS && ok;
}

/* The launcher: LAUNCHER WAY LIBRARY DAEMON DIRECTORY, with its socket as standard input. */
static int launcher_main(char **arguments)
{
	const unsigned int way = (unsigned int)atoi(arguments[2]);
	const char *library = arguments[3];
	struct place place = {.daemon_program = arguments[4]};
	const struct daemon_options options = {.configuration = CONFIGURATION_UNLIMITED};
	struct pr_library pr = {.library = NULL};
	char ok;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	snprintf(place.directory, sizeof(place.directory), "%s", arguments[5]);
	ok = pr_library_load(&pr, library, true);
	if (ok && way != SPAWN_NSPR)
		ok = daemon_process_start(&pr.daemon, &place, &options);
	setenv("PRSHM_SOCKET", pr.daemon.socket, 1);
	/* The first of all is its test, and makes the connection. */
	ok = ok && launch(&pr, way, library, place.directory);
	while (send(STDIN_FILENO, &ok, 1, MSG_NOSIGNAL) == 1 && ok &&
		recv(STDIN_FILENO, &ok, 1, 0) == 1)
		ok = launch(&pr, way, library, place.directory);
	daemon_process_stop(&pr.daemon);
	return 0;
}

int spawned_main(int argc, char **argv)
{
	if (argc == 6 && strcmp(argv[1], LAUNCHER) == 0)
		return launcher_main(argv);
	if (argc >= 3 && strcmp(argv[1], CHILD) == 0)
		return child_main(argv);
	return -1;
}

static void run_launcher(const struct competitor *self, const struct place *place, int fd)
{
	char way[16];
	const char *const arguments[] = {"bench", LAUNCHER, way,
		self->variant == SPAWN_NSPR ? NSPR_LIBRARY : place->client_library,
		place->daemon_program, place->directory, NULL};

	snprintf(way, sizeof(way), "%u", self->variant);
	setpgid(0, 0); /* a Ctrl-C is for us, who then end it */
	if (dup2(fd, STDIN_FILENO) >= 0)
		execv(SELF, (char *const *)arguments);
	_exit(126);
}

bool spawn_setup(struct competitor *self, const struct place *place)
{
	struct launcher *launcher = calloc(1, sizeof(*launcher));
	int fds[2];
	char ok = 0;

	if (!launcher || socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) < 0) {
		free(launcher);
		return competitor_missing(self, "%s", strerror(errno));
	}
	launcher->fd = fds[0];
	launcher->pid = fork();
	if (launcher->pid == 0)
		run_launcher(self, place, fds[1]);
	close(fds[1]);
	self->state = launcher;
	if (launcher->pid > 0 && recv(launcher->fd, &ok, 1, 0) == 1 && ok)
		return true;
	spawn_teardown(self);
	return competitor_missing(self, "no child gets the memory");
}

bool spawn_run(struct competitor *self)
{
	const struct launcher *launcher = self->state;
	char ok = 1;

	return send(launcher->fd, &ok, 1, MSG_NOSIGNAL) == 1 &&
	       recv(launcher->fd, &ok, 1, 0) == 1 && ok;
}

void spawn_teardown(struct competitor *self)
{
	struct launcher *launcher = self->state;

	close(launcher->fd);
	if (launcher->pid > 0)
		waitpid(launcher->pid, NULL, 0);
	free(launcher);
}
