#!/bin/bash
# SPDX-License-Identifier: MIT
#
# PostgreSQL in a container whose /dev/shm has 64 MB, as podman and docker make it: a parallel query
# that needs more fails, and works with its shared memory in the broker of the host.
#
# shellcheck disable=SC2317,SC2329 # functions are arguments of check

set -u
export LC_ALL=C SHM=64m
# shellcheck source=container.sh
. "$(dirname "$0")/container.sh"

bin=$(printf '%s\n' /usr/lib/postgresql/*/bin | tail -n 1)
[ -x "$bin/postgres" ] || skip_all "needs package postgresql"
cp -L "$builddir/.libs/libprshm-posix.so.0" "$builddir/posix-lib/prshm-posix-run" "$scratch/programs"

# What runs in the container: the same server twice, the second time by the door.
cat >"$scratch/programs/serve" <<'END'
set -eu
bin=$1
serve() {
	"$@" "$bin/pg_ctl" -D /tmp/data -l /tmp/log -w -t 300 start >/dev/null || cat /tmp/log
}
query() {
	"$bin/psql" -h /tmp -d postgres -X -q -At -c "$1" 2>&1
}
# Its workers share a hash table of more than 64 MB.
join() {
	query "set work_mem = '512MB'; set max_parallel_workers_per_gather = 2; set parallel_setup_cost = 0;
		set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; set enable_mergejoin = off;
		set enable_nestloop = off; select count(*), sum(length(b.v)) from t a join t b using (id)" || :
}
"$bin/initdb" -D /tmp/data -A trust --no-sync >/dev/null
cat >>/tmp/data/postgresql.conf <<CONF
dynamic_shared_memory_type = posix
unix_socket_directories = '/tmp'
listen_addresses = ''
fsync = off
shared_buffers = 16MB
CONF
serve env
query "create table t as select g id, repeat(md5(g::text), 4) v from generate_series(1, 400000) g; analyze t"
echo "plain: $(join)"
"$bin/pg_ctl" -D /tmp/data -m fast -w stop >/dev/null
serve env PRSHM_POSIX_LIBRARY=/opt/libprshm-posix.so.0 prshm-posix-run
echo "door: $(join)"
echo "files: $(ls /dev/shm)"
echo "segments: $(prshmctl list --raw --noheadings --columns=name /dev/shm/PostgreSQL. | wc -l)"
"$bin/pg_ctl" -D /tmp/data -m fast -w stop >/dev/null
echo "left: $(prshmctl list --raw --noheadings --columns=name)"
END

serve() {
	container 1001 sh /opt/serve "$bin" >"$scratch/said" 2>&1
}

says() { # EXTENDED-REGEX
	grep -E "$1" "$scratch/said" || { cat "$scratch/said" && return 1; }
}

check postgresql_runs_in_a_container serve
check without_the_broker_64_mb_are_too_few says '^plain: .*could not resize shared memory segment .* No space left'
check with_it_the_query_is_answered says '^door: 400000[|]51200000$'
check by_the_broker says '^segments: [1-9]'
check and_not_by_dev_shm says '^files: $'
check the_end_of_the_server_leaves_nothing says '^left: $'
finish
