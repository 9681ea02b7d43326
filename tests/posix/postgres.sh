# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# PostgreSQL with dynamic_shared_memory_type = posix, for programs.sh.

: "${scratch:?}" "${run:?}" "${prshmctl:?}"
postgres=$(printf "%s\n" /usr/lib/postgresql/*/bin | tail -n 1)
data=$scratch/postgres
as_postgres=(runuser -u postgres --)
parallel="set parallel_setup_cost = 0; set parallel_tuple_cost = 0;
set min_parallel_table_scan_size = 0; set max_parallel_workers_per_gather = 2;
set enable_mergejoin = off; set enable_nestloop = off;"

query() {
	"${as_postgres[@]}" "$postgres/psql" -h "$data" -d postgres -X -q -At -c "$1"
}

postgres_start() {
	"${as_postgres[@]}" "$run" "$postgres/pg_ctl" -D "$data/data" -l "$data/log" -w -t 300 start ||
		{ tail -n 5 "$data/log"; return 1; }
}

postgres_make() {
	rm -rf "$data"
	install -d -o postgres -m 700 "$data" &&
		"${as_postgres[@]}" "$@" "$postgres/initdb" -D "$data/data" -A trust --no-sync
}

postgres_fails_without() {
	! postgres_make && find /dev/shm -mindepth 1 -delete
}

postgres_begin() {
	postgres_make "$run" || return
	cat >>"$data/data/postgresql.conf" <<-END
		dynamic_shared_memory_type = posix
		unix_socket_directories = '$data'
		listen_addresses = ''
		fsync = off
		max_connections = 20
		shared_buffers = 16MB
	END
	postgres_start &&
		query "create table t as select g id, md5(g::text) v from generate_series(1, 100000) g;
			analyze t"
}

# Two workers, and the same as without them.
postgres_queries() {
	query "$parallel explain (analyze, costs off, timing off)
		select count(*) from t a join t b using (id)" >"$scratch/plan"
	cat "$scratch/plan"
	grep -q 'Workers Launched: 2' "$scratch/plan" &&
		grep -q 'Parallel Hash Join' "$scratch/plan" &&
		[ "$(query "$parallel select count(*), sum(a.id) from t a join t b using (v)")" = \
			"100000|5000050000" ] &&
		query "set max_parallel_maintenance_workers = 2; set min_parallel_table_scan_size = 0;
			create index on t (v)"
}

# One session with parallel queries: each makes memory, and its workers open that.
postgres_counts() {
	local creations opens query="$parallel"

	for _ in $(seq 16); do
		query+="select count(*) from t a join t b using (v);"
	done
	creations=$(counter prshm_creations_total)
	opens=$(counter prshm_opens_total)
	query "$query" >/dev/null || return
	creations=$(($(counter prshm_creations_total) - creations))
	opens=$(($(counter prshm_opens_total) - opens - creations))
	echo "$creations creations, $opens opens"
	[ "$creations" -ge 16 ] && [ "$opens" -ge 48 ] &&
		"$prshmctl" list /dev/shm/PostgreSQL. | grep -q postgres &&
		! find /dev/shm -mindepth 1 | grep .
}

# What the postmaster and its children call, by strace, while a query has workers.
postgres_names_no_file() {
	local tracer

	strace -f -e trace=%file -o "$scratch/calls" -p "$(head -n 1 "$data/data/postmaster.pid")" \
		2>"$scratch/strace" &
	tracer=$!
	until grep -q attached "$scratch/strace"; do
		kill -0 "$tracer" || return
		sleep 0.1
	done
	postgres_queries
	kill -INT "$tracer"
	wait "$tracer"
	[ -s "$scratch/calls" ] && ! grep '"/dev/shm/' "$scratch/calls"
}

postgres_kills_backend() {
	local pid

	query "select pg_backend_pid(), pg_sleep(600)" >"$scratch/killed" 2>&1 &
	until pid=$(query "select pid from pg_stat_activity where query like '%pg_sleep(600)%'
		and pid <> pg_backend_pid()") && [ -n "$pid" ]; do
		sleep 0.1
	done
	kill -9 "$pid"
	wait $!
	until query "select 1" >/dev/null 2>&1; do
		sleep 0.1
	done
	postgres_queries
}

postgres_kills_postmaster() {
	local pid

	pid=$(head -n 1 "$data/data/postmaster.pid")
	kill -9 "$pid"
	while kill -0 "$pid" 2>/dev/null || pgrep -u postgres -f "^postgres: .*" >/dev/null; do
		sleep 0.1
	done
	rm -f "$data/data/postmaster.pid"
	postgres_start && postgres_queries
}

postgres_ends() {
	"${as_postgres[@]}" "$postgres/pg_ctl" -D "$data/data" -m fast -w -t 300 stop &&
		! "$prshmctl" list | grep PostgreSQL
}
