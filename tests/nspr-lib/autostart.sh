#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# A broker that a program starts, because there is none, is not preloaded with what the program is.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

[ -z "$sanitized" ] || skip_all "a library with a sanitizer cannot be preloaded"
[ ! -e /run/prshm/broker.sock ] || skip_all "there is a system broker, which comes first"

# Stands between the program and the broker, and says what it was given.
cat >"$scratch/prshmd" <<END
#!/bin/sh
env >'$scratch/environment'
echo \$\$ >'$scratch/pid'
exec '$prshmd' "\$@"
END
chmod +x "$scratch/prshmd"
mkdir -m 700 "$scratch/runtime"
unset PRSHM_SOCKET
export PRSHM_DAEMON=$scratch/prshmd PRSHM_AUTOSTART=1 XDG_RUNTIME_DIR=$scratch/runtime

expect "a_preloaded_program_starts_a_broker" "write: ok" \
	"$run" "$programs/program" named-write /demo/words "by name"
# Not our child: nobody to wait for.
read -r started <"$scratch/pid" || bail_out "no broker was started"
expect "another_finds_the_same_broker" "read: by name" \
	"$run" "$programs/program" named-read /demo/words

loaded() {
	grep -c libprshm-nspr "/proc/$started/maps"
}
preloaded() {
	grep -c LD_PRELOAD "$scratch/environment"
}
expect "the_broker_s_environment_has_no_preload" 0 preloaded
expect "the_broker_has_not_loaded_the_library" 0 loaded
kill "$started"
while kill -0 "$started" 2>/dev/null; do
	sleep 0.1
done
finish
