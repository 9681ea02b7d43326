#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The manual is true: what pages say in tables and lists is compared with the code it comes from,
# and what they mark as an example is run.
#
# Environment, with defaults for a build in the working directory: top_srcdir, top_builddir, CC.
#
# shellcheck disable=SC2317 # most functions are arguments of check

set -u
export LC_ALL=C.UTF-8

# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"
src=$srcdir
build=$builddir
read -ra cc <<<"${CC:-cc}"
cc[0]=$(command -v "${cc[0]}") # the cc that install_programs makes must not call itself
read -ra sanitizer <<<"$(sed -n 's/^SANITIZER_CFLAGS = *//p' "$build/Makefile")"
library=$build/.libs/libprshm-client.so

# Whether two lists, one entry a line, are the same, in the same order.
same() {
	diff -u --label "$1" --label "$3" "$2" "$4"
}

have() {
	command -v "$1" >/dev/null
}

# The text of a page, in one line, with single spaces.
text_of() {
	mandoc -Tutf8 "$1" | sed 's/.\x08//g' | tr -s '\n ' ' '
}

# As man(1) finds them, with the files that only include another.
install_pages() {
	local page name names

	for page in "$src"/man/*.[0-9]; do
		mkdir -p "$scratch/man/man${page##*.}"
		cp "$page" "$scratch/man/man${page##*.}/"
	done
	while read -r page names; do
		for name in $names; do
			echo ".so man3/$page.3" >"$scratch/man/man3/$name.3"
		done
	done < <(sed '/^#/d; s/://' "$src/man/aliases")
}

# dangling DIRECTORY: "PAGE LINK" for each link in its pages to a page or a place that is not there.
# A page of ours that is looked for elsewhere is none, either.
dangling() {
	(cd "$1" && awk '
		FNR == 1 {
			file = substr(FILENAME, 3) # without its ./
			there[file]
		}
		{
			for (rest = $0; match(rest, /(id|href)="[^"]*"/); rest = substr(rest, RSTART + RLENGTH)) {
				split(substr(rest, RSTART, RLENGTH), part, "\"")
				if (part[1] == "id=")
					there[file "#" part[2]]
				else
					links[file " " part[2]]
			}
		}
		END {
			for (link in links) {
				split(link, part, " ")
				target = substr(part[2], 1, 1) == "#" ? part[1] part[2] : part[2]
				ours = target !~ /^https:/ || target ~ /\/(PR_|prshm)[^\/]*$/
				if (ours && !(target in there) && target != "manual.css")
					print link
			}
		}' ./*.html | sort)
}

web_pages_link_to_each_other() {
	local breach
	for breach in PR_None.3.html '#nowhere' https://man7.org/linux/man-pages/man3/PR_None.3.html; do
		mkdir -p "$scratch/breach"
		echo "<a href=\"$breach\">" >"$scratch/breach/page.html"
		[ -n "$(dangling "$scratch/breach")" ] || { echo "not found: $breach"; return 1; }
	done
	bash "$src/man/to-html.sh" "$src/man" "$scratch/html" || return 1
	[ "$(grep -c '<a href=.*(3)' "$scratch/html/index.html")" -ge 9 ] && dangling "$scratch/html" >"$scratch/dangling"
	cat "$scratch/dangling"
	[ ! -s "$scratch/dangling" ]
}

# All pages in one run: a run a page costs ten processes each.
lints() {
	local complaints

	complaints=$(cd "$scratch/man" && grep -L '^\.so ' ./man?/* | xargs mandoc -Tlint -W warning 2>&1)
	echo "$complaints"
	[ -z "$complaints" ]
}

# What man(1) runs, with all warnings.
renders() {
	local complaints

	complaints=$(cd "$scratch/man" && grep -L '^\.so ' ./man?/* | xargs groff -t -ww -mandoc -Tutf8 \
		2>&1 >"$scratch/rendered")
	echo "$complaints"
	[ -z "$complaints" ] &&
		[ "$(sed 's/.\x08//g' "$scratch/rendered" | grep -c '^NAME$')" -eq "$(find "$src/man" -name '*.[1-8]' | wc -l)" ]
}

# The names in the head of each page of calls, as "CALL PAGE".
calls_of_pages() {
	awk '
		FNR == 1 { name = 0; page = FILENAME; sub(/.*\//, "", page); sub(/\.3$/, "", page) }
		/^\.Sh / { name = $2 == "NAME" }
		name && /^\.Nm / { print $2, page }' "$src"/man/*.3 | sort
}

every_call_has_a_page() {
	# Two are there for libnspr4 alone, and in no header: see tests/exports.sh.
	nm -D --defined-only "$library" | sed -n 's/.* T \([A-Za-z_]*\)@.*/\1/p' |
		grep -vx -e PR_ProcessAttrSetInheritableFD -e PR_ProcessAttrSetStdioRedirect | sort >"$scratch/calls"
	[ -s "$scratch/calls" ] || return 1
	(cd "$scratch/man/man3" && ls ./*.3) | sed 's|./\(.*\)\.3|\1|' | sort >"$scratch/pages"
	same library "$scratch/calls" pages "$scratch/pages" || return 1
	calls_of_pages | cut -d ' ' -f 1 >"$scratch/named"
	same library "$scratch/calls" "the heads of pages" "$scratch/named" || return 1
	# An alias leads to the page that names it.
	calls_of_pages | awk '$1 != $2' >"$scratch/alias.heads"
	sed '/^#/d; s/://' "$src/man/aliases" |
		awk '{ for (i = 2; i <= NF; i++) print $i, $1 }' | sort >"$scratch/alias.list"
	same "the heads of pages" "$scratch/alias.heads" man/aliases "$scratch/alias.list"
}

# A declaration that is not the header's would not compile beside it.
synopses_are_the_headers() {
	{
		echo '#include "nspr.h"'
		echo '#include "prshm-client.h"'
		cat "$src"/man/*.3 | awk '
			/^\.Ft / { sub(/^\.Ft /, ""); gsub(/"/, ""); type = $0 }
			/^\.Fn (PR|prshm)_/ && type != "" {
				name = $2
				sub(/^\.Fn [A-Za-z_]+ /, "")
				gsub(/" "/, ", ")
				gsub(/"/, "")
				print type " " name "(" $0 ");"
				type = ""
			}'
	} >"$scratch/synopsis.c"
	[ "$(grep -c ');$' "$scratch/synopsis.c")" -eq "$(wc -l <"$scratch/calls")" ] &&
		"${cc[@]}" -Wall -Werror -fsyntax-only -I"$src/include" "$scratch/synopsis.c"
}

# options_are_those_of_help PROGRAM
options_are_those_of_help() {
	"$build/$1" --help | grep -oE -- '(^ +|, )--?[a-zA-Z-]+' | grep -oE -- '-.*' |
		sort >"$scratch/help"
	sed -n '/^The options are/,/^\.El/p' "$src/man/$1.8" | sed -n 's/^\.It Fl //p' |
		tr ',' '\n' | sed 's/^ *Fl //; s/[ =].*//; s/^/-/' | sort >"$scratch/options"
	[ -s "$scratch/help" ] && same --help "$scratch/help" "$1.8" "$scratch/options"
}

# environment_is_that_of DIRECTORIES PAGE [MORE]: MORE is what libsystemd reads.
environment_is_that_of() {
	{
		for directory in $1; do cat "$src/$directory"/*.c; done | grep -o 'getenv("[A-Z_]*")' | cut -d '"' -f 2
		printf '%s\n' "${@:3}"
	} | sed '/^$/d' | sort -u >"$scratch/getenv"
	sed -n '/^\.Sh ENVIRONMENT/,/^\.Sh [^E]/p' "$src/man/$2" | sed -n 's/^\.It Ev //p' |
		tr -d ' ' | tr ',' '\n' | sort >"$scratch/environment"
	same "$1" "$scratch/getenv" "$2" "$scratch/environment"
}

# The tables of one source, in the order of their first lines: a page has them where they are used.
sort_tables() {
	awk '/^[a-z]/ { table = $0 } { print table "\t" NR "\t" $0 }' "$1" |
		sort -t "$(printf '\t')" -k 1,1 -k 2,2n | cut -f 3
}

# values_of WORD: of enum constants WIRE_WORD_NAME, as "value NAME".
values_of() {
	sed -nE -e "s/^	WIRE_$1_([A-Z]+) = ([0-9]+)(,.*)?\$/\2 \1/p" \
		-e "s/^	WIRE_$1_([A-Z]+) = 1 << ([0-9]+),.*/\2 \1/p" "$src/wire/wire.h"
}

tables_are_the_wires() {
	{
		"${cc[@]}" -I"$src" -o "$scratch/wire-tables" "$src/tests/manual/wire-tables.c" &&
			"$scratch/wire-tables"
		echo "enum flags"
		sed -nE 's/.*WIRE_OPEN_([A-Z_]+) = 1 << ([0-9]).*/\2 \1/p' "$src/wire/wire.h"
		echo "enum access"
		sed -nE 's/.*WIRE_([A-Z]+) = 1 << ([0-9]+).*/\2 \1/p' "$src/wire/wire.h"
		echo "enum lifetime"
		sed -nE 's/.*WIRE_LIFETIME_([A-Z_]+) = ([0-9]).*/\2 \1/p' "$src/wire/wire.h"
		for table in segment:SEGMENT resource:RESOURCE limit:LIMIT keeper:KEEPER counter:COUNTER \
			watch:WATCH event:EVENT; do
			echo "enum ${table%:*}"
			values_of "${table#*:}"
		done
		echo "enum entry"
		sed -nE 's/.*WIRE_ENTRY_([A-Z]+) = ([0-9]).*/\2 \1/p' "$src/wire/wire.h"
	} | awk '/^enum/ { bits = $2 ~ /^(flags|access|segment|watch|event)$/ } bits && NF == 2 && !/^enum/ { $1 = 2 ^ $1 } { print }' \
		>"$scratch/wire"
	awk -f "$src/tests/manual/page-tables.awk" "$src/man/prshm-protocol.7" >"$scratch/page"
	sort_tables "$scratch/wire" >"$scratch/wire.sorted"
	sort_tables "$scratch/page" >"$scratch/page.sorted"
	[ -s "$scratch/wire.sorted" ] &&
		same wire.h "$scratch/wire.sorted" prshm-protocol.7 "$scratch/page.sorted"
}

differences_are_those_expected() {
	grep -v -e '^#' -e '^$' "$src/tests/nspr/expected-differences.txt" >"$scratch/expected"
	awk -f "$src/tests/manual/page-differences.awk" "$src/man/prshm.7" >"$scratch/printed"
	same expected-differences.txt "$scratch/expected" prshm.7 "$scratch/printed"
}

every_error_is_told() {
	local missing=0 error text

	text=" $(text_of "$src/man/PR_OpenSharedMemory.3") "
	# EOVERFLOW is our own way to say ENAMETOOLONG.
	grep -oE '\<(PR_[A-Z_]+_ERROR|E[A-Z]+)\>' "$src/client-lib/failure.c" |
		sed '/^EOVERFLOW$/d' | sort -u >"$scratch/errors"
	[ -s "$scratch/errors" ] || return 1
	while read -r error; do
		[[ $text =~ [^A-Z_]"$error"[^A-Z_] ]] || { echo "$error"; missing=1; }
	done <"$scratch/errors"
	return "$missing"
}

# What the programs may log, as it stands in their sources; a help text is not among it.
log_sources() {
	case $1 in
	prshmd)
		cat "$src"/base/listen.c "$src"/daemon/{client-log,conn,main,server,service,settings,takeover}.c
		grep -h '"prshmd: ' "$src/daemon/options.c"
		;;
	prshm-keeper)
		cat "$src"/keeper/*.c | sed '/^static const char help/,/;$/d'
		;;
	esac
}

# The strings that a program may log, as patterns: a conversion stands for a word or a few.
log_patterns() {
	log_sources "$1" | grep -v '^#include' | sed 's|/\*.*||; /^[[:space:]]*\* /d' |
		grep -oE '"([^"\\]|\\.)*"' | sed -E 's/^"(.*)"$/\1/; s/\\n.*//; s/\\"/"/g' |
		grep -E '[a-z]+:? +[a-z]+' | grep -v 'STATUS=' |
		sed -E 's/[][().*^$+?{}|\\]/\\&/g; s/%[-0-9\\.*]*(z|l|j)*[a-z]/.{1,30}/g'
}

