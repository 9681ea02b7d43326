/* SPDX-License-Identifier: MIT */
/*
 * The terminal. Signals are blocked and read from a descriptor, so that no signal comes in the
 * middle of an escape sequence. Whatever ends or stops the process, one function restores the
 * terminal first.
 */
#include "ctl/screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#define ENTER "\033[?1049h\033[?25l" /* the alternate screen, without a cursor */
#define LEAVE "\033[?25h\033[?1049l"

static struct {
	struct termios was;
	sigset_t mask;   /* as it was */
	int signals;     /* a signalfd */
	bool is_entered; /* what exit(3) has to undo */
} screen;

bool screen_is_possible(void)
{
	const char *terminal = getenv("TERM");

	return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && terminal &&
	       strcmp(terminal, "dumb") != 0;
}

static sigset_t all_signals(void)
{
	static const int numbers[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGTSTP, SIGWINCH};
	sigset_t set;

	sigemptyset(&set);
	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		sigaddset(&set, numbers[i]);
	return set;
}

static void take_terminal(void)
{
	struct termios terminal = screen.was;

	terminal.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
	tcsetattr(STDIN_FILENO, TCSANOW, &terminal);
	fputs(ENTER, stdout);
	fflush(stdout);
	screen.is_entered = true;
}

static void give_terminal(void)
{
	if (!screen.is_entered)
		return;
	screen.is_entered = false;
	fputs(LEAVE, stdout);
	fflush(stdout);
	tcsetattr(STDIN_FILENO, TCSANOW, &screen.was);
}

void screen_enter(void)
{
	const sigset_t set = all_signals();

	tcgetattr(STDIN_FILENO, &screen.was);
	sigprocmask(SIG_BLOCK, &set, &screen.mask);
	screen.signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	/* For text_need(), which ends the process if there is no memory. */
	atexit(give_terminal);
	take_terminal();
}

void screen_leave(void)
{
	give_terminal();
	sigprocmask(SIG_SETMASK, &screen.mask, NULL);
	if (screen.signals >= 0)
		close(screen.signals);
	screen.signals = -1;
}

struct screen_size screen_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0 || size.ws_row == 0 || size.ws_col == 0)
		return (struct screen_size){.rows = 24, .columns = 80};
	return (struct screen_size){.rows = size.ws_row, .columns = size.ws_col};
}

/* Prints as much of a line as fits, and returns its end. The line is printable already. */
static const char *show_line(const char *line, size_t columns)
{
	const char *end = strchrnul(line, '\n');
	const char *from = line;
	mbstate_t state = {0};

	while (from < end) {
		wchar_t character;
		const size_t length = mbrtowc(&character, from, (size_t)(end - from), &state);
		const int width =
			length > 0 && length <= (size_t)(end - from) ? wcwidth(character) : -1;

		if (width < 0 || (size_t)width > columns)
			break;
		columns -= (size_t)width;
		from += length;
	}
	fwrite(line, 1, (size_t)(from - line), stdout);
	return end;
}

/* Each line clears its rest, and the last all below it: nothing flickers. */
void screen_show(const char *lines)
{
	const struct screen_size size = screen_size();

	fputs("\033[H", stdout);
	for (size_t row = 0; row < size.rows && *lines; row++) {
		fputs(row > 0 ? "\r\n" : "", stdout);
		lines = show_line(lines, size.columns);
		fputs("\033[K", stdout);
		lines += *lines == '\n';
	}
	fputs("\033[J", stdout);
	fflush(stdout);
}

/* Does what the signal does by default. */
static void obey(int number)
{
	sigset_t set;

	give_terminal();
	signal(number, SIG_DFL);
	raise(number);
	sigemptyset(&set);
	sigaddset(&set, number);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	/* Only a process that was stopped comes here, when it goes on. */
	sigprocmask(SIG_BLOCK, &set, NULL);
	take_terminal();
}

static enum screen_event take_signal(void)
{
	struct signalfd_siginfo info;

	if (read(screen.signals, &info, sizeof(info)) == sizeof(info) && info.ssi_signo != SIGWINCH)
		obey((int)info.ssi_signo);
	return SCREEN_RESIZED;
}

enum screen_event screen_wait(int milliseconds)
{
	struct pollfd fds[] = {
		{.fd = screen.signals, .events = POLLIN},
		{.fd = STDIN_FILENO, .events = POLLIN},
	};
	char key = 'q'; /* also when the input has ended */

	if (poll(fds, 2, milliseconds) <= 0)
		return SCREEN_TIME;
	if (fds[0].revents)
		return take_signal();
	if (fds[1].revents && read(STDIN_FILENO, &key, 1) >= 0 && key != 'q' && key != 'Q')
		return SCREEN_RESIZED;
	return SCREEN_QUIT;
}
