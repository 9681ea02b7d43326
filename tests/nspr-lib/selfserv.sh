#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A program of Debian's that knows nothing of us: NSS's TLS server with two worker processes, whose
# session cache is anonymous memory of protocol two (the string is in $SSL_INHERITANCE). Its clients
# resume their sessions, from whichever worker they meet, just as without us.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

server=/usr/bin/selfserv
selfserv=

[ -z "$sanitized" ] || skip_all "a library with a sanitizer cannot be preloaded"
for tool in "$server" strsclnt certutil; do
	command -v "$tool" >/dev/null || skip_all "no $tool: needs libnss3-tools"
done

# NSPR forks in a thread of its own, and each thread has its own list.
workers_of() {
	cat "/proc/$1/task/"*/children 2>/dev/null
}

is_running() {
	grep -q '^State:.[^Z]' "/proc/$1/status" 2>/dev/null
}

# Its workers do not end with it; all of them are a process group of their own.
stop_server() {
	local workers

	[ -n "$selfserv" ] || return 0
	workers=$(workers_of "$selfserv")
	kill -KILL -- "-$selfserv" "$selfserv" 2>/dev/null
	wait "$selfserv" 2>/dev/null
	for worker in $workers; do
		while is_running "$worker"; do
			sleep 0.1
		done
	done
	selfserv=
}
clean_up() {
	stop_server
}

make_certificate() {
	mkdir "$scratch/db"
	head -c 64 /dev/urandom >"$scratch/noise"
	certutil -N -d "sql:$scratch/db" --empty-password &&
		certutil -S -d "sql:$scratch/db" -n localhost -s CN=localhost -x -t CTu,CTu,CTu \
			-z "$scratch/noise" -k ec -q nistp256
}

# Whether all workers are there and the port answers. A port that another server has is no answer.
is_serving() {
	[ "$(workers_of "$selfserv" | wc -w)" -eq 2 ] && (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null
}

try_server() {
	local tries=3000

	setsid "$@" "$server" -d "sql:$scratch/db" -n localhost -p "$port" -M 2 -V tls1.2:tls1.2 \
		>"$scratch/server.log" 2>&1 </dev/null &
	selfserv=$!
	while [ "$tries" -gt 0 ] && kill -0 "$selfserv" 2>/dev/null; do
		is_serving && return 0
		grep -q 'exited with' "$scratch/server.log" && break
		tries=$((tries - 1))
		sleep 0.1
	done
	stop_server
	return 1
}

# start_server COMMAND...: on any port that is free.
start_server() {
	for attempt in 1 2 3 4 5; do
		port=$((20000 + (RANDOM + attempt) % 12000))
		try_server "$@" && return 0
	done
	cat "$scratch/server.log"
	return 1
}

# 1 full handshake first, then 40 connections: "HITS MISSES" of these.
sessions() {
	timeout 600 strsclnt -q -d "sql:$scratch/db" -p "$port" -c 40 -V tls1.2:tls1.2 -o -o \
		127.0.0.1 2>&1 | sed -n 's/^strsclnt: \([0-9]*\) cache hits; \([0-9]*\) cache misses.*/\1 \2/p' |
		tail -n 1
}

# What each worker has: its string's fields, and how many descriptors of memory without a name.
inherited() {
	for worker in $(workers_of "$selfserv"); do
		tr '\0' '\n' <"/proc/$worker/environ" | sed -n 's/^SSL_INHERITANCE=[^,]*,//p' |
			tr ':' '\n' | wc -l
		find "/proc/$worker/fd" -lname '/memfd:*' | wc -l
		find "/proc/$worker/fd" -lname '*/.NSPR-AFM-*' | wc -l
	done | xargs
}

cache_segments() {
	"$LIST_SEGMENTS" | awk '{ print $1, $3, $4, ($2 > 1000000 ? "large" : "small") }'
}

start_broker
check "a_certificate_is_made" make_certificate

check "without_us: the_server_starts" start_server env
expect "without_us: all_sessions_but_the_first_are_resumed" "39 1" sessions
expect "without_us: the_cache_is_a_file" "2 0 1 2 0 1" inherited
stop_server

check "the_server_starts" start_server "$run"
expect "all_sessions_but_the_first_are_resumed" "39 1" sessions
expect "the_cache_is_a_segment_of_the_broker_that_all_three_hold" "- 0600 3 large" cache_segments
expect "its_workers_inherited_it_and_there_is_no_file" "4 1 0 4 1 0" inherited
stop_server
expect "the_cache_is_gone_when_the_server_is" "" "$LIST_SEGMENTS"
finish
