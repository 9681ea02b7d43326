#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The configuration: what is wrong in it is told with file and line and stops the start, what is
# right is understood as it was meant, and what was understood is printed so that it reads the same.
#
# shellcheck disable=SC2317 # most functions are arguments of check

set -u
export LC_ALL=C

# shellcheck source=../lib/scratch.sh
source "$(dirname "$0")/../lib/scratch.sh"
conf=$scratch/prshmd.conf

# Standard output and error apart; the status is prshmd's.
understand() {
	"$builddir/prshmd" --config="${1:-$conf}" --check-config >"$scratch/out" 2>"$scratch/err"
}

# What was understood, without the comments, which tell the places.
understood() {
	understand "$@" && grep -v '^#' "$scratch/out"
}

# refuses LINE REASON TEXT: TEXT as printf(1) takes it. As many texts as prshmd tells the errors of
# are looked at in one run, as files of $conf.d; end_of_refusals looks at the last ones.
names_refused=()
lines_refused=()
refuses() {
	local file
	printf -v file '%s.d/%02d.conf' "$conf" ${#lines_refused[@]}
	# shellcheck disable=SC2059
	printf "$3" >"$file"
	names_refused+=("line $1: $2")
	lines_refused+=("prshmd: $file:$1: $2")
	[ ${#lines_refused[@]} -lt 20 ] || end_of_refusals
}

end_of_refusals() {
	local i said status
	: >"$conf"
	understand
	status=$?
	mapfile -t said <"$scratch/err"
	for i in "${!lines_refused[@]}"; do
		check "${names_refused[i]}" equal "${lines_refused[i]}" "${said[i]-}"
	done
	check "nothing else is said" equal "1 ${#lines_refused[@]}" "$status ${#said[@]}"
	check "nothing is understood" [ ! -s "$scratch/out" ]
	rm "$conf.d"/*
	names_refused=()
	lines_refused=()
}

equal() {
	[ "$1" = "$2" ] || { printf 'expected %s\ngot      %s\n' "$1" "$2"; return 1; }
}

# takes NAME TEXT WANTED...: each WANTED is a line of what was understood.
takes() {
	local name=$1
	# shellcheck disable=SC2059
	printf "$2" >"$conf"
	shift 2
	check "$name" has_lines "$@"
}

has_lines() {
	local line lines

	understand || { cat "$scratch/err"; return 1; }
	mapfile -t lines <"$scratch/out"
	printf -v lines '%s\n' '' "${lines[@]}"
	for line in "$@"; do
		[[ $lines = *$'\n'"$line"$'\n'* ]] || { echo "no line: $line"; cat "$scratch/out"; return 1; }
	done
}

# section NAME [FILE]: its lines, of what was understood.
section() {
	understood "${2:-$conf}" | awk -v want="[$1]" '/^\[/ { in_it = $0 == want; next } in_it && NF'
}

refused_with() {
	! understand && grep -F -- "$1" "$scratch/err"
}

# section_has NAME LINE, and section_is NAME LINE: that line alone.
section_has() {
	section "$1" | tee "$scratch/lines" | grep -xF -- "$2" || { cat "$scratch/lines"; return 1; }
}

section_is() {
	section_has "$1" "$2" && [ "$(wc -l <"$scratch/lines")" -eq 1 ]
}

place_is() {
	understand && grep -B 1 -xF "[$1]" "$scratch/out" | grep -xF "# $2"
}

long_line() {
	head -c "$1" /dev/zero | tr '\0' '#'
}

entries() {
	for i in $(seq "$1" "$2"); do printf 'rights = user:%d:r\\n' "$i"; done
}

nothing="neither a section, a \"key = value\" nor a comment"
prefix="not a prefix: absolute, in normal form, with at most one component %u"
pattern="a prefix is no pattern: leave the star out, what is below the prefix is covered"
amount="an unknown unit: expected K, M, G or T, which may have B or iB behind it"
time="an unknown unit: expected s, min, h or d"
fraction="not a whole number: digits alone, as 1536M for 1.5G"
percentage="a percentage is not understood: give a number, as 100, 64K or 2G"

# Lines and sections.
mkdir "$conf.d"
refuses 1 "$nothing" 'hello\n'
refuses 2 "$nothing" '[limits]\nuser-bytes\n'
refuses 3 "$nothing" '[limits]\n# x\nuser-bytes 5\n[broker]\n'
refuses 1 'a section without its "]"' '[limits\n'
refuses 1 'there is something behind the "]"' '[limits] user-bytes = 5\n'
refuses 1 'there is something behind the "]"' '[name /a]b]\n'
refuses 1 'a key outside of any section' 'user-bytes = 5\n'
refuses 1 'an unknown section' '[limit]\n'
refuses 1 'an unknown section' '[Limits]\n'
refuses 1 'an unknown section' '[ limits]\n'
refuses 1 'an unknown section' '[]\n'
refuses 1 'an unknown section' '[limits users root]\n'
refuses 2 'an unknown section' '[limits]\n[names /a]\n'
refuses 3 "$nothing" '[name /a]\ncreate-users = root\n\troot\n'
refuses 3 'there is a section [limits] already' '[limits]\nuser-bytes = 5\n[limits]\n'
refuses 3 'there is a section [broker] already' '[broker]\nobservers = root\n[broker]\n'
refuses 3 'this key was given already' '[broker]\nobservers = root\nobservers = root\n'
refuses 2 'no such group' '[broker]\nobservers = no-such-group\n'
refuses 2 'no such group' '[broker]\nobservers = root, 7\n'
refuses 2 'an unknown key' '[broker]\nuser-bytes = 5\n'
refuses 2 'an unknown key' '[limits]\npreallocate = small\n'
refuses 2 'neither never, small nor always' '[broker]\npreallocate = yes\n'
refuses 2 'neither never, small nor always' '[name /a]\npreallocate =\n'
refuses 2 'neither no nor yes' '[broker]\nhuge-pages = small\n'
refuses 3 'this key was given already' '[name /a]\nhuge-pages = no\nhuge-pages = no\n'
refuses 2 'an unknown key' '[limits]\nobservers = root\n'
refuses 3 'this prefix has a section already' '[name /a]\n[name /b]\n[name /a]\n'
refuses 2 'this user has a section already' '[limits user root]\n[limits user 0]\n'
refuses 2 'this group has a section already' '[limits group 0]\n[limits group root]\n'
refuses 2 'the line is too long; keys that are lists may be given again' \
	"[limits]\n#$(long_line 198)\nuser-bytes = 5\n"
refuses 1 'the line is too long; keys that are lists may be given again' "#$(long_line 5000)"
refuses 2 'there is a NUL byte in the line' '[limits]\nuser-bytes = 5\0x\n'
refuses 2 'there is a NUL byte in the line' '[limits]\nuser-bytes = 5\0'
refuses 1 'there is a NUL byte in the line' '#\0\n'

# Keys.
refuses 2 'an unknown key' '[limits]\nuser-byte = 5\n'
refuses 2 'an unknown key' '[limits]\nUser-Bytes = 5\n'
refuses 2 'an unknown key' '[limits]\n= 5\n'
refuses 2 'an unknown key' '[limits]\nmax-mode = 0600\n'
refuses 2 'an unknown key' '[limits user root]\nhost-bytes = 5\n'
refuses 2 'an unknown key' '[limits group root]\nsegment-bytes = 5\n'
refuses 2 'an unknown key' '[name /a]\nuser-bytes = 5\n'
refuses 3 'this key was given already' '[limits]\nuser-bytes = 5\nuser-bytes = 5\n'
refuses 3 'this key was given already' '[name /a]\nowner = root\nowner = root\n'

# Values.
refuses 2 'not a number' '[limits]\nuser-bytes =\n'
refuses 2 'not a number' '[limits]\nuser-bytes = -1\n'
refuses 2 'not a number' '[limits]\nuser-bytes = unlimited\n'
refuses 2 'not a number' '[limits]\nhost-bytes = share\n'
refuses 2 "$amount" '[limits]\nuser-bytes = 5 M B\n'
refuses 2 "$amount" '[limits]\nuser-bytes = 5 6\n'
refuses 2 "$fraction" '[limits]\nuser-bytes = 5.5M\n'
refuses 2 "$fraction" '[limits]\nuser-bytes = 1,000\n'
refuses 2 "$fraction" '[limits]\nuser-bytes = 0x10\n'
refuses 2 "$fraction" '[limits]\nuser-bytes = 1e6\n'
refuses 2 "$fraction" '[name /a]\nlinger = 1.5h\n'
refuses 2 "$percentage" '[limits]\nhost-bytes = 50 %%\n'
refuses 2 'the number is too large' '[limits]\nuser-bytes = 9223372036854775808\n'
refuses 2 'the number is too large' '[limits]\nuser-bytes = 8388608T\n'
refuses 2 'the number is too large' '[limits]\nuser-bytes = 99999999999999999999999\n'
refuses 2 "$time" '[name /a]\nlinger = 5m\n'
refuses 2 "$amount" '[limits]\nuser-bytes = 5MiBi\n'
refuses 2 "$amount" '[limits]\nuser-bytes = 5BB\n'
refuses 2 "$amount" '[limits]\nuser-bytes = 5mm\n'
refuses 2 "$percentage" '[limits]\nhost-bytes = 50%%\n'
refuses 2 "$time" '[name /a]\nlinger = 500ms\n'
refuses 2 'not a number' '[name /a]\nlinger = forever\n'
refuses 2 'the number is too large' '[name /a]\nlinger = 24856d\n'
refuses 2 'not an octal mode up to 0777' '[name /a]\nmax-mode = 1777\n'
refuses 2 'not an octal mode up to 0777' '[name /a]\nmax-mode = 0680\n'
refuses 2 'not an octal mode up to 0777' '[name /a]\nmax-mode = rw\n'
refuses 2 'not an octal mode up to 0777' '[name /a]\nmax-mode =\n'
refuses 2 'neither kept nor until-unused' '[name /a]\nlifetime = forever\n'
refuses 2 'no such user' '[name /a]\nowner = no-such-user\n'
refuses 2 'no such user' '[name /a]\nowner =\n'
refuses 2 'no such user' '[name /a]\nowner = root root\n'
refuses 2 'no such group' '[name /a]\ngroup = no-such-group\n'
refuses 2 'no such user' '[name /a]\ncreate-users = root no-such-user\n'
refuses 2 'no such user' '[name /a]\ncreate-users = root# and nobody else\n'
refuses 2 'no such group' '[name /a]\ncreate-groups = root,no-such-group\n'
refuses 1 'no such user' '[limits user no-such-user]\n'
refuses 1 'no such user' '[limits user ]\n'
refuses 1 'no such group' '[limits group no-such-group]\n'
refuses 2 'the number is too large' '[name /a]\nowner = 4294967295\n'
refuses 2 'the number is too large' '[name /a]\ngroup = 99999999999\n'
refuses 2 'no such user' '[name /a]\nowner = -1\n'
refuses 2 'an entry is user:NAME:RIGHTS or group:NAME:RIGHTS' '[name /a]\nrights = root\n'
refuses 2 'an entry is user:NAME:RIGHTS or group:NAME:RIGHTS' '[name /a]\nrights = user:root\n'
refuses 2 'an entry begins with user: or group:' '[name /a]\nrights = other:root:r\n'
refuses 2 'rights are letters of "rwdm"' '[name /a]\nrights = user:root:rx\n'
refuses 2 'rights are letters of "rwdm"' '[name /a]\nrights = user:root:R\n'
refuses 2 'no such user' '[name /a]\nrights = user:no-such-user:r\n'
refuses 2 'no such group' '[name /a]\nrights = group::r\n'
refuses 2 'this user or group has an entry already' '[name /a]\nrights = user:root:r user:0:rw\n'
refuses 34 'more than 32 entries' "[name /a]\n$(entries 1 33)"

# Prefixes.
for bad in 'a' '' '//' '/a/' '/a//b' '/a/./b' '/a/..' '/a%%u' '/%%ua' '/%%u/%%u' '/%%U' '/%%g/x' \
	'/100%%' '/%%' '/%%u%%' "/$(long_line 180 | tr '#' a)/.."; do
	refuses 1 "$prefix" "[name $bad]\n"
done
for bad in '/srv/*' '*' '/*/a' '/a*'; do
	refuses 1 "$pattern" "[name $bad]\n"
done

end_of_refusals
rmdir "$conf.d"

# All that is wrong is told, in the order of the lines and files, and nothing that only follows from
# it.
tells_all() {
	! understand && sed "s|^prshmd: $conf||" "$scratch/err" >"$scratch/told" &&
		printf '%s\n' "$@" | diff -u - "$scratch/told"
}
printf '[limits]\nuser-bytes = x\nuser-bites = 5\n[limit]\nuser-bytes = y\nz\n[name /a]\nowner = no-such-user\n' >"$conf"
mkdir "$conf.d"
printf '[name a]\nowner = no-such-user\n[name /b]\nmax-mode = 8\n' >"$conf.d/a.conf"
check "all errors of all files are told" tells_all ':2: not a number' ':3: an unknown key' \
	':4: an unknown section' ":6: $nothing" ':8: no such user' ".d/a.conf:1: $prefix" \
	'.d/a.conf:4: not an octal mode up to 0777'
rm -r "$conf.d"
yes 2>/dev/null | head -n 1000 >"$conf"
no_flood() {
	! understand && [ "$(wc -l <"$scratch/err")" -eq 21 ] &&
		tail -n 1 "$scratch/err" | grep -xF "prshmd: $conf: what is wrong in later lines is not told"
}
check "a file that is no configuration does not flood the log" no_flood

# What is right.
: >"$conf"
check "an empty file is one" has_lines 'user-bytes = share' '[name /run/user/%u]' '[name /home/%u]'
takes "lines may end with CR LF" '[limits]\r\nuser-bytes = 1K\r\n\r\n[name /a]\r\nmax-mode = 640\r\n' \
	'user-bytes = 1024' 'max-mode = 0640'
takes "the last line need not end" '[limits]\nuser-bytes = 7' 'user-bytes = 7'
takes "comments begin with # or ; and follow a value after a blank" \
	'# x\n; y\n[limits] ; z\nuser-bytes = 7 ; of memory\n \t\n  # w\nhost-bytes = 8\t# = 9\n' \
	'user-bytes = 7' 'host-bytes = 8'
takes "a list may end with a comment, or be one" \
	'[name /a]\ncreate-users = root # and nobody else\n[name /b]\ncreate-users = # nobody\n' \
	'create-users = 0' 'create-users ='
takes "lines may be indented" ' [limits]\n  user-bytes = 5\n\t[name /a]\n\tmax-mode = 0600\n' \
	'user-bytes = 5' '[name /a]' 'max-mode = 0600'
takes "a byte order mark does not count" '\357\273\277[limits]\nuser-bytes = 5\n' 'user-bytes = 5'
takes "units may be small, or have B or iB behind them" \
	'[limits]\nhost-bytes = 10MB\nuser-bytes = 4k\nsegment-bytes = 2KiB\nuser-handles = 9B\n' \
	'host-bytes = 10485760' 'user-bytes = 4096' 'segment-bytes = 2048' 'user-handles = 9'
takes "blanks may be between number and unit" \
	'[limits]\nhost-bytes = 10 MB\nuser-bytes = 4\tK ; x\n[name /a]\nlinger = 2 min\n' \
	'host-bytes = 10485760' 'user-bytes = 4096' 'linger = 120s'
takes "blanks around = do not count, nor does : instead of it" \
	'[limits]\nuser-bytes=7\nuser-handles   =\t8  \nuser-segments: 9\n' \
	'user-bytes = 7' 'user-handles = 8' 'user-segments = 9'
takes "amounts have units" \
	'[limits]\nhost-bytes = 3T\nhost-segments = 2K\nuser-bytes = 1G\nsegment-bytes = 5M\nuser-watches = 0\n' \
	'host-bytes = 3298534883328' 'host-segments = 2048' 'user-bytes = 1073741824' \
	'segment-bytes = 5242880' 'user-watches = 0'
takes "times have units" \
	'[name /a]\nlinger = 90\n[name /b]\nlinger = 90s\n[name /c]\nlinger = 5min\n[name /d]\nlinger = 2h\n[name /e]\nlinger = 24855d\n' \
	'linger = 90s' 'linger = 300s' 'linger = 7200s' 'linger = 2147472000s'
takes "users and groups are names or numbers, known or not" \
	'[name /a]\nowner = root\ngroup = 0\ncreate-users = 4242, root\ncreate-users = 4294967294\ncreate-groups = root\n' \
	'owner = 0' 'group = 0' 'create-users = 4242' 'create-users = 0' \
	'create-users = 4294967294' 'create-groups = 0'
takes "limits are a user's or a group's, or a share" \
	'[limits]\nuser-bytes = 9\n[limits user root]\nuser-bytes = share\n[limits group 7]\nuser-segments = 3\n' \
	'[limits user 0]' 'user-bytes = share' '[limits group 7]' 'user-segments = 3' 'user-bytes = 9'
takes "observers are a group, a name or a number" '[broker]\nobservers = 4242\n' \
	'[broker]' 'observers = 4242'
takes "rights are entries" '[name /a]\nrights = user:root:rwdm, group:7:r\nrights = user:8:\n' \
	'rights = user:0:rwdm' 'rights = group:7:r' 'rights = user:8:'
takes "there may be 32 entries" "[name /a]\n$(entries 1 32)" 'rights = user:32:r'
takes "an empty list restricts to root" '[name /a]\ncreate-users =\n' 'create-users ='
takes "small segments are made ready, in pages as they come" '' \
	'[broker]' 'preallocate = small' 'huge-pages = no'
takes "what is made ready is said for all names" '[broker]\npreallocate = never\nhuge-pages = yes\n' \
	'preallocate = never' 'huge-pages = yes'
takes "what is made ready is said for a prefix" '[name /a]\npreallocate = always\nhuge-pages = yes\n' \
	'[name /a]' 'preallocate = always' 'huge-pages = yes' 'preallocate = small' 'huge-pages = no'
takes "the rule for all names is /" '[name /]\nmax-mode = 0600\n' '[name /]'
takes "a line may have 198 characters" "[limits]\n#$(long_line 197)\nuser-bytes = 7\n" \
	'user-bytes = 7'

# Files.
rm "$conf"
check "a file that was asked for has to be there" refused_with "$conf: No such file or directory"
mkdir "$conf"
check "a directory is not a file" refused_with "$conf: Is a directory"
rmdir "$conf"
: >"$conf"
: >"$conf.d"
check "a file is not a directory" refused_with "$conf.d: Not a directory"
rm "$conf.d"

mkdir "$conf.d"
printf '[limits]\nuser-bytes = 1\nuser-handles = 1\n[limits user 5]\nuser-bytes = 1\nuser-handles = 1\n[name /a]\nmax-mode = 0600\nowner = root\n' >"$conf"
printf '[limits]\nuser-bytes = 2\n[name /a]\nmax-mode = 0640\n' >"$conf.d/10-b.conf"
printf '[limits]\nuser-bytes = 3\n[limits user 5]\nuser-bytes = 3\n' >"$conf.d/9-c.conf"
printf 'nonsense\n' | tee "$conf.d/20.conf~" "$conf.d/.30.conf" "$conf.d/40.conf.dpkg-old" >"$conf.d/README"
check "files of FILE.d come in the order of their names, and only *.conf" has_lines 'user-bytes = 3'
check "a later file's [limits] replaces key by key" section_has limits "user-handles = 1"
check "a later file's prefix replaces an earlier one's" section_is "name /a" "max-mode = 0640"
check "a later file's user replaces an earlier one's" section_is "limits user 5" "user-bytes = 3"
check "the place that counts is told" place_is "name /a" "$conf.d/10-b.conf:3"
printf '[name /run/user/%%u]\nmax-mode = 0700\n' >"$conf.d/99.conf"
check "the rules that are built in are replaced too" section_is "name /run/user/%u" "max-mode = 0700"
printf '[limits]\nuser-bytes = x\n' >"$conf.d/50.conf"
check "what is wrong in FILE.d is told with its file" refused_with "prshmd: $conf.d/50.conf:2: not a number"
rm "$conf.d/50.conf"
ln -s nowhere "$conf.d/50.conf"
check "a link of FILE.d that leads nowhere is told" refused_with "$conf.d/50.conf: No such file"
rm "$conf.d/50.conf"
mkdir "$conf.d/50.conf"
check "a directory in FILE.d is told" refused_with "$conf.d/50.conf: Is a directory"
rmdir "$conf.d/50.conf"

unreadable() {
	chmod 000 "$1"
	setpriv --reuid=60010 --regid=60010 --clear-groups "$scratch/prshmd" --config="$conf" \
		--check-config >"$scratch/out" 2>"$scratch/err" && return 1
	cat "$scratch/err"
	grep -qF "$1: Permission denied" "$scratch/err"
	local status=$?
	chmod 755 "$1"
	return "$status"
}

if [ "$(id -u)" -eq 0 ] && command -v setpriv >/dev/null; then
	cp "$builddir/prshmd" "$scratch/prshmd" # the tree may lie where only root can look
	chmod 755 "$scratch/prshmd" "$conf.d"
	check "a file that cannot be read is told" unreadable "$conf"
	check "a directory that cannot be read is told" unreadable "$conf.d"
else
	skip "a file that cannot be read is told" "needs root and setpriv(1)"
	skip "a directory that cannot be read is told" "needs root and setpriv(1)"
fi
rm -r "$conf.d"

# Which files were read.
names_the_files() {
	understand && grep '^# read: ' "$scratch/out" | sed 's/^# read: //' >"$scratch/told"
	printf '%s\n' "$@" | diff -u - "$scratch/told"
}
mkdir "$conf.d"
: >"$conf.d/a.conf"
check "--check-config names each file that it read" names_the_files "$conf" "$conf.d/a.conf"
rm -r "$conf.d"

# Its configuration is where this build has it, and nothing may be there: elsewhere it is not asked.
says_that_there_is_none() {
	local path

	path=$("$builddir/prshmd" --help | sed -n 's/^ *\(.*prshmd\.conf\)$/\1/p')
	[ ! -e "$path" ] && [ ! -e "$path.d" ] || return 0
	"$builddir/prshmd" --check-config >"$scratch/out" && head -n 2 "$scratch/out" |
		tr -d '\n' | grep -F "# no configuration: there is no $path,"
}
check "--check-config says that there is no file" says_that_there_is_none

# As root on a host that has a user prshm: this one's accounts stay as they are.
understand_with_user() {
	# shellcheck disable=SC2016
	unshare -m bash -c 'mount --bind "$1" /etc/passwd && exec "${@:2}"' bash "$scratch/passwd" \
		"$builddir/prshmd" --config="$conf" --check-config >"$scratch/out" 2>"$scratch/err"
}

prshm_can_read() {
	understand_with_user && [ ! -s "$scratch/err" ]
}

prshm_cannot_read() {
	understand_with_user && { echo "it was not told of"; return 1; }
	grep -F "prshmd: $1: user prshm cannot read it: Permission denied" "$scratch/err" && [ -s "$scratch/out" ]
}
name="as root --check-config says what user prshm cannot read"
if [ "$(id -u)" -eq 0 ] && command -v unshare >/dev/null; then
	{ cat /etc/passwd; echo 'prshm:x:60010:60010::/:/bin/false'; } >"$scratch/passwd"
	check "as root --check-config is content with what user prshm can read" prshm_can_read
	chmod 600 "$conf"
	check "$name: a file" prshm_cannot_read "$conf"
	chmod 644 "$conf"
	mkdir -m 700 "$conf.d"
	check "$name: a directory" prshm_cannot_read "$conf.d"
	rmdir "$conf.d"
else
	skip "$name" "root and unshare(1)"
fi

# Reads what was printed, and prints the same.
is_fixpoint() {
	understood "$1" >"$scratch/first" || { cat "$scratch/err"; return 1; }
	cp "$scratch/out" "$scratch/again.conf"
	understood "$scratch/again.conf" >"$scratch/second" || { cat "$scratch/err"; return 1; }
	[ -s "$scratch/first" ] && diff -u "$scratch/first" "$scratch/second"
}

cat >"$conf" <<-'END'
	[limits]
	host-bytes = 1G
	user-connections = 10
	segment-bytes = 64M
	[limits user root]
	user-bytes = share
	[limits group 7]
	user-watches = 3
	[broker]
	observers = 4
	preallocate = always
	huge-pages = yes
	[name /]
	create-users =
	[name /a/%u/b]
	create-users = 5 6
	create-groups = 7
	max-mode = 0750
	owner = 8
	group = 9
	lifetime = until-unused
	linger = 2h
	rights = user:10:rwdm group:11:r user:12:
	preallocate = never
	huge-pages = no
	[name /a/x/b]
	lifetime = kept
	linger = 0
END
check "what is printed reads the same" is_fixpoint "$conf"
: >"$conf"
check "what is printed of nothing reads the same" is_fixpoint "$conf"
long=$scratch/$(long_line 200 | tr '#' d)
mkdir "$long"
printf '[name /a]\n' >"$long/prshmd.conf"
check "what is printed of a file with a long path reads the same" is_fixpoint "$long/prshmd.conf"

# The example of the manual, with users and groups that every system has.
example() {
	sed -n '/^\.\\" example: prshmd\.conf$/,/^\.\\" end$/p' "$srcdir/man/prshmd.conf.5" |
		grep -v '^\.' | sed 's/\\e/\\/g; s/\\&//g' >"$conf"
	[ "$(grep -c '^\[' "$conf")" -ge 4 ] || { echo "no example"; return 1; }
	is_fixpoint "$conf"
}
check "the example of prshmd.conf(5) is understood" example

# The sample that is installed says nothing, and with its comments taken away what it says is
# understood: each key of the manual is in it. Its users are looked for among accounts that every
# Debian has.
sample_says_nothing() {
	: >"$conf"
	understood "$conf" >"$scratch/first"
	understood "$srcdir/daemon/prshmd.conf.sample" | diff -u "$scratch/first" -
}
check "the sample is all comments" sample_says_nothing
sample_is_understood() {
	sed 's/^#\([^ #]\)/\1/' "$srcdir/daemon/prshmd.conf.sample" >"$conf"
	is_fixpoint "$conf"
}
check "the sample is understood without its comments" sample_is_understood
sample_has_all_keys() {
	local key sample missing=0

	sample=$'\n'$(<"$srcdir/daemon/prshmd.conf.sample")
	while read -r key; do
		[[ $sample = *$'\n'"#$key = "* ]] || { echo "$key"; missing=1; }
	done < <(sed -n '/^\.\\" keys /,/^\.El/s/^\.It Cm //p' "$srcdir/man/prshmd.conf.5" | tr -d ' ' | tr ',' '\n')
	return "$missing"
}
check "the sample has each key" sample_has_all_keys

# The line that tells of a start, and of a reload, names the files.
names_files_in_the_log() {
	: >"$conf"
	# shellcheck disable=SC2016
	sh -c 'echo $$ >"$1" && exec "$2" --no-keeper --config="$3" --socket="$4"' sh "$scratch/pid" \
		"$builddir/prshmd" "$conf" "$scratch/broker.sock" 2> >(
		while read -r line; do
			echo "$line"
			[[ $line == *": ready, at most "* ]] && kill -HUP "$(<"$scratch/pid")"
			[[ $line == *": configuration reloaded"* ]] && kill "$(<"$scratch/pid")"
		done >"$scratch/err"
	)
	cat "$scratch/err"
	grep -E "ready, at most [0-9]+ segments and [0-9]+ clients; configuration: $conf\$" "$scratch/err" &&
		grep -F "configuration reloaded: $conf" "$scratch/err"
}
check "the log names the files, at the start and at a reload" names_files_in_the_log

# A start with a broken file.
printf '[limits]\nuser-byte = 5\n' >"$conf"
refuses_to_start() {
	timeout 600 "$builddir/prshmd" --config="$conf" --socket="$scratch/broker.sock" 2>"$scratch/err"
	[ $? -eq 78 ] && grep -qxF "prshmd: $conf:2: an unknown key" "$scratch/err" &&
		[ ! -e "$scratch/broker.sock" ]
}
check "the broker does not start with a broken file" refuses_to_start

finish
