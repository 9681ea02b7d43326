#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The demo and the README's first program do what they say, and the demo leaves nothing behind: a
# segment is a memfd that the broker holds open, so the broker's descriptors show what is left.

set -u
unset PRSHM_SOCKET PRSHM_DAEMON PRSHM_AUTOSTART
# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"
# Not libtool's script, which starts a dozen processes each time.
word_count=$builddir/examples/.libs/word-count
export LD_LIBRARY_PATH=$builddir/.libs${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}

# The broker that a program has started by itself.
clean_up() {
    [ ! -e "$scratch/autostart.pid" ] || kill "$(cat "$scratch/autostart.pid")" 2>/dev/null
}

# counts WORDS ARGUMENT...
counts() {
    local words=$1
    shift
    timeout 600 "$word_count" "$@" >"$scratch/out" 2>&1 &&
        grep -qx "Together $words words; wc -w counts $words: the same\." "$scratch/out" &&
        tail -n 1 "$scratch/out" | grep -q '^Deleted both;.*nothing is left'
}

# refuses MESSAGE ARGUMENT...: fails, says so on standard error, and has nothing to say otherwise
refuses() {
    local message=$1
    shift
    timeout 600 "$word_count" "$@" >"$scratch/out" 2>&1
    [ $? -eq 1 ] && [ "$(cat "$scratch/out")" = "word-count: $message" ]
}

# With a wc that counts differently.
fails_where_wc_differs() {
    mkdir fake && printf '#!/bin/sh\necho 3\n' >fake/wc && chmod +x fake/wc
    PATH=$scratch/fake:$PATH timeout 600 "$word_count" no-newline >"$scratch/out" 2>&1
    [ $? -eq 1 ] && grep -qx "Together 2 words; wc -w counts 3: NOT THE SAME\." "$scratch/out"
}

# segments [ACTION]: those that the broker has. Its last good configuration is in such memory, too.
segments() {
    find "/proc/$broker/fd" -lname '/memfd:prshm:*' ! -lname '*:configuration*' "$@"
}

# The last CLOSE has no reply: the broker may still be at it.
nothing_is_left() {
    for _ in {1..100}; do
        [ -z "$(segments)" ] && return
        sleep 0.1
    done
    segments -ls >"$scratch/out"
    return 1
}

# The library starts this instead of prshmd, and so it can be ended with the test.
write_autostarted() {
    printf '#!/bin/sh\necho $$ >"%s"\nexec "%s" "$@"\n' "$scratch/autostart.pid" \
        "$builddir/prshmd" >"$scratch/autostarted"
    chmod +x "$scratch/autostarted"
}

readme_program() {
    local sanitizer
    sanitizer=$(sed -n 's/^SANITIZER_CFLAGS = //p' "$builddir/Makefile")
    # shellcheck disable=SC2016
    sed -n '/^```c$/,/^```$/ { /^```/d; p }' "$srcdir/README.md" >"$scratch/hello.c"
    # Both may be several words.
    # shellcheck disable=SC2086
    $CC $sanitizer -Wall -Werror -I"$srcdir/include" -o "$scratch/hello" "$scratch/hello.c" \
        -L"$builddir/.libs" -lprshm-client >"$scratch/out" 2>&1 || return 1
    for _ in 1 2; do
        LD_LIBRARY_PATH=$builddir/.libs timeout 600 "$scratch/hello"
    done >"$scratch/out" 2>&1
    [ "$(cat "$scratch/out")" = "$(printf 'run %d\n' 1 2)" ]
}

start_broker

gpl=/usr/share/common-licenses/GPL-3
if [ -e "$gpl" ]; then
    counts "$(LC_ALL=C wc -w <"$gpl")" "$gpl"
    point "counts the GPL-3 as wc does" $?
else
    skip "counts the GPL-3 as wc does" "no $gpl"
fi

cd "$scratch" || exit 99
: >empty
mkfifo pipe
printf 'one two' >no-newline
printf 'x' >one-word
printf ' \n\t\v\f\r \n' >blanks
head -c 1000000 /dev/zero | tr '\0' w >long-word
printf 'na\303\257ve \342\200\224 \377\001 \0 \302\240 end\n' >bytes
seq 1 770000 | head -c 5000000 >five-megabytes
cp no-newline "a file's name"
cp no-newline ./-n

counts 2 no-newline; point "counts a last word without a newline" $?
counts 1 one-word; point "counts one word of one byte" $?
counts 0 blanks; point "counts no word in blanks" $?
counts 2 -n 50 no-newline; point "takes more workers than there are bytes" $?
counts 1 -n 7 long-word; point "counts a word across all borders once" $?
counts 6 -n 3 bytes; point "counts words of any bytes but blanks" $?
counts "$(wc -w <five-megabytes)" -n 8 five-megabytes; point "counts five megabytes" $?
counts 2 -n 1 "a file's name"; point "takes a name that a shell would not" $?
counts 2 -- -n; point "takes a name like an option" $?

refuses "empty: empty: there is nothing to share" empty; point "refuses an empty file" $?
refuses "missing: No such file or directory" missing; point "refuses a missing file" $?
refuses ".: not a regular file" .; point "refuses a directory" $?
refuses "pipe: not a regular file" pipe; point "refuses a pipe, and does not wait for it" $?
fails_where_wc_differs; point "fails where wc counts differently" $?

nothing_is_left; point "leaves no segment with the broker, whether it failed or not" $?

readme_program; point "the README's first program builds and counts its runs" $?
[ "$(segments | wc -l)" -eq 1 ]; point "what is not deleted is left with the broker" $?

stop_broker
unset PRSHM_SOCKET PRSHM_AUTOSTART
if [ -e /run/prshm/broker.sock ]; then
    skip "starts a broker where none runs" "the system's broker runs"
else
    mkdir -m 700 "$scratch/run"
    write_autostarted
    XDG_RUNTIME_DIR=$scratch/run PRSHM_DAEMON=$scratch/autostarted counts 2 no-newline &&
        [ -S "$scratch/run/prshm/broker.sock" ] && [ -s "$scratch/autostart.pid" ]
    point "starts a broker where none runs" $?
fi
finish
