#!/bin/bash
# SPDX-License-Identifier: MIT
#
# show's second half, quota, explain --user, status and metrics: who has what, and how the broker
# is.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

me=$(id -un)
nobody=$(id -u nobody)
nogroup=$(id -g nobody)
cat >"$scratch/prshmd.conf" <<END
[limits]
user-segments = 40
[name /private]
create-users = nobody
[limits user nobody]
user-segments = 3
END
start_broker

cat >"$scratch/hold.py" <<'END'
import os, sys, time
from client import Connection, Flag
with open("/proc/self/comm", "w") as comm:
    comm.write("a holder")
broker = Connection()
for i in range(2000):
    broker.open("/held", 8192, Flag.CREATE)
broker.open("/held", 8192, Flag.READONLY)
print(os.getpid(), flush=True)
sys.stdin.read()
END
coproc holder { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$srcdir/tests/protocol \
	exec python3 "$scratch/hold.py" 2>"$scratch/why"; }
read -r pid <&"${holder[0]}"
ctl show /held
grep -qxE ' *PID +COMMAND +USER +ACCESS +SINCE *' "$scratch/out" &&
	[ "$(grep -cE "^ *$pid a\\\\x20holder $me +write +20..-" "$scratch/out")" -eq 2000 ] &&
	[ "$(grep -cE "^ *$pid a\\\\x20holder $me +read " "$scratch/out")" -eq 1 ]
point "show_tells_each_of_two_thousand_holders" $?
ctl show --json /held && python "$scratch/out" "$pid" "$me" <<'END'
import json, sys, time
held = json.load(open(sys.argv[1]))
assert held["holders"] == len(held["handles"]) == 2001, held["holders"]
for handle in held["handles"]:
    assert handle["pid"] == int(sys.argv[2]) and handle["user"] == sys.argv[3], handle
    assert handle["command"] == "a holder" and abs(time.time() - handle["since"]) < 86400, handle
assert [h["access"] for h in held["handles"]].count("read") == 1
assert len({(h["connection"], h["handle"]) for h in held["handles"]}) == 2001
END
point "so_it_does_in_json" $?
ctl ps && [ "$(awk -v pid="$pid" '$1 == pid { $1 = $1; print }' "$scratch/out")" = "$pid a\\x20holder $me 1 2001 8K" ] &&
	ctl ps --bytes && grep -q ' 2001 *8192$' "$scratch/out"
point "ps_tells_what_each_process_holds" $?
ctl ps "$pid" && [ "$(wc -l <"$scratch/out")" -eq 2 ] && grep -qE '^/held +8K write +2001 20..-' "$scratch/out"
point "ps_tells_what_one_process_holds" $?
ctl ps --json && python "$scratch/out" "$pid" "$me" <<'END'
import json, sys
processes = json.load(open(sys.argv[1]))["processes"]
assert [p["pid"] for p in processes] == [int(sys.argv[2])], processes
assert processes[0]["command"] == "a holder" and processes[0]["user"] == sys.argv[3], processes
held = processes[0]["segments"]
assert len(held) == 1 and held[0]["name"] == "/held" and held[0]["size"] == 8192, held
assert held[0]["handles"] == 2001 and held[0]["access"] == "write", held
END
point "ps_is_valid_json" $?
ctl show /held && grep -qx "   made by  $me, process $pid (a\\\\x20holder)" "$scratch/out" &&
	grep -qx " opened by  $me, process $pid (a\\\\x20holder)" "$scratch/out" && ctl show --json /held &&
	python "$scratch/out" "$pid" "$me" <<'END'
import json, sys
held = json.load(open(sys.argv[1]))
for actor in held["creator"], held["opener"]:
    assert actor["pid"] == int(sys.argv[2]) and actor["user"] == sys.argv[3], held
END
point "show_tells_who_made_and_who_opened_last" $?
ctl rm /held && ends 1 ctl show /held && says 'no such segment'
point "what_was_deleted_is_not_shown_though_it_is_held" $?