# every_message_is_told PROGRAM LEAST: a program that seems to have fewer has not been understood.
every_message_is_told() {
	local missing=0 pattern text LC_ALL=C # byte by byte, which takes a twentieth of the time

	text=$(text_of "$src/man/$1.8")
	log_patterns "$1" >"$scratch/patterns"
	[ "$(wc -l <"$scratch/patterns")" -ge "$2" ] || return 1
	while read -r pattern; do
		[[ $text =~ $pattern ]] || { echo "$pattern"; missing=1; }
	done <"$scratch/patterns"
	return "$missing"
}

# The keys of a section of prshmd.conf(5), where a comment says which.
keys_of_page() {
	sed -n "/^\.\\\\\" keys $1\$/,/^\.El/p" "$src/man/prshmd.conf.5" | sed -n 's/^\.It Cm //p' |
		tr -d ' ' | tr ',' '\n' | sed "s/^/$1 /"
}

# keys_of_source IN_... SECTION: those of the table in configuration-sections.c.
keys_of_source() {
	{
		sed -n 's/^\tX([A-Z]*, "\([a-z]*\)".*/\1/p' "$src/daemon/core/resource.h" | while read -r key; do
			[ "$1" = IN_LIMITS ] && echo "host-$key"
			[ "$1" = IN_NAME ] || [ "$1" = IN_BROKER ] || echo "user-$key"
		done
		sed -n "s/^\t*{\"\([a-z-]*\)\", $1, .*/\1/p" "$src/daemon/configuration-sections.c"
	} | sed "s/^/$2 /"
}

