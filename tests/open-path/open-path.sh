#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What one open, attach, detach and close of an existing segment calls, in the client and in the
# broker: no allocation in the broker, two in the client, which are the handle and the attachment;
# no log, no clock, no users' data base; and these system calls and no others. Then the same where
# each open makes the segment, which is deleted again, and where
# each open takes back a handle that is parked. Measured as the difference between many opens and
# few, with rights, policy, limits, journal and keeper on.
#
# Environment: top_builddir, CC.

# shellcheck disable=SC2317 # functions that check calls

set -u
# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"
few=400
many=1400

export LD_LIBRARY_PATH=$builddir/.libs
counter=$scratch/counter.so # LD_PRELOAD takes no path with a space
cp "$builddir/tests/open-path/.libs/counter.so" "$counter" || exit 99
opens=$builddir/tests/open-path/opens
cat >"$scratch/prshmd.conf" <<'END'
[name /srv]
max-mode = 0770
[name /open-path]
max-mode = 0700
[broker]
preallocate = never
[limits]
user-segments = 100
END

# calls_of COUNT: so many opens; who called what goes to client.COUNT and broker.COUNT.
calls_of() {
	start_broker_by env CALLS="$scratch/broker.$1" LD_PRELOAD="$counter"
	CALLS=$scratch/client.$1 LD_PRELOAD=$counter "$opens" /open-path/a "$1" || return 1
	stop_broker
}

# system_calls_of COUNT [make]: the same, of system calls.
system_calls_of() {
	start_broker
	strace -qq -c -o "$scratch/broker.strace.$1" -p "$broker" &
	local tracer=$!
	until grep -q "TracerPid:.*[1-9]" "/proc/$broker/status"; do sleep 0.05; done
	strace -qq -c -o "$scratch/client.strace.$1" "$opens" /open-path/a "$@" || return 1
	kill -INT "$tracer"
	wait "$tracer"
	stop_broker
}

# each FEW MANY: "NAME CALLS", per open, of two files of "NAME COUNT"; what is below 0.01 is left
# out, and so is what was more with few: it belongs to no open.
each() {
	awk -v opens=$((many - few)) '
		NR == FNR { before[$1] += $2; next }
		{ after[$1] += $2 }
		END {
			for (name in after) {
				per = (after[name] - before[name]) / opens
				if (per > 0.01)
					printf "%s %.2f\n", name, per
			}
		}' "$1" "$2" | sort
}

# Of strace's table: its last columns are "calls [errors] syscall". For fstat(3) a newer C library
# calls fstat, an older one newfstatat.
table() {
	awk '$1 ~ /^[0-9.]+$/ && $NF != "total" { sub(/^fstat$/, "newfstatat", $NF); print $NF, $4 }' "$1"
}

# Calls by ourselves and the C library for us, per open; with libevent's the name gets a
# "libevent:".
library_calls() {
	for count in $few $many; do
		awk '{ print ($2 ~ /^libevent/ ? "libevent:" : "") $1, $3 }' "$scratch/$1.$count" \
			>"$scratch/$1.names.$count"
	done
	each "$scratch/$1.names.$few" "$scratch/$1.names.$many"
}

system_calls() {
	for count in $few $many; do
		table "$scratch/$1.strace.$count" >"$scratch/$1.table.$count"
	done
	each "$scratch/$1.table.$few" "$scratch/$1.table.$many"
}

# is WANTED COMMAND...: that it prints that.
is() {
	local wanted=$1 got
	shift
	got=$("$@")
	[ "$got" = "$wanted" ] && return 0
	printf 'expected, per open:\n%s\ngot:\n%s\n' "$wanted" "$got"
	return 1
}

# What each open calls; once for each tick of a clock the library looks at its connection as well.
always() { "$@" | awk '$2 >= 0.5 { print $1 }'; }

broker_calls() { library_calls broker | grep -v '^libevent:'; }

counted() { calls_of $few && calls_of $many; }
traced() { system_calls_of $few "$@" && system_calls_of $many "$@"; }

export PRSHM_PARK=0
check "opens are counted, with a keeper, rules and limits" counted
check "in the broker an open allocates, logs, formats and looks up nothing, nor asks for the time" \
	is '' broker_calls
check "in the client it allocates the handle and the attachment, and nothing else" \
	is 'malloc 2.00' library_calls client
if command -v strace >/dev/null; then
	check "opens are traced" traced
	check "in the broker an open takes one wait, one receive and one send" \
		is $'epoll_wait 1.00\nrecvmsg 1.00\nsendmsg 1.00' system_calls broker
	check "in the client an open takes these system calls" \
		is $'close 1.00\nfcntl 1.00\ngeteuid 1.00\ngetsockopt 1.00\nmmap 1.00\nmunmap 1.00\nnewfstatat 2.00\nrecvmsg 1.00\nsendto 1.00' \
		system_calls client
	check "segments that are made and deleted are traced" traced make
	check "in the broker these take the memory's calls, the keeper's two messages, and no other" \
		is $'close 1.00\nepoll_wait 2.00\nfchmod 1.00\nfcntl 1.00\nftruncate 1.00\nmemfd_create 1.00\nnewfstatat 1.00\nrecvmsg 2.00\nsendmsg 2.00\nsendto 2.00' \
		system_calls broker
	check "in the client these take those of an open, and those of a second request" \
		is $'close 1.00\nfcntl 1.00\ngeteuid 2.00\ngetsockopt 2.00\nmmap 1.00\nmunmap 1.00\nnewfstatat 2.00\nrecvmsg 2.00\nsendto 2.00' \
		system_calls client
else
	skip "an open takes the system calls that it needs" "needs strace"
fi

export PRSHM_PARK=1
check "opens that take back are counted" counted
check "in the broker an open that takes back calls nothing" is '' broker_calls
check "in the client it allocates the attachment, and nothing else" \
	is $'clock_gettime\nmalloc' always library_calls client
if command -v strace >/dev/null; then
	check "opens that take back are traced" traced
	check "in the broker an open that takes back takes no system call" \
		is '' system_calls broker
	check "in the client an open that takes back takes one system call" \
		is geteuid always system_calls client
else
	skip "an open that takes back takes one system call" "needs strace"
fi
finish
