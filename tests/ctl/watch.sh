#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prshmctl watch and wait: what happens is told, as it happens.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

me=$(id -un)
start_broker

# Returns when the broker has one watch.
until_watched() {
	local tries=6000
	until "$prshmctl" quota | grep -qE "^$me +watches +1 "; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "the watch does not begin"
		sleep 0.1
	done
}

# watching ARGUMENT...: starts a watch, whose lines go to $scratch/seen.
watching() {
	"$prshmctl" watch "$@" >"$scratch/seen" 2>"$scratch/watch-errors" &
	watcher=$!
	until_watched
}

# After the last event it was asked for, the watch ends by itself.
watched() {
	wait "$watcher" && cp "$scratch/seen" "$scratch/out" && [ ! -s "$scratch/watch-errors" ]
}

watching --count=8 /demo/
ctl create /other 4K && ctl create --mode=0600 "/demo/a b" 64K && ctl chmod 0640 "/demo/a b" &&
	ctl cat "/demo/a b" && ctl rm "/demo/a b"
watched && [ "$(cut -d ' ' -f 3 "$scratch/out" | tr -s ' ' | xargs)" = \
	"created opened closed unused rights opened closed unused" ] &&
	[ "$(grep -cE "^20..-..-.. ..:..:.. [a-z]+ +/demo/a\\\\x20b 64K $me [0-9]+\$" "$scratch/out")" -eq 8 ]
point "watch_tells_a_line_an_event_below_the_prefix" $?

watching --json --count=5
name=$'/x\xff"\n'
ctl create "$name" 4096 && ctl rm "$name"
watched && python "$scratch/out" "$(id -u)" "$me" <<'END'
import json, os, sys, time
events = [json.loads(line) for line in open(sys.argv[1], encoding="utf-8")]
assert [e["event"] for e in events] == ["created", "opened", "closed", "unused", "deleted"], events
for event in events:
    assert os.fsencode(event["name"]) == b'/x\xff"\n' and event["size"] == 4096, event
    assert event["uid"] == int(sys.argv[2]) and event["user"] == sys.argv[3], event
    assert abs(time.time() - event["time"]) < 86400 and event["segment"] == events[0]["segment"], event
    assert event["pid"] > 0, event
assert events == sorted(events, key=lambda event: event["time"])
assert events[0]["pid"] != events[4]["pid"]
END
point "watch_tells_a_json_object_a_line" $?

watching --count=5 /linger/
ctl create --lifetime=until-unused --linger=1s /linger/x 4K && watched &&
	tail -n 1 "$scratch/out" | grep -qE ' expired +/linger/x 4K - -$'
point "what_goes_by_itself_has_neither_user_nor_process" $?

mkfifo "$scratch/fifo"
"$prshmctl" watch >"$scratch/fifo" 2>"$scratch/errors" &
watcher=$!
read -r _ <"$scratch/fifo" &
reader=$!
until_watched
kill "$reader"
wait "$watcher"
[ $? -eq 141 ] && [ ! -s "$scratch/errors" ]
point "a_watch_ends_with_its_reader_though_nothing_happens" $?

ctl create /there 4K && ctl wait /there && prints "" && ctl wait --timeout=0 /there
point "wait_is_done_at_once_for_what_is_there" $?
"$prshmctl" wait /late >"$scratch/late" 2>&1 &
waiter=$!
until_watched
kill -0 "$waiter" && ctl create /late 4K && wait "$waiter" && [ ! -s "$scratch/late" ]
point "wait_ends_when_somebody_makes_it" $?
ends 1 ctl wait --timeout=1s /never && says '/never: nobody has made it within 1s, or none that you may see' &&
	ends 1 ctl wait --timeout=0 /never
point "wait_ends_when_its_time_is_over_and_says_so" $?
if is_root; then
	ends 1 as "$(id -u nobody)" "$(id -g nobody)" wait --timeout=1min /there && says 'permission denied'
	point "wait_says_that_one_may_not_read_it" $?
else
	skip "wait_says_that_one_may_not_read_it" "needs root"
fi
finish