keys_are_the_sources() {
	for section in broker limits user name; do
		keys_of_page "$section"
	done | sort >"$scratch/keys.page"
	{
		keys_of_source IN_BROKER broker
		keys_of_source IN_LIMITS limits
		keys_of_source IN_USER_LIMITS user
		keys_of_source IN_NAME name
	} | sort >"$scratch/keys.source"
	[ "$(wc -l <"$scratch/keys.source")" -ge 24 ] &&
		same configuration-sections.c "$scratch/keys.source" prshmd.conf.5 "$scratch/keys.page"
}

every_reason_is_told() {
	local missing=0 reason text

	text=$(text_of "$src/man/prshmd.conf.5")
	cat "$src"/daemon/configuration{,-sections,-values}.c "$src"/base/units.c | grep -v static_assert | tr '\n\t' '  ' |
		grep -oE '(return|error = |\? |: |, |is_group \?) *"([^"\]|\\.)*"' |
		sed -E 's/^[^"]*"(.*)"$/\1/; s/\\"/"/g' | grep ' ' | grep -vF -e %s -e "\\t" |
		grep -vE '^(limits (user|group)|name) $' | sort -u >"$scratch/reasons"
	[ "$(wc -l <"$scratch/reasons")" -gt 25 ] || return 1
	while read -r reason; do
		[[ $text = *"$reason"* ]] || { echo "$reason"; missing=1; }
	done <"$scratch/reasons"
	return "$missing"
}

