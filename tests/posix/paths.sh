#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Programs that use files in /dev/shm by their paths: what they print is the same in the broker,
# where there is more room.

[ "$(id -u)" -eq 0 ] || { echo "1..0 # SKIP needs root, for a small /dev/shm"; exit 0; }
export PRSHM_TEST_SHM=1m
# shellcheck source-path=SCRIPTDIR source=common.sh
. "${top_srcdir:-.}/tests/posix/common.sh"

start_broker ""

shell_lists() {
	both "$1" -c 'cd /dev/shm && mkdir d && echo one >a && echo two >d/b &&
		echo * /dev/shm/* d/* && cat a d/b && test -f a && test -d d && test ! -e b &&
		rm a d/b && rmdir d && echo *'
}
coreutils_work() {
	both bash -c 'cd /dev/shm && seq 5000 >a && cp a b && cmp a b && mkdir d && cp a d && ls -R &&
		stat -c "%n %s %h %A %U" a d/a && sort -n a | md5sum && du -a --apparent-size | sort -k2 &&
		find . -type f -size +1 | sort && rm a && touch b && ls -l | grep -c ^- && rm -r d b && ls -A'
}
# shellcheck disable=SC2016 # no shell of this script is to expand it
mv_moves() {
	both bash -c 'cd /dev/shm && echo one >a && echo two >b && mv a b && cat b && mv -n b c && ls &&
		mkdir d && mv c d && cat d/c && mv d e && cat e/c && mv e/c "$OLDPWD/c" && ls && mv "$OLDPWD/c" f &&
		cat f && rm -r e f && ls -A'
}
tar_packs_and_unpacks() {
	both bash -c 'cd /dev/shm && mkdir d && seq 3000 >d/a && tar cf archive d && rm -r d &&
		tar xf archive && wc -l d/a && rm -r d archive'
}
python_lists() {
	# shellcheck disable=SC2016 # for Python
	both python3 -c '
import os, shutil, tempfile
with open("/dev/shm/a", "w") as file:
    file.write("x" * 10000)
print(os.listdir("/dev/shm"), os.path.getsize("/dev/shm/a"), os.path.samefile("/dev/shm/a", "/dev/shm/a"))
with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
    shutil.copy("/dev/shm/a", directory)
    with os.scandir(directory) as entries:
        print([(one.name, one.is_file(), one.stat().st_size) for one in entries])
    for top, directories, files in os.walk(directory):
        print(len(directories), files)
with tempfile.NamedTemporaryFile(dir="/dev/shm") as file:
    file.write(b"x" * 100)
    file.flush()
    print(os.path.getsize(file.name))
os.rename("/dev/shm/a", "/dev/shm/b")
os.replace("/dev/shm/b", "/dev/shm/a")
os.unlink("/dev/shm/a")
print(os.listdir("/dev/shm"))'
}
# shellcheck disable=SC2016 # for Perl
perl_lists() {
	both perl -e '
open my $file, ">", "/dev/shm/a" or die; print $file "hello"; close $file;
opendir my $directory, "/dev/shm" or die; print join(" ", sort readdir $directory), "\n";
print glob("/dev/shm/*"), " ", -s "/dev/shm/a", " ", -e "/dev/shm/b" ? "" : "none", "\n"; unlink "/dev/shm/a"'
}
more_than_fits() {
	! dd if=/dev/zero of=/dev/shm/large bs=1M count=3 2>/dev/null || return
	rm /dev/shm/large
	"$run" --paths bash -c 'dd if=/dev/zero of=/dev/shm/large bs=1M count=3 2>/dev/null &&
		cp /dev/shm/large /dev/shm/other && cmp /dev/shm/large /dev/shm/other &&
		rm /dev/shm/large /dev/shm/other'
}
# As joblib does with what is too large for a pipe. It looks first whether there is room.
numpy_maps() {
	"$run" --paths /usr/bin/python3 -c '
import os, tempfile, numpy
assert os.statvfs("/dev/shm").f_bavail * os.statvfs("/dev/shm").f_frsize > 16 << 20
with tempfile.TemporaryDirectory(dir="/dev/shm") as directory:
    path = os.path.join(directory, "array")
    numpy.memmap(path, dtype="f4", mode="w+", shape=(1000, 1000))[:] = 3
    read = numpy.memmap(path, dtype="f4", mode="r")
    numpy.memmap(path, dtype="f4", mode="r+")[0] = 5
    assert read[0] == 5 and read.sum() == 3000002
print("it is")' | grep -x 'it is'
}
# A process that is through with an object does not hold it.
calls_by_a_path_leave_no_holder() {
	# shellcheck disable=SC2016 # for Python
	"$run" --paths python3 -c '
import os, subprocess, sys
open("/dev/shm/a", "w").close()
os.chmod("/dev/shm/a", 0o640)
os.chown("/dev/shm/a", -1, os.getgid())
os.truncate("/dev/shm/a", 100)
subprocess.run([sys.argv[1], "list", "--raw", "--noheadings", "--columns=size,holders", "/dev/shm/a"], check=True)
os.unlink("/dev/shm/a")' "$prshmctl" | grep -x '100 0'
}
# As tempfile.TemporaryFile does with O_TMPFILE: more than fits into /dev/shm.
files_without_a_name_have_room() {
	"$run" --paths python3 -c '
import tempfile
with tempfile.TemporaryFile(dir="/dev/shm") as file:
    file.truncate(1 << 20)
    for at in range(3):
        file.seek(at << 20)
        file.write(b"x" * (1 << 20))
    file.seek(0)
    print(file.read() == b"x" * (3 << 20))' | grep -x True && ! "$prshmctl" list | grep /dev/shm
}
another_user_sees_what_it_may() {
	"$run" --paths bash -c 'umask 077 && echo secret >/dev/shm/secret && umask 022 && echo open >/dev/shm/open'
	[ "$(setpriv --reuid 65534 --regid 65534 --clear-groups "$run" --paths ls /dev/shm)" = open ] &&
		[ "$(setpriv --reuid 65534 --regid 65534 --clear-groups "$run" --paths cat /dev/shm/open)" = open ] &&
		"$run" --paths rm /dev/shm/open /dev/shm/secret
}
# The kernel refuses: the memory is the broker's user's. Without --paths, too.
another_user_opens_by_a_number() {
	[ "$(setpriv --reuid 65534 --regid 65534 --clear-groups "$run" --paths bash -c '
		cd /dev/shm && echo text >a && cat /dev/stdin <a &&
		echo more | dd of=/dev/fd/3 conv=notrunc status=none 3<>a && cat a && rm a' |
		xargs)" = 'text more' ] &&
		setpriv --reuid 65534 --regid 65534 --clear-groups "$run" python3 -c '
import _posixshmem, os
fd = _posixshmem.shm_open("/a", os.O_CREAT | os.O_RDWR, mode=0o600)
os.ftruncate(fd, 4096)
again = os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
with open(f"/dev/fd/{fd}", "rb") as file:
    print(os.fstat(again).st_size, len(file.read()))
_posixshmem.shm_unlink("/a")
try:
    os.open(f"/proc/self/fd/{fd}", os.O_RDONLY)
except PermissionError:
    print("none")' | xargs | grep -x '4096 4096 none'
}
# As UCX does: one process tells the other its number, and has removed the name.
another_user_opens_what_its_peer_has() {
	setpriv --reuid 65534 --regid 65534 --clear-groups "$run" python3 -c '
import _posixshmem, mmap, os, subprocess, sys
for name in "/a", "/b":
    fd = _posixshmem.shm_open(name, os.O_CREAT | os.O_RDWR, mode=0o600)
    os.ftruncate(fd, 4096)
    if name == "/b":
        _posixshmem.shm_unlink(name)
    subprocess.run([sys.executable, "-c", """
import mmap, os, sys
fd = os.open(sys.argv[1], os.O_RDWR)
mmap.mmap(fd, 4096)[:4] = b"text"
try:
    os.open(sys.argv[1], os.O_RDONLY)
    print("read")
except PermissionError:
    print("none")
""", f"/proc/{os.getpid()}/fd/{fd}"], check=True)
    print(os.pread(fd, 4, 0).decode())
_posixshmem.shm_unlink("/a")' | xargs | grep -x 'read text none text'
}
# cp -p copies what permissions there are by an access list.
permissions_are_copied() {
	local uid
	for uid in 0 65534; do
		[ "$(setpriv --reuid $uid --regid $uid --clear-groups "$run" --paths bash -c 'umask 027 && cd /dev/shm &&
			echo text >a && cp -p a b && cp -a a c && install -m 600 a d && stat -c %a b c d && rm a b c d' |
			xargs)" = '640 640 600' ] || return
	done
}
# Most paths lead elsewhere: one call tells what a file is, and that the file is no object.
most_looks_cost_one_call() {
	ln -s /etc/passwd "$scratch/link" &&
		strace -f -o "$scratch/calls" -e trace=stat,lstat,newfstatat,statx "$run" --paths python3 -c '
import os, sys
fd = os.open("/dev/shm/a", os.O_CREAT | os.O_RDWR)
for _ in range(100):
    os.stat("/etc/passwd")
    os.lstat("/etc/passwd")
    os.stat(sys.argv[1])
    os.fstat(fd)
os.unlink("/dev/shm/a")' "$scratch/link" || return
	[ "$(grep -c '"/etc/passwd"' "$scratch/calls")" -eq 200 ] &&
		[ "$(grep -c "\"$scratch/link\"" "$scratch/calls")" -eq 100 ] &&
		[ "$(grep -c '"/dev/shm"' "$scratch/calls")" -lt 100 ]
}
no_broker_is_an_error() {
	! PRSHM_SOCKET=$scratch/nobody PRSHM_AUTOSTART=0 "$run" --paths ls /dev/shm >"$scratch/with" 2>&1 &&
		grep 'Connection refused' "$scratch/with"
}

check bash_lists_and_makes_files shell_lists bash
check sh_lists_and_makes_files shell_lists dash
check coreutils_and_findutils_work coreutils_work
check mv_moves_also_in_and_out mv_moves
check tar_packs_and_unpacks tar_packs_and_unpacks
check python_lists_copies_and_removes python_lists
check perl_lists perl_lists
check there_is_more_room_than_in_dev_shm more_than_fits
if /usr/bin/python3 -c 'import numpy' 2>/dev/null; then
	check numpy_maps_a_file_that_has_no_room_in_dev_shm numpy_maps
else
	skip numpy_maps_a_file_that_has_no_room_in_dev_shm "needs python3-numpy"
fi
check calls_by_a_path_leave_no_holder calls_by_a_path_leave_no_holder
check files_without_a_name_have_room files_without_a_name_have_room
chmod 666 "$PRSHM_SOCKET"
check another_user_sees_what_it_may another_user_sees_what_it_may
check another_user_opens_by_a_number another_user_opens_by_a_number
if [ "$(cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null || echo 0)" -eq 0 ]; then
	check another_user_opens_what_its_peer_has another_user_opens_what_its_peer_has
else
	skip another_user_opens_what_its_peer_has "needs leave to trace (kernel.yama.ptrace_scope)"
fi
check permissions_are_copied_for_each_user permissions_are_copied
if strace -o "$scratch/calls" true 2>/dev/null; then
	check most_looks_cost_one_call most_looks_cost_one_call
else
	skip most_looks_cost_one_call "needs strace, and leave to trace"
fi
check a_list_without_a_broker_is_an_error no_broker_is_an_error
finish
