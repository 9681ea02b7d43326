#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prshmctl list, show and rm --unused-for: what they tell, in which form, and of how many.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

me=$(id -un)
# A fair share of a user that is not root may be less than the test makes. One segment uses nothing.
printf '[limits user %d]\nuser-segments = 12000\n[name /demo/b]\npreallocate = never\n' "$(id -u)" >"$scratch/prshmd.conf"
start_broker

ctl list
prints ""
point "a_list_of_nothing_is_empty" $?
ctl list --json && [ "$(python3 -c 'import json, sys; print(json.load(sys.stdin))' \
	<"$scratch/out")" = "{'segments': []}" ]
point "a_list_of_nothing_is_valid_json" $?

ctl create --mode=0640 /demo/b 2M && ctl create /demo/a 1536 && ctl create /other 64K
ctl list --columns=name,owner,rights,size,used,holders,lifetime
prints "NAME    OWNER RIGHTS SIZE USED HOLDERS LIFETIME
/demo/a $me  0600   1.5K   4K       0 kept
/demo/b $me  0640     2M    0       0 kept
/other  $me  0600    64K  64K       0 kept" || {
	# Wider or narrower than root's name: the words count, not the blanks.
	[ "$(awk 'NR == 2 { print $1, $2, $3, $4 }' "$scratch/out")" = "/demo/a $me 0600 1.5K" ]
}
point "a_list_is_sorted_by_name_and_aligned" $?
ctl list --columns=name,size --noheadings /demo/
prints "/demo/a 1.5K
/demo/b   2M"
point "a_prefix_and_columns_choose_what_is_shown" $?
ctl list --columns=name,size --bytes --noheadings /demo/
prints "/demo/a    1536
/demo/b 2097152"
point "bytes_are_exact_sizes" $?
ctl list --raw --columns=name,size,used
prints "NAME SIZE USED
/demo/a 1536 4096
/demo/b 2097152 0
/other 65536 65536"
point "raw_is_words_and_exact_sizes" $?
ctl list --noheadings --columns=name --sort=-size
prints "/demo/b
/other
/demo/a"
point "a_minus_sorts_the_largest_first" $?
ctl list --noheadings --columns=name --sort=size
prints "/demo/a
/other
/demo/b"
point "numbers_are_sorted_as_numbers" $?