results_are_the_headers() {
	sed -n '/^enum prshm_result {/,/^}/s/^\t\(PRSHM_[A-Z_]*\).*/\1/p' \
		"$src/include/prshm-client.h" >"$scratch/results.header"
	sed -n '/^\.Sh RETURN VALUES/,/^\.Sh EX/s/^\.It Dv \(PRSHM_[A-Z_]*\)$/\1/p' \
		"$src/man/prshm_open.3" >"$scratch/results.page"
	[ -s "$scratch/results.header" ] &&
		same prshm-client.h "$scratch/results.header" prshm_open.3 "$scratch/results.page"
}

# What an installation has, for what a reader would type.
install_programs() {
	mkdir "$scratch/bin"
	ln -s "$build/prshmd" "$scratch/bin/prshmd"
	printf '#!/bin/sh\nexec %s "$@"\n' "${cc[*]}" >"$scratch/bin/cc"
	chmod +x "$scratch/bin/cc"
	cat >"$scratch/prshm-client.pc" <<-EOF
		Name: prshm-client
		Description: of the build tree
		Version: 0
		Cflags: -I$scratch/include ${sanitizer[*]}
		Libs: -L$scratch/lib -lprshm-client ${sanitizer[*]}
	EOF
	# pkg-config has no word for a path with a space.
	ln -s "$src/include" "$scratch/include"
	ln -s "$build/.libs" "$scratch/lib"
	export PATH="$scratch/bin:$PATH" PKG_CONFIG_PATH=$scratch LD_LIBRARY_PATH=$build/.libs
	export TMPDIR=$scratch
}

