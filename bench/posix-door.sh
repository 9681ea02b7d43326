#!/bin/bash
# SPDX-License-Identifier: MIT
#
# What the door for shm_open(3) costs: a program with prshm-posix-run and without, in turn, so that
# both meet the same machine. With --postgres also pgbench, select-only, and a parallel query.
# Usage, in the build directory:
#
#	bench/posix-door.sh [--quick] [--postgres]
#
# Per line: what, the median without and with the door (microseconds; transactions a second), and
# the door's ratio: time with the door by time without.

top_srcdir=${top_srcdir:-$(dirname "$0")/..}
top_builddir=${top_builddir:-.}
rounds=9
seconds=5
with_postgres=
for option; do
	case $option in
	--quick) rounds=3 seconds=1 BENCH_QUICK=1 && export BENCH_QUICK ;;
	--postgres) with_postgres=1 ;;
	*) echo "usage: posix-door.sh [--quick] [--postgres]" >&2; exit 2 ;;
	esac
done

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-bench-door.XXXXXX") || exit
chmod 755 "$scratch"
cleanup() {
	[ -z "${PRSHM_SOCKET-}" ] || "$prshmctl" stop >/dev/null 2>&1
	rm -rf "$scratch"
}
trap cleanup EXIT
cp "$(realpath "$top_builddir/.libs/libprshm-posix.so.0")" "$scratch/door.so"
run=$top_builddir/posix-lib/prshm-posix-run
prshmctl=$top_builddir/prshmctl
export PRSHM_POSIX_LIBRARY=$scratch/door.so PRSHM_SOCKET=$scratch/socket PRSHM_AUTOSTART=0
: >"$scratch/prshmd.conf"
"$top_builddir/prshmd" --socket="$PRSHM_SOCKET" --config="$scratch/prshmd.conf" >"$scratch/log" 2>&1 &
for ((try = 0; try < 500; try++)); do
	"$prshmctl" status >/dev/null 2>&1 && break
	sleep 0.02
done
chmod 666 "$PRSHM_SOCKET"

# medians UNIT: of lines "what side value"; a rate is the other way round.
medians() {
	sort -k1,1 -k2,2 -k3,3n | awk -v unit="$1" '
		function flush() { if (what != "") median[what, side] = values[int((count + 1) / 2)] }
		$1 != what || $2 != side { flush(); what = $1; side = $2; count = 0; if (!($1 in seen)) order[++n] = $1; seen[$1] }
		{ values[++count] = $3 }
		END {
			flush()
			for (i = 1; i <= n; i++) {
				without = median[order[i], "without"]; with = median[order[i], "with"]
				printf "%-22s %12.2f %12.2f %s  %.3f\n", order[i], without, with, unit,
					unit == "tps" ? without / with : with / without
			}
		}'
}

program=$(realpath "$top_builddir/bench/posix-door")
for ((round = 0; round < rounds; round++)); do
	"$program" | sed 's/ / without /'
	"$run" "$program" | sed 's/ / with /'
	"$program" paths | sed 's/ / without /'
	"$run" --paths "$program" paths | sed 's/ / with /'
done | medians us

[ -n "$with_postgres" ] || exit 0
# shellcheck source-path=SCRIPTDIR source=../tests/posix/postgres.sh
. "$top_srcdir/tests/posix/postgres.sh"
cp "$run" "$scratch/run" && run=$scratch/run && postgres_begin >/dev/null || exit
# postgres_begin runs it through the door; the table stays for both.
query "create table p as select g % 1000 k, g v from generate_series(1, 300000) g; analyze p"
"${as_postgres[@]}" "$postgres/pgbench" -h "$data" -i -q postgres >/dev/null 2>&1
stop() {
	"${as_postgres[@]}" "$postgres/pg_ctl" -D "$data/data" -w -m fast stop >/dev/null
}
# parallel query as a script of pgbench, once and again
cat >"$scratch/parallel.sql" <<END
$parallel
select count(*) from p a join p b on a.v = b.v;
END
chmod 644 "$scratch/parallel.sql"
rate() { # SIDE NAME OPTION...
	local side=$1 name=$2

	shift 2
	"${as_postgres[@]}" "$postgres/pgbench" -h "$data" -n -T "$seconds" "$@" postgres 2>/dev/null |
		awk -v line="$name $side" '$1 == "tps" { print line, $3 }'
}
stop
door=$run
printf '#!/bin/sh\nexec "$@"\n' >"$scratch/none" && chmod 755 "$scratch/none"
for ((round = 0; round < rounds; round++)); do
	for side in without with; do
		run=$door
		[ "$side" = with ] || run=$scratch/none
		postgres_start >/dev/null || exit
		rate "$side" pgbench-select-only -S
		rate "$side" parallel-query -f "$scratch/parallel.sql"
		stop
	done
done | medians tps