ctl create --linger=1h /demo/lingers 4K && ctl list --columns=linger,name --noheadings /demo/
[ "$(awk '{ print $1, $2 }' "$scratch/out")" = "- /demo/a
- /demo/b
1h /demo/lingers" ] && ctl list --raw --columns=linger --noheadings /demo/b && prints 0 &&
	ctl show /demo/b && grep -qx '    linger  -' "$scratch/out"
point "a_linger_of_0_of_what_is_kept_is_a_dash_for_people" $?
ctl list --total /demo/ && tail -n 1 "$scratch/out" | grep -qx '3 segments of 2[.0-9]*M, which take 8K now' &&
	ctl list --total --bytes /demo/a && tail -n 1 "$scratch/out" | grep -qx '1 segment of 1536 bytes, which take 4096 now' &&
	ctl list --total --json /demo/ && python "$scratch/out" <<'END'
import json, sys
listed = json.load(open(sys.argv[1]))
assert listed["total"] == {"segments": 3, "size": 2097152 + 1536 + 4096, "used": 8192}, listed
END
point "a_total_is_told" $?
ctl rm /demo/lingers
ctl list --owner=nobody && prints "" && ctl list "--owner=$me" --raw --noheadings --columns=name && prints "/demo/a
/demo/b
/other" && ends 1 ctl list --owner=nobody-at-all && says 'no such user'
point "owner_chooses_whose" $?

ctl list --json /demo/
python "$scratch/out" "$(id -u)" "$me" <<'END'
import json, sys, time
segments = json.load(open(sys.argv[1]))["segments"]
assert [s["name"] for s in segments] == ["/demo/a", "/demo/b"], segments
b = segments[1]
assert b["size"] == 2097152 and b["rights"] == "0640" and b["used"] == 0, b
assert b["uid"] == int(sys.argv[2]) and b["owner"] == sys.argv[3], b
assert b["holders"] == 0 and b["lifetime"] == "kept" and b["linger"] == 0, b
assert abs(time.time() - b["created"]) < 86400 and b["opened"] >= b["created"], b
assert set(b) == {"name", "owner", "group", "rights", "size", "used", "holders", "lifetime",
                  "linger", "age", "idle", "created", "opened", "uid", "gid"}, b
END
point "json_has_all_columns_and_exact_numbers" $?

ctl setfacl -m "user:$me:rwd" /demo/b && ctl show --json /demo/b
python "$scratch/out" "$(id -u)" "$me" <<'END'
import json, sys
b = json.load(open(sys.argv[1]))
assert b["rights"] == "0640+" and b["size"] == 2097152, b
assert b["entries"] == [{"kind": "user", "id": int(sys.argv[2]), "name": sys.argv[3],
                         "rights": "rwd"}], b
END
point "show_tells_the_entries_in_json" $?
ctl show /demo/b && grep -qx "      size  2M (2097152 bytes)" "$scratch/out" &&
	grep -qx "   entries  user:$me:rwd" "$scratch/out"
point "show_tells_a_line_each_for_people" $?

cat >"$scratch/hold.py" <<'END'
import sys
from client import Connection, Flag
broker = Connection()
broker.open("/held", 8192, Flag.CREATE)
broker.anonymous(12288)
print("ready", flush=True)
sys.stdin.read()
END
coproc holder { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$srcdir/tests/protocol \
	python3 "$scratch/hold.py" 2>"$scratch/why"; }
# shellcheck disable=SC2154 # coproc sets it
holder_pid=$holder_PID
read -r _ <&"${holder[0]}"
ctl list --raw --noheadings --columns=name,size,holders /held
prints "/held 8192 1"
point "holders_are_counted" $?
ctl list --raw --noheadings --columns=name,size --sort=size
[ "$(wc -l <"$scratch/out")" -eq 4 ] && ! grep -q '^- ' "$scratch/out"
point "anonymous_memory_is_not_listed" $?
ctl list --raw --noheadings --columns=name,size,holders --all
grep -qx -- "- 12288 1" "$scratch/out" && [ "$(wc -l <"$scratch/out")" -eq 5 ]
point "all_lists_anonymous_memory_too" $?
ctl list --all --unused --raw --noheadings --columns=name && prints "/demo/a
/demo/b
/other"
point "unused_chooses_what_nobody_holds" $?

ctl rm --unused-for=0 --dry-run / &&
	prints "would remove /demo/b
would remove /demo/a
would remove /other" && ctl list --raw --noheadings --columns=name &&
	[ "$(wc -l <"$scratch/out")" -eq 4 ]
point "a_dry_run_says_what_nobody_holds_and_removes_nothing" $?
ctl rm --unused-for=1d / && prints "" && ctl rm --unused-for=0 /demo/ &&
	prints "removed /demo/b
removed /demo/a" && ctl list --raw --noheadings --columns=name && prints "/held
/other"
point "unused_removes_what_has_long_been_unused_below_the_prefix" $?
ctl rm --dry-run /other && prints "would remove /other" && ctl show /other
point "a_dry_run_of_a_name_removes_nothing" $?
kill "$holder_pid"
wait "$holder_pid" 2>/dev/null

if [ "$(ulimit -Hn)" -ge 16384 ]; then
	python <<'END'
from client import Connection, Flag
broker = Connection()
for i in range(10000):
    broker.open("/many/%05d" % i, 1 + i, Flag.CREATE).close()
END
	ctl list --raw --noheadings --columns=name,size /many/ &&
		seq -f '/many/%05g' 0 9999 | awk '{ print $0, NR }' |
			diff - "$scratch/out" >"$scratch/why"
	point "ten_thousand_segments_are_listed_each_once" $?
	ctl list --json /many/ && python "$scratch/out" <<'END'
import json, sys
segments = json.load(open(sys.argv[1]))["segments"]
assert len(segments) == 10000 and segments[9999]["size"] == 10000, len(segments)
END
	point "so_they_are_in_json" $?
	# Bash reads one line of it and closes the pipe; the rest does not fit into it.
	set -o pipefail
	"$prshmctl" list --json /many/ 2>"$scratch/errors" | read -r _
	status=("${PIPESTATUS[@]}")
	set +o pipefail
	[ "${status[0]}" -eq 141 ] && [ ! -s "$scratch/errors" ]
	point "a_closed_pipe_ends_a_list_quietly" $?
	(
		trap '' PIPE
		"$prshmctl" list --json /many/ 2>"$scratch/errors" | read -r _
		exit "${PIPESTATUS[0]}"
	)
	[ $? -eq 141 ] && [ ! -s "$scratch/errors" ]
	point "so_it_does_where_the_signal_was_ignored" $?
else
	for name in ten_thousand_segments_are_listed_each_once so_they_are_in_json \
		a_closed_pipe_ends_a_list_quietly so_it_does_where_the_signal_was_ignored; do
		skip "$name" "needs a hard limit of 16384 open files (ulimit -Hn)"
	done
fi

# In a terminal of 50 columns.
terminal() {
	script -qefc "stty cols 50 && $1" /dev/null </dev/null >"$scratch/out" 2>"$scratch/errors"
	tr -d '\r' <"$scratch/out" >"$scratch/out.lines"
	mv "$scratch/out.lines" "$scratch/out"
}
ctl create "/terminal/$(printf 'z%.0s' {1..80})" 1M
if command -v script >/dev/null; then
	export TERM=xterm
	terminal "'$prshmctl' list /terminal/" && grep -q $'\033\[33m' "$scratch/out"
	point "on_a_terminal_what_nobody_holds_is_in_colour" $?
	terminal "NO_COLOR=1 '$prshmctl' list /terminal/" && ! grep -q $'\033' "$scratch/out"
	point "no_color_is_honoured" $?
	[ "$(wc -L <"$scratch/out")" -le 50 ] && [ "$(tr -cd z <"$scratch/out" | wc -c)" -eq 80 ]
	point "a_long_name_takes_lines_and_is_not_cut" $?
else
	for name in on_a_terminal_what_nobody_holds_is_in_colour no_color_is_honoured \
		a_long_name_takes_lines_and_is_not_cut; do
		skip "$name" "needs script(1)"
	done
fi
ctl list /terminal/ && ! grep -q $'\033' "$scratch/out" &&
	[ "$(sed -n 2p "$scratch/out" | tr -cd z | wc -c)" -eq 80 ]
point "in_a_pipe_there_is_neither_colour_nor_width" $?
finish
