#!/bin/bash
# SPDX-License-Identifier: MIT
#
# examples/monitoring: the alerts and the dashboard ask only for metrics that a broker gives.
# Prometheus' own tool reads the alerts and the metrics in tests/packages/fresh.sh.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
export LC_ALL=C
# shellcheck source=../lib/scratch.sh
. "$(dirname "$0")/../lib/scratch.sh"
examples=$srcdir/examples/monitoring
prshmctl=$builddir/prshmctl

# named FILE: the metrics that it names.
named() {
	grep -oE '\bprshm_[a-z_]+' "$1" | sort -u
}

# unknown FILE: those that no broker gives.
unknown() {
	named "$1" | comm -23 - "$scratch/given"
}

knows_all() {
	[ -n "$(named "$1")" ] && [ -z "$(unknown "$1" | tee "$scratch/why")" ]
}

finds_a_mistake() {
	echo 'expr: rate(prshm_mistakes_total[5m]) > prshm_segments' >"$scratch/wrong.yml"
	[ "$(unknown "$scratch/wrong.yml")" = prshm_mistakes_total ]
}

# What the units of the example run, without systemd.
collect() {
	local command
	command=$(sed -n "s/^ExecStart=.*-c '\(.*\)'$/\1/p" "$examples/prshm-metrics.service")
	(mkdir "$scratch/collected" && cd "$scratch/collected" &&
		PATH=$builddir:$PATH sh -c "$command" && ls && tail -n 1 prshm.prom | grep -x '# EOF')
}

start_broker
"$prshmctl" create /monitoring/one 4096
"$prshmctl" metrics >"$scratch/metrics" 2>"$scratch/errors"
point "there are metrics" $?
grep -oE '^prshm_[a-z_]+' "$scratch/metrics" | sort -u >"$scratch/given"
check "a metric that does not exist is found" finds_a_mistake
check "the alerts name only metrics that exist" knows_all "$examples/alerts.yml"
check "the dashboard names only metrics that exist" knows_all "$examples/dashboard.json"
check "the dashboard is JSON" python3 -m json.tool "$examples/dashboard.json"
check "the service's command leaves one file, whole" collect
finish
