#!/bin/bash
# SPDX-License-Identifier: MIT
#
# prshmctl(1) is true: it has the commands, options and columns of --help, and its examples work.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

page=$srcdir/man/prshmctl.1

ctl --help
sed -n '/^To /,/^A NAME/s/^  \([a-z]*\) .*/\1/p' "$scratch/out" >"$scratch/commands"
sed -n '/^\.Sh COMMANDS/,/^\.Sh COLUMNS/s/^\.It Cm \([a-z]*\).*/\1/p' "$page" |
	diff "$scratch/commands" - >"$scratch/why" && [ "$(wc -l <"$scratch/commands")" -ge 12 ]
point "the_commands_are_those_of_help" $?

# As "COMMAND OPTION"; what create and write have in common stands once on the page.
while read -r command; do
	echo "== $command"
	"$prshmctl" "$command" --help
done <"$scratch/commands" >"$scratch/helps"
awk '
	$1 == "==" { command = $2 }
	match($0, /^ +(-[a-z], )?--[a-z-]+/) {
		option = substr($0, RSTART, RLENGTH)
		sub(/.*--/, "", option)
		both = command ~ /^(create|write)$/ && option ~ /^(mode|lifetime|linger)$/
		if (option != "help")
			print both ? "both" : command, option
	}' "$scratch/helps" | sort -u >"$scratch/options"
sed -n '/^\.Sh COMMANDS/,/^\.Sh COLUMNS/p' "$page" | awk '
	/^\.It Cm / { command = $3 }
	/^Both commands take/ { command = "both" }
	/^\.It Fl -/ || /^\.It Fl . .*Fl -/ || /^\.It Fl ., Fl -/ || /^\.It Cm dump/ {
		sub(/.*Fl -/, "")
		print command, $1
	}' | sort -u | diff "$scratch/options" - >"$scratch/why" && [ "$(wc -l <"$scratch/options")" -ge 20 ]
point "the_options_are_those_of_help" $?

ctl list --help
sed -n '/^Columns/,/^$/{/^  /p}' "$scratch/out" | sed 's/ \*/*/g' | tr -s ' ' '\n' | sed '/^$/d' |
	sort >"$scratch/columns"
sed -n '/^\.Sh COLUMNS/,/^\.El/s/^\.It Cm //p' "$page" | sed 's/ \*/*/' | sort |
	diff "$scratch/columns" - >"$scratch/why"
point "the_columns_are_those_of_help" $?

# Whoever runs this is to see all, as root does.
printf '[broker]\nobservers = %s\n' "$(id -gn)" >"$scratch/prshmd.conf"
start_broker
ctl list --json && ctl create /x 1 && ctl list --json &&
	grep -oE '"[a-z]+": ' "$scratch/out" | tr -d '": ' | sed '/^segments$/d' | sort |
	diff <(tr -d '*' <"$scratch/columns") - >"$scratch/why"
point "the_columns_are_those_of_the_list" $?
ctl list && head -n 1 "$scratch/out" | tr -s ' ' '\n' | tr '[:upper:]' '[:lower:]' | sort |
	diff <(sed -n 's/\*$//p' "$scratch/columns") - >"$scratch/why"
point "those_with_a_star_are_shown" $?
ctl rm /x

mkdir "$scratch/bin" "$scratch/examples"
ln -s "$prshmctl" "$scratch/bin/prshmctl"
awk -v OUT="$scratch/examples" -f "$srcdir/tests/manual/page-examples.awk" "$page"
(cd "$scratch/examples" && PATH=$scratch/bin:$PATH timeout 1500 bash -e sh) \
	>"$scratch/examples/printed" 2>"$scratch/errors" && [ "$(wc -l <"$scratch/examples/sh")" -ge 15 ] &&
	diff "$scratch/examples/output" "$scratch/examples/printed" >"$scratch/why"
point "the_examples_of_the_page_work" $?

# What --help shows is typed as it stands there, for users that every host has; all but the end of
# the broker, which start.sh asks for.
sed -nE 's/^  ([^ ].*)/\1/p' "$scratch/helps" | grep -E '(^|\| )prshmctl ' |
	sed -E 's/  +[a-z].*//; s/bob/nobody/g; s/staff/nogroup/g' |
	sed "s|/usr/share/dict/words|'$page'|; /^prshmctl stop\$/d" >"$scratch/typed"
# What is there to be seen for who watches.
makes_noise() {
	while "$prshmctl" write --mode=0600 /demo/noise </etc/hostname && "$prshmctl" rm /demo/noise; do
		sleep 0.1
	done
}
bad=0
while IFS= read -r line; do
	[[ $line != *chown* ]] || is_root || continue
	ctl create /demo/words 64K && ctl create /demo/copy 4K || bad=1
	noise=
	if [[ $line = *watch* ]]; then
		makes_noise >"$scratch/noise" 2>&1 &
		noise=$!
	fi
	if ! (cd "$scratch/examples" && PATH=$scratch/bin:$PATH bash -e -c "$line") \
		>"$scratch/out" 2>"$scratch/errors" || [ -s "$scratch/errors" ]; then
		{ echo "$line" && cat "$scratch/errors"; } >>"$scratch/failed"
		bad=1
	fi
	[ -z "$noise" ] || kill "$noise"
done <"$scratch/typed"
[ ! -e "$scratch/failed" ] || cp "$scratch/failed" "$scratch/why"
[ "$(wc -l <"$scratch/typed")" -ge 20 ] || bad=1
point "the_examples_of_help_work" "$bad"
finish