ctl create --mode=0600 /mine 64K && ctl quota && head -n 1 "$scratch/out" | grep -qx 'USER *RESOURCE *USED *LIMIT *FROM' &&
	grep -qE "^$me +segments +2 +40 +configuration$" "$scratch/out" &&
	grep -qE "^$me +bytes +72K +[0-9.]+[KMGT] +(share|host)$" "$scratch/out" &&
	tail -n 1 "$scratch/out" | grep -q '^Requests that a limit refused.*: none$'
point "quota_tells_what_one_has_and_where_the_limit_is_from" $?
ctl quota --bytes "$me" && grep -qE "^$me +bytes +73728 +[0-9]+ " "$scratch/out"
point "quota_takes_a_user_and_tells_bytes" $?
for i in $(seq 38); do
	ctl create "/full/$i" 1
done
ends 1 ctl create /full/over 1 && says 'a limit of the broker is reached' && ctl quota &&
	tail -n 1 "$scratch/out" | grep -q ': 1 for segments$' && ctl quota --json &&
	python "$scratch/out" "$(id -u)" <<'END'
import json, sys
quota = json.load(open(sys.argv[1]))
assert quota["refused"]["segments"] == 1 and quota["refused"]["bytes"] == 0, quota
mine = [user for user in quota["users"] if user["uid"] == int(sys.argv[2])]
assert len(mine) == 1 and mine[0]["segments"] == {"used": 40, "limit": 40, "from": "configuration"}
END
point "quota_tells_what_was_refused" $?
ends 1 ctl quota nobody-at-all && says 'no such user'
point "quota_says_that_there_is_no_such_user" $?

ctl status && grep -qx " *broker  prshmd $("$prshmctl" --version | cut -d ' ' -f 2)" "$scratch/out" &&
	grep -qE '^ *keeper  there: ' "$scratch/out" && grep -qx ' *segments  40' "$scratch/out" &&
	grep -qx ' *refused  1 for segments' "$scratch/out" && grep -qE '^ *requests  [0-9]+ open$' "$scratch/out"
point "status_tells_how_broker_and_keeper_are" $?
[ "$(sed -n 's/^ *socket  //p' "$scratch/out")" = "$PRSHM_SOCKET, where PRSHM_SOCKET points" ] &&
	grep -qx " *run by  $me, process $broker" "$scratch/out" &&
	grep -qx " *configured  by $scratch/prshmd.conf" "$scratch/out"
point "status_tells_which_broker_why_whose_and_its_configuration" $?
grep -qE '^ *segments  40 of [0-9]+, [0-9]+ %$' "$scratch/out" &&
	grep -qE '^ *bytes  [0-9.]+[KM] of [0-9.]+[KMGT], [0-9]+ %$' "$scratch/out" &&
	grep -qE '^ *watches  0 of [0-9]+, 0 %$' "$scratch/out"
point "status_tells_capacity" $?
ctl status --json && python "$scratch/out" <<'END'
import json, sys, time
status = json.load(open(sys.argv[1]))
assert status["keeper"] == "there" and status["restarts"] == 0 and status["segments"] == 40, status
assert abs(time.time() - status["started"]) < 86400 and status["opens"] >= 2040, status
assert status["creations"] == 40 and status["deletions"] == 1, status
assert status["refused"]["segments"] == 1 and status["requests"]["open"] >= status["opens"], status
assert status["choice"] == "environment" and status["socket"].endswith("/broker.sock"), status
assert status["pid"] > 1 and status["user"] and len(status["configuration"]) == 1, status
capacity = status["capacity"]
assert set(capacity) == {"segments", "bytes", "connections", "handles", "watches"}, capacity
assert capacity["segments"]["used"] == 40 < capacity["segments"]["limit"], capacity
assert all(c["used"] <= c["limit"] for c in capacity.values()), capacity
END
point "status_is_valid_json" $?

# Has the broker read the configuration again, and waits until there is $1 line that says "in
# force".
reload() {
	kill -HUP "$broker"
	for _ in $(seq 600); do
		ctl status && [ "$(grep -c 'in force' "$scratch/out")" = "$1" ] && return
		sleep 0.1
	done
	return 1
}

