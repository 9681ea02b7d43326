#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Real programs in the broker, in a /dev/shm in which they have no room: CPython,
# boost::interprocess, PostgreSQL. Without the broker each fails there.

[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root, for a small /dev/shm"; exit 0; }
# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"
# shellcheck source-path=SCRIPTDIR source=postgres.sh
. "${top_srcdir:-.}/tests/posix/postgres.sh"

python=/usr/bin/python3
start_broker ""

# CPython's semaphores are the C library's, and need a little more room than 64 KiB.
python_tests() { # METHOD...
	local names=()

	mount -t tmpfs -o size=1m none /dev/shm || return
	for method; do
		names+=("test.test_multiprocessing_$method.WithProcessesTestSharedMemory")
	done
	(cd "$scratch" && "$run" "$python" -m unittest "${names[@]}") >"$scratch/tests" 2>&1
	if ! grep -qE '^Ran [1-9][0-9]+ tests' "$scratch/tests" || ! grep -q '^OK' "$scratch/tests"; then
		cat "$scratch/tests"
		return 1
	fi
	! find /dev/shm -mindepth 1 ! -name 'sem.*' | grep .
	umount /dev/shm
}

# What strace has written has paths in /dev/shm, and each is a semaphore's.
names_but_semaphores() {
	grep -q '"/dev/shm/sem\.' "$scratch/calls" &&
		! grep '"/dev/shm/' "$scratch/calls" | grep -v '"/dev/shm/sem\.'
}

# Under strace, which takes longer.
python_names_no_file() {
	local status=0

	mount -t tmpfs -o size=1m none /dev/shm || return
	(cd "$scratch" && strace -f -e trace=%file -o "$scratch/calls" "$run" "$python" -m unittest \
		test.test_multiprocessing_fork.WithProcessesTestSharedMemory) >"$scratch/tests" 2>&1 || status=$?
	umount /dev/shm
	[ "$status" -eq 0 ] || cat "$scratch/tests"
	[ "$status" -eq 0 ] && names_but_semaphores
}

if ! "$python" -c 'import test.test_multiprocessing_fork' 2>/dev/null; then
	skip the_tests_of_cpython "needs libpython3.11-testsuite, or that of another version"
elif [ -n "${PRSHM_TEST_LONG-}" ]; then
	check the_tests_of_cpython python_tests fork spawn forkserver
	check cpython_names_no_file_in_dev_shm_but_semaphores python_names_no_file
else
	check the_tests_of_cpython python_tests fork
fi

boost_works() {
	"${CXX:-g++}" -std=c++17 -O1 -o "$scratch/boost" "${top_srcdir:-.}/tests/posix/boost.cc" &&
		! "$scratch/boost" 2>/dev/null && rm -f /dev/shm/posix-boost && "$run" "$scratch/boost" | grep -q '^done$'
}
names_no_file() {
	strace -f -e trace=%file -o "$scratch/calls" "$run" "$scratch/boost" >/dev/null && names_but_semaphores
}
if [ -e /usr/include/boost/interprocess/managed_shared_memory.hpp ]; then
	check boost_works boost_works
	check boost_names_no_file_in_dev_shm_but_semaphores names_no_file
else
	skip boost_works "needs libboost-dev"
fi

lists_unsealed() {
	"$run" "$python" -c '
import _posixshmem, os
os.ftruncate(_posixshmem.shm_open("/unsealed", os.O_CREAT | os.O_RDWR, mode=0o600), 4096)' &&
		"$prshmctl" list --raw --noheadings --columns=name,size /dev/shm/unsealed |
		grep -x '/dev/shm/unsealed 4096' && "$prshmctl" rm /dev/shm/unsealed
}

other_user_reads() {
	# shellcheck disable=SC2016 # for the inner shell
	"$run" "$python" -c '
import os, mmap
from multiprocessing import shared_memory, resource_tracker
import _posixshmem
os.umask(0)
fd = _posixshmem.shm_open("/posix-users", os.O_CREAT | os.O_RDWR, 0o644)
os.ftruncate(fd, 1 << 20)
mmap.mmap(fd, 1 << 20)[:5] = b"hello"
if os.fork() == 0:
    os.setgid(65534); os.setuid(65534)
    try:
        _posixshmem.shm_open("/posix-users", os.O_RDWR)
        os._exit(1)
    except PermissionError:
        pass
    other = _posixshmem.shm_open("/posix-users", os.O_RDONLY)
    assert os.fstat(other).st_uid == 0 and os.fstat(other).st_size == 1 << 20
    assert mmap.mmap(other, 1 << 20, prot=mmap.PROT_READ)[:5] == b"hello"
    try:
        _posixshmem.shm_unlink("/posix-users")
        os._exit(1)
    except PermissionError:
        os._exit(0)
assert os.wait()[1] == 0
_posixshmem.shm_unlink("/posix-users")
print("done")' | grep -q '^done$'
}
check another_user_reads_and_cannot_write other_user_reads
check what_nobody_else_has_opened_yet_is_in_the_list lists_unsealed

# The segment of prshmctl is what NSPR's programs have, too.
both_doors() {
	"$prshmctl" create /dev/shm/posix-both 8192 && "$run" "$python" -c '
import os, mmap
import _posixshmem
fd = _posixshmem.shm_open("/posix-both", os.O_CREAT | os.O_RDWR, 0o600)
assert os.fstat(fd).st_size == 8192
mmap.mmap(fd, 8192)[:5] = b"hello"
os.ftruncate(fd, 8192)
try:
    os.ftruncate(fd, 4096)
    os._exit(1)
except PermissionError:
    pass
made = _posixshmem.shm_open("/posix-made", os.O_CREAT | os.O_RDWR, 0o600)
os.ftruncate(made, 4096)
mmap.mmap(made, 4096)[:5] = b"other"
' && "$prshmctl" cat /dev/shm/posix-both | grep -q ^hello &&
		"$prshmctl" cat /dev/shm/posix-made | grep -q ^other &&
		"$prshmctl" rm /dev/shm/posix-both && "$prshmctl" rm /dev/shm/posix-made
}
check a_name_has_both_doors both_doors

# What is not POSIX shared memory is left alone.
stressed() { # COMMAND...
	(cd "$scratch" && "$@" stress-ng --verify --shm 2 --shm-bytes 1m --shm-objs 4 --shm-ops 12 \
		--shm-sysv 1 --shm-sysv-ops 2 --shm-sysv-bytes 1m --memfd 1 --memfd-ops 2 \
		--memfd-bytes 2m --timeout 60 --metrics-brief) >"$scratch/stress" 2>&1
	cat "$scratch/stress"
	grep -q 'successful run completed' "$scratch/stress"
}
stress_runs() {
	local before

	before=$(counter prshm_creations_total)
	stressed "$run" && [ "$(counter prshm_creations_total)" -ge $((before + 12)) ]
}
if command -v stress-ng >/dev/null; then
	check stress_ng_runs stress_runs
	check stress_ng_runs_with_paths stressed "$run" --paths
else
	skip stress_ng_runs "needs stress-ng"
fi

if [ ! -x "$postgres/postgres" ]; then
	skip postgresql_runs_parallel_queries "needs postgresql"
elif [ -n "${PRSHM_TEST_LONG-}" ]; then # a quarter of a minute; the short form is ../examples/postgres.sh
	chmod 666 "$PRSHM_SOCKET"
	check postgresql_needs_more_than_there_is_without_us postgres_fails_without
	check postgresql_starts postgres_begin
	check postgresql_runs_parallel_queries postgres_queries
	check postgresql_is_in_the_broker postgres_counts
	check postgresql_names_no_file_in_dev_shm postgres_names_no_file
	check postgresql_survives_kill_of_a_backend postgres_kills_backend
	check postgresql_survives_kill_of_the_postmaster postgres_kills_postmaster
	check postgresql_leaves_nothing postgres_ends
fi
finish