take_examples() {
	rm -rf "$scratch/examples/$1" # the examples of a page are appended
	mkdir -p "$scratch/examples/$1"
	awk -v OUT="$scratch/examples/$1" -f "$src/tests/manual/page-examples.awk" "$src/man/$1"
}

# The broker must be new: the page has the numbers of the first segment.
exchange_is_real() {
	take_examples prshm-protocol.7
	python3 "$src/tests/manual/exchange.py" "$PRSHM_SOCKET" \
		"$scratch/examples/prshm-protocol.7/exchange" || {
		cat "$scratch/prshmd.log"
		return 1
	}
}

examples_work() {
	local directory=$scratch/examples/$1

	take_examples "$1"
	(cd "$directory" && timeout 1500 bash -e sh) >"$directory/printed" || return 1
	touch "$directory/output"
	same "$1" "$directory/output" "what was printed" "$directory/printed"
}

# Programs in C++ begin with these examples too. README's are the blocks of C.
examples_are_cxx() {
	local page file failed=0

	mkdir -p "$scratch/examples/README.md"
	awk '/^```c$/ { inside = 1; next } /^```$/ { inside = 0 } inside' "$src/README.md" \
		>"$scratch/examples/README.md/first.c"
	for page in "$src"/man/*.[37]; do
		grep -q '^\.\\" example file' "$page" && take_examples "${page##*/}"
	done
	for file in "$scratch"/examples/*/*.c; do
		g++ -x c++ -std=c++20 -D_GNU_SOURCE -Wall -Wextra -Wshadow -Werror \
			-Wno-missing-field-initializers -I"$src/include" -fsyntax-only "$file" || failed=1
	done
	return "$failed"
}

install_pages
if man --version >/dev/null 2>&1; then
	check "man_renders_every_page" renders
else
	skip "man_renders_every_page" "needs man-db"
fi
if have mandoc; then
	check "mandoc_has_nothing_to_say_about_any_page" lints
	check "every_exported_call_has_a_page_and_every_page_a_call" every_call_has_a_page
	check "every_link_between_the_web_pages_resolves" web_pages_link_to_each_other
	check "every_error_of_the_library_is_told" every_error_is_told
	check "every_message_of_prshmd_is_told" every_message_is_told prshmd 16
	check "every_message_of_the_keeper_is_told" every_message_is_told prshm-keeper 10
	check "every_reason_of_the_configuration_is_told" every_reason_is_told
else
	for name in mandoc_has_nothing_to_say_about_any_page every_exported_call_has_a_page web_pages_link_to_each_other every_error_is_told every_message_is_told \
		every_message_of_the_keeper_is_told every_reason_is_told; do
		skip "$name" "needs mandoc"
	done
fi
check "the_keys_of_the_configuration_are_those_of_the_source" keys_are_the_sources
check "the_results_of_the_native_calls_are_those_of_the_header" results_are_the_headers
check "the_synopses_compile_beside_the_headers" synopses_are_the_headers
if have g++; then
	check "the_examples_compile_as_cxx20" examples_are_cxx
else
	skip "the_examples_compile_as_cxx20" g++
fi
check "the_options_are_those_of_help" options_are_those_of_help prshmd
check "the_options_of_the_keeper_are_those_of_help" options_are_those_of_help prshm-keeper
check "the_environment_is_what_the_library_reads" environment_is_that_of client-lib prshm.7 \
	"$(sed -n 's/^#define INHERIT_VARIABLE "\(.*\)"/\1/p' "$src/client-lib/inherit.h")"
check "the_environment_is_what_the_daemon_reads" environment_is_that_of "base daemon" prshmd.8 \
	LISTEN_FDNAMES LISTEN_FDS LISTEN_PID NOTIFY_SOCKET WATCHDOG_PID WATCHDOG_USEC
check "the_tables_of_the_protocol_are_those_of_the_wire" tables_are_the_wires
check "the_differences_are_those_expected" differences_are_those_expected
install_programs
start_broker
check "the_example_of_the_protocol_is_what_a_broker_says" exchange_is_real
for name in PR_OpenSharedMemory.3 PR_GetError.3 PR_OpenAnonFileMap.3 PR_CreateProcess.3 \
	prshm_list.3 prshm_open.3 prshm_watch.3 prshmd.8; do
	check "the_examples_of_${name}_work" examples_work "$name"
done
finish
