#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Programs that open a file of theirs in /dev/shm again, and make it larger: what they print is the
# same in the broker, as long as one process at a time has the file.
#
# shellcheck disable=SC2016 # the shells under test expand these

[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root, for a small /dev/shm"; exit 0; }
export PRSHM_TEST_SHM=32m
# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"

start_broker ""

shell_appends() {
	both "$1" -c 'cd /dev/shm && echo one >>f && echo two >>f && cat f && /bin/echo three >>f &&
		(echo four >>f) && { echo five; /bin/echo six; } >>f && cat f && seq 3000 >>f &&
		: >>f && tail -n 1 f && wc -c f && echo new >f && cat f && rm f'
}
# One process after the other, each of which opens it by itself.
processes_append() {
	both bash -c 'cd /dev/shm && for i in 1 2 3; do
		dash -c "echo $i >>f"
		seq 3000 | dd of=f conv=notrunc oflag=append status=none
		seq 10 | tee -a f | sort -R >/dev/null
		truncate -s +100 f
		wc -c f
	done && truncate -s 5 f && cat f && rm f'
}
python_appends() {
	both /usr/bin/python3 -c '
import os
path = "/dev/shm/log"
for i in range(3):
    with open(path, "ab") as file:
        file.write(b"x" * 5000)
        with open(path, "rb") as again:
            print(file.tell(), os.fstat(again.fileno()).st_size)
    if os.fork() == 0:
        with open(path, "r+") as file:
            file.seek(0, 2)
            print("y" * 5000, file=file)
        os._exit(0)
    os.wait()
    print(os.path.getsize(path))
os.unlink(path)'
}
sqlite_works() {
	both /usr/bin/python3 -c '
import os, sqlite3
path = "/dev/shm/x.db"
def fill(mode, rows):
    base = sqlite3.connect(path)
    print(base.execute("pragma journal_mode=" + mode).fetchone())
    base.execute("create table if not exists t (a integer primary key, b text)")
    with base:
        base.executemany("insert into t (b) values (?)", (("x" * 100,) for _ in range(rows)))
    print(base.execute("select count(*), sum(length(b)) from t").fetchone())
    print(base.execute("pragma integrity_check").fetchone())
    base.execute("delete from t where a % 7 = 1")
    base.rollback()
    base.close()
for mode in "delete", "truncate", "persist", "memory", "wal":
    fill(mode, 1000)
    if os.fork() == 0:
        fill(mode, 2000)
        os._exit(0)
    assert os.wait()[1] == 0
base = sqlite3.connect(path)
base.execute("delete from t")
base.commit()
base.execute("vacuum")
print(os.path.getsize(path))
base.close()
print(sorted(os.listdir("/dev/shm")))
for name in os.listdir("/dev/shm"):
    os.unlink("/dev/shm/" + name)'
}
# Where two processes have it at once, the file gets all its size when it is made.
lmdb_works() {
	cat >"$scratch/fill.py" <<'END'
import os, subprocess, sys, lmdb
path, first, then = "/dev/shm/lmdb", int(sys.argv[1]), sys.argv[2:]
with lmdb.open(path, subdir=False, map_size=8 << 20, writemap=first < 0 or then != []) as base:
    for start in range(first, first + 3000, 1000):
        with base.begin(write=True) as write:
            for i in range(start, start + 1000):
                write.put(b"%08d" % i, b"x" * 100)
        if then:
            subprocess.run([sys.executable, __file__, *then[:1]], check=True)
    with base.begin() as read:
        print(read.stat()["entries"], read.get(b"%08d" % first) == b"x" * 100)
print(os.path.getsize(path))
END
	both bash -c '/usr/bin/python3 fill.py 3000 && /usr/bin/python3 fill.py 6000 &&
		mdb_stat -n /dev/shm/lmdb | grep Entries && /usr/bin/python3 fill.py 9000 -5000 &&
		/usr/bin/python3 fill.py 12000 && rm /dev/shm/lmdb /dev/shm/lmdb-lock'
}

check bash_appends shell_appends bash
check sh_appends shell_appends dash
check processes_append_one_after_the_other processes_append
check python_appends python_appends
check sqlite_works_with_each_journal sqlite_works
if /usr/bin/python3 -c 'import lmdb' 2>/dev/null && command -v mdb_stat >/dev/null; then
	check lmdb_works lmdb_works
else
	skip lmdb_works "needs lmdb-utils and python3-lmdb"
fi
finish
