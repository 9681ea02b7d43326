#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prshmctl top: once in a pipe; live in a terminal, which is as it was when it ends, however it
# ends.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

export TERM=xterm
start_broker
for size in 1 2 3; do
	ctl create "/demo/$size" "${size}M"
done
ctl create "/demo/last one" 4K
ctl rm /demo/1

ctl top --once && grep -q '^prshmd [0-9.]*, up .*, keeper there, 0 restarts; 20' "$scratch/out" &&
	grep -q '^3 segments of 5.0*M*' "$scratch/out" &&
	grep -q '^since the start: opens 4, creations 4, deletions 1, expiries 0, closes 4, denials 0$' "$scratch/out" &&
	grep -qE "^ +5M +3 +0 +[0-9]+  $(id -un)$" "$scratch/out" && ! grep -q $'\033' "$scratch/out"
point "top_once_tells_what_there_is_in_plain_lines" $?
[ "$(sed -n '/BIGGEST/,/^$/s/.*  //p' "$scratch/out" | xargs -d '\n')" = 'BIGGEST /demo/3 /demo/2 /demo/last\x20one' ] &&
	[ "$(sed -n '/NEWEST/,/^$/s/.*  //p' "$scratch/out" | xargs -d '\n')" = 'NEWEST /demo/last\x20one /demo/3 /demo/2' ]
point "top_has_the_biggest_and_the_newest_first" $?
ctl top && grep -q '^since the start' "$scratch/out"
point "without_a_terminal_top_is_once" $?

cat >"$scratch/terminal.py" <<'END'
# In a terminal of its own: starts top, and has a look at the screen and at how it is left.
import fcntl, os, pty, pwd, select, signal, struct, subprocess, sys, termios, time

ENTER, LEAVE = b"\033[?1049h\033[?25l", b"\033[?25h\033[?1049l"

class Terminal:
    def __init__(self, rows=24, columns=80):
        self.master, self.slave = pty.openpty()
        self.resize(rows, columns)
        self.before = termios.tcgetattr(self.slave)
        self.seen = b""
        self.top = subprocess.Popen([sys.argv[1], "top"], stdin=self.slave, stdout=self.slave,
            stderr=self.slave, preexec_fn=self.control)
        self.read_until(b"since the start")

    def control(self):
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    def resize(self, rows, columns):
        fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def read_some(self):
        if select.select([self.master], [], [], 0.1)[0]:
            self.seen += os.read(self.master, 65536)

    def read_until(self, text):
        deadline = time.monotonic() + 120
        while text not in self.seen:
            assert time.monotonic() < deadline, (text, self.seen)
            self.read_some()

    def screens(self):
        return self.seen.split(b"\033[H")[1:]

    def ends(self, status):
        # The slave is still open here, so nothing is lost with the last reader.
        while self.top.poll() is None:
            self.read_some()
        self.read_some()
        assert self.top.returncode == status, self.top.returncode
        assert self.seen.startswith(ENTER) and self.seen.endswith(LEAVE), self.seen[-200:]
        assert termios.tcgetattr(self.slave) == self.before
        os.close(self.slave)
        os.close(self.master)

def q_ends_it():
    terminal = Terminal()
    assert not termios.tcgetattr(terminal.slave)[3] & termios.ECHO
    os.write(terminal.master, b"xq")
    terminal.ends(0)

def signals_end_it():
    for number in signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP:
        terminal = Terminal()
        terminal.top.send_signal(number)
        terminal.ends(-number)

def control_c_ends_it():
    terminal = Terminal()
    os.write(terminal.master, b"\003")
    terminal.ends(-signal.SIGINT)

def it_is_live():
    terminal = Terminal()
    terminal.read_until(b"per second: opens 0")
    made = subprocess.run([sys.argv[1], "create", "/demo/new", "9M"])
    terminal.read_until(b"9M")
    assert made.returncode == 0 and b"/demo/new" in terminal.seen
    os.write(terminal.master, b"q")
    terminal.ends(0)

def no_line_is_longer_than_the_screen():
    terminal = Terminal(24, 40)
    terminal.read_until(b"per second")
    terminal.resize(9, 30)
    count = len(terminal.screens())
    while len(terminal.screens()) < count + 3:
        terminal.read_some()
    os.write(terminal.master, b"q")
    terminal.ends(0)
    for screen, (rows, columns) in ((terminal.screens()[0], (24, 40)), (terminal.screens()[-2], (9, 30))):
        lines = screen.split(b"\033[J")[0].replace(b"\r", b"").split(b"\n")
        assert len(lines) <= rows, lines
        assert max(len(line.replace(b"\033[K", b"").decode()) for line in lines) <= columns, lines
        assert any(len(line) == columns + len(b"\033[K") for line in lines), lines

def forty_columns_have_names():
    terminal = Terminal(24, 40)
    terminal.read_until(b"per second")
    os.write(terminal.master, b"q")
    terminal.ends(0)
    screen = terminal.screens()[0].decode().replace("\033[K", "").replace("\r", "")
    assert "  /demo/3\n" in screen and "  " + pwd.getpwuid(os.getuid()).pw_name + "\n" in screen, screen
    assert "keeper there" in screen and " segments of " in screen, screen

def few_rows_have_a_line_of_each_list():
    for rows in 13, 14:
        terminal = Terminal(rows, 40)
        terminal.read_until(b"per second")
        os.write(terminal.master, b"q")
        terminal.ends(0)
        screen = terminal.screens()[0].decode().replace("\033[K", "").replace("\r", "")
        assert "HOLDERS  BIGGEST\n\n" not in screen and "SEGMENTS  USER\n\n" not in screen, screen

def it_stops_and_goes_on():
    terminal = Terminal()
    os.kill(terminal.top.pid, signal.SIGTSTP)
    terminal.read_until(LEAVE)
    # An orphaned process group is not stopped by the signal: then it goes on at once.
    os.kill(terminal.top.pid, signal.SIGCONT)
    while terminal.seen.count(ENTER) < 2:
        terminal.read_some()
    os.write(terminal.master, b"q")
    terminal.ends(0)

def the_broker_may_end():
    terminal = Terminal()
    os.kill(int(sys.argv[2]), signal.SIGTERM)
    while terminal.top.poll() is None:
        terminal.read_some()
    terminal.read_some()
    assert terminal.top.returncode == 1, terminal.top.returncode
    assert b"no broker at" in terminal.seen.split(LEAVE)[1], terminal.seen[-300:]
    assert termios.tcgetattr(terminal.slave) == terminal.before

globals()[sys.argv[3]]()
END
terminal() {
	: >"$scratch/out"
	: >"$scratch/errors"
	timeout 1500 python3 "$scratch/terminal.py" "$prshmctl" "$broker" "$1" >"$scratch/why" 2>&1
	point "in_a_terminal_$1" $?
}
terminal q_ends_it
terminal signals_end_it
terminal control_c_ends_it
terminal it_is_live
terminal no_line_is_longer_than_the_screen
terminal forty_columns_have_names
terminal few_rows_have_a_line_of_each_list
terminal it_stops_and_goes_on
terminal the_broker_may_end
broker=
finish