cp "$scratch/prshmd.conf" "$scratch/good.conf"
echo 'nonsense = 1' >>"$scratch/prshmd.conf"
reload 1 &&
	grep -qE "^ *in force  the last good configuration since [0-9-]+ [0-9:]+, as that of now is wrong: $scratch/prshmd.conf:[0-9]+: " "$scratch/out" &&
	ctl status --json && python "$scratch/out" <<'END'
import json, sys, time
status = json.load(open(sys.argv[1]))
assert abs(time.time() - status["misconfigured"]) < 86400, status
assert "prshmd.conf:" in status["misconfiguration"], status
END
point "status_tells_what_is_wrong_with_the_configuration" $?
if is_root; then
	as "$nobody" "$nogroup" status && grep -q 'wrong; root and observers are told why$' "$scratch/out"
	point "status_tells_others_that_something_is_wrong_and_not_what" $?
else
	skip "status_tells_others_that_something_is_wrong_and_not_what" "needs root"
fi
cp "$scratch/good.conf" "$scratch/prshmd.conf"
reload 0
point "status_tells_no_more_of_that_once_it_is_mended" $?

ctl metrics
python "$scratch/out" "$(id -u)" "$me" <<'END'
import re, sys
# The text format of OpenMetrics 1.0, as far as gauges and counters need it.
text = open(sys.argv[1], encoding="utf-8", newline="").read()
assert text.endswith("\n# EOF\n") and text.count("# EOF") == 1 and "\n\n" not in text
NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\[\\"n])*"'
SAMPLE = re.compile(r"(%s)(?:\{((?:%s)(?:,(?:%s))*)\})? (\d+(?:\.\d+)?)" % (NAME, LABEL, LABEL))
families, samples, current = {}, {}, None
for line in text[:-len("# EOF\n")].splitlines():
    descriptor = re.fullmatch(r"# (HELP|TYPE|UNIT) (%s) (.+)" % NAME, line)
    if descriptor:
        word, name, value = descriptor.groups()
        if name != current:
            assert name not in families, "%s stands in two places" % name
            current, families[name] = name, {}
        assert word not in families[name] and "samples" not in families[name], line
        families[name][word] = value
        continue
    sample = SAMPLE.fullmatch(line)
    assert sample, "neither a descriptor nor a sample: %r" % line
    name, labels, value = sample.groups()
    family = families[current]
    assert family["TYPE"] in ("gauge", "counter") and family["HELP"], current
    assert name == current + ("_total" if family["TYPE"] == "counter" else ""), line
    assert "UNIT" not in family or current.endswith("_" + family["UNIT"]), current
    assert name.startswith("prshm_") and (name, labels) not in samples, line
    family["samples"] = True
    samples[name, labels] = float(value)
me = 'uid="%s",user="%s"' % tuple(sys.argv[2:])
assert samples["prshm_segments", None] == 40 and samples["prshm_keeper_up", None] == 1, samples
assert samples["prshm_creations_total", None] == 40
assert samples["prshm_refusals_total", 'resource="segments"'] == 1
assert samples["prshm_user_segments", me] == samples["prshm_user_segments_limit", me] == 40
assert samples["prshm_memory_bytes", None] == samples["prshm_user_memory_bytes", me] > 0
assert len(families) > 25, len(families)
assert samples["prshm_host_used", 'resource="segments"'] == 40
assert samples["prshm_host_limit", 'resource="segments"'] > 40
assert samples["prshm_host_used", 'resource="bytes"'] == samples["prshm_memory_bytes", None]
assert "# HELP prshm_user_segments_limit How many segments the user may have.\n" in text
assert "# HELP prshm_user_memory_limit_bytes How much memory the user may have.\n" in text
END
point "metrics_are_openmetrics_text" $?

ctl explain "--user=$me" /mine write && grep -q '^write allowed by rule' "$scratch/out"
point "one_may_ask_about_oneself_by_name" $?
ctl explain /mine && grep -q "(owner $me, group $(id -gn), mode 0600, 0 entries)$" "$scratch/out"
point "explain_has_users_and_groups_by_name" $?
ctl explain --json /mine && cp "$scratch/out" "$scratch/mine" && ctl explain --json /no-such create &&
	ctl getfacl --json /mine /full/1 && python "$scratch/mine" "$scratch/out" "$me" <<'END'
import json, sys
mine = json.load(open(sys.argv[1]))
assert mine["name"] == "/mine", mine
assert [a["right"] for a in mine["answers"]] == ["read", "write", "delete", "manage"], mine
assert all(a["allowed"] is True and a["why"] for a in mine["answers"]), mine
segments = json.load(open(sys.argv[2]))["segments"]
assert [s["name"] for s in segments] == ["/mine", "/full/1"], segments
assert segments[0]["mode"] == "0600" and segments[0]["owner"] == sys.argv[3], segments
assert segments[0]["entries"] == [], segments
END
point "explain_and_getfacl_have_json" $?
ends 1 ctl explain --user=nobody-at-all /mine && says 'no such user'
point "explain_says_that_there_is_no_such_user" $?

kill "$pid"
wait "$pid" 2>/dev/null # bash has one coprocess at a time

others="explain_tells_of_another_user
explain_counts_the_groups_of_that_user
explain_tells_whether_another_user_may_create
who_is_no_observer_asks_for_nobody_else
root_sees_the_quota_of_others_and_they_their_own
who_holds_a_segment_is_told_by_user"
if is_root; then
	ctl chmod 0640 /mine && ctl explain --user=nobody /mine && [ "$(grep -c ' denied by rule 5' "$scratch/out")" -eq 4 ] &&
		ctl explain "--user=$nobody" /mine read && grep -q '^read denied by rule 5' "$scratch/out"
	point explain_tells_of_another_user $?
	ctl chown ":$nogroup" /mine && ctl explain --user=nobody /mine read &&
		grep -q '^read allowed by rule 4' "$scratch/out" && as "$nobody" "$nogroup" cat /mine
	point explain_counts_the_groups_of_that_user $?
	ctl explain --user=nobody /private/x && grep -q '^create allowed' "$scratch/out" &&
		ctl explain --user=daemon /private/x && grep -q '^create denied' "$scratch/out"
	point explain_tells_whether_another_user_may_create $?
	ends 1 as "$nobody" "$nogroup" explain --user=root /mine && says 'only root and observers' &&
		ends 1 as "$nobody" "$nogroup" quota root && says 'only root and observers'
	point who_is_no_observer_asks_for_nobody_else $?
	as "$nobody" "$nogroup" create /nobodys 4K && ctl quota && grep -qE '^nobody +segments +1 +3 ' "$scratch/out" &&
		grep -q "^$me " "$scratch/out" && as "$nobody" "$nogroup" quota &&
		grep -qE '^nobody +segments +1 +3 +configuration$' "$scratch/out" && ! grep -q "^$me " "$scratch/out"
	point root_sees_the_quota_of_others_and_they_their_own $?
	ctl setfacl -m user:nobody:rw /mine
	cat >"$scratch/other.py" <<-END
		import os, sys
		from client import Connection
		os.setgroups([])
		os.setresgid($nogroup, $nogroup, $nogroup)
		os.setresuid($nobody, $nobody, $nobody)
		broker = Connection()
		broker.open("/mine")
		print(flush=True)
		sys.stdin.read()
	END
	coproc other { PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$srcdir/tests/protocol \
		exec python3 "$scratch/other.py" 2>"$scratch/other"; }
	# shellcheck disable=SC2154 # coproc sets it
	read -r _ <&"${other[0]}"
	ctl show /mine && grep -qE '^ *[0-9]+ +[^ ]+ +nobody +write +20' "$scratch/out"
	status=$?
	cat "$scratch/other" >>"$scratch/why"
	point who_holds_a_segment_is_told_by_user "$status"
	# shellcheck disable=SC2154
	[ -z "${other_PID-}" ] || kill "$other_PID"
else
	for name in $others; do
		skip "$name" "needs root"
	done
fi
finish
