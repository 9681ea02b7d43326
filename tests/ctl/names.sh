#!/bin/bash
# SPDX-License-Identifier: MIT
#
# Names of any bytes: shown in one word, valid in JSON, and turned back from both.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

# shellcheck disable=SC2016 # no shell is to expand it
commands='/quotes"and'"'"'$(touch bad)`touch bad`'
names=(
	'/plain'
	'/with space'
	$'/new\nline'
	$'/tab\tand\\backslash'
	$'/escape\033[31mred\033]0;title\007'
	$'/not utf-8 \xff\xc3\x28\xed\xa0\x80\xf5'
	$'/\xe2\x80\xaeturned around'
	'/grün/日本語/🙂'
	"$commands"
	'/\x41'
	$'/rubout\x7f'
	'/-'
)

start_broker
for name in "${names[@]}"; do
	ctl create "$name" 4K || cat "$scratch/errors"
done

ctl list --noheadings --columns=name && [ "$(wc -l <"$scratch/out")" -eq ${#names[@]} ] &&
	! LC_ALL=C grep -q $'[\001-\011\013-\037\177]' "$scratch/out" &&
	! grep -q ' ' "$scratch/out" && ! grep -q $'\xe2\x80\xae' "$scratch/out" &&
	iconv -f UTF-8 -t UTF-8 <"$scratch/out" >/dev/null 2>"$scratch/why"
point "a_name_is_one_printable_word_on_a_line_of_its_own" $?
grep -qx '/grün/日本語/🙂' "$scratch/out"
point "what_is_printable_is_shown_as_it_is" $?
LC_ALL=C ctl list --noheadings --columns=name && [ "$(wc -l <"$scratch/out")" -eq ${#names[@]} ] &&
	! LC_ALL=C grep -q $'[\200-\377]' "$scratch/out"
point "where_only_ascii_is_printable_only_ascii_is_shown" $?

# The output of both forms of the table, turned back by printf(1).
turns_back() {
	local line
	while IFS= read -r line; do
		printf '%b\0' "$line"
	done <"$scratch/out" | sort -z | cmp - <(printf '%s\0' "${names[@]}" | sort -z) \
		>"$scratch/why" 2>&1
}
ctl list --noheadings --columns=name && turns_back
point "printf_turns_the_names_of_a_table_back" $?
ctl list --noheadings --columns=name --raw && ! LC_ALL=C grep -q '[^ -~]' "$scratch/out" && turns_back
point "printf_turns_the_names_of_raw_output_back" $?

printf '%s\0' "${names[@]}" >"$scratch/names"
ctl list --json && python "$scratch/out" "$scratch/names" <<'END'
import json, os, sys
found = {os.fsencode(s["name"]) for s in json.load(open(sys.argv[1], encoding="utf-8"))["segments"]}
wanted = set(open(sys.argv[2], "rb").read().split(b"\0")[:-1])
assert found == wanted, found ^ wanted
END
point "json_has_the_bytes_of_every_name" $?

shows_all() {
	local name words lines
	for name in "${names[@]}"; do
		ctl show "$name" && read -r -a words <"$scratch/out" && [ ${#words[@]} -eq 2 ] || return 1
		ctl getfacl "$name" && mapfile -t lines <"$scratch/out" && [ ${#lines[@]} -eq 7 ] || return 1
		"$prshmctl" show --json "$name" >>"$scratch/shown" || return 1
	done
	python "$scratch/shown" "${names[@]}" <<-'END'
		import json, sys
		text, names = open(sys.argv[1]).read(), []
		while text.strip():
		    shown, end = json.JSONDecoder().raw_decode(text.lstrip())
		    text = text.lstrip()[end:]
		    names.append(shown["name"])
		assert names == sys.argv[2:], names
	END
}
shows_all
point "show_and_getfacl_take_and_tell_each_of_them" $?

# What a message says to type is typed, in a shell.
hint_works() {
	local name hint
	# shellcheck disable=SC2317 # the hint calls it
	prshmctl() {
		ctl "$@"
	}
	cd "$scratch" || return 1
	for name in "${names[@]}"; do
		ends 1 ctl create --exclusive "$name" 4K && says "; see '.*'\$" || return 1
		hint=$(<"$scratch/errors")
		hint=${hint##*"; see '"}
		eval "${hint%"'"}" || return 1
	done
	cd "$OLDPWD" && [ ! -e "$scratch/bad" ]
}
hint_works
point "the_hint_of_a_message_can_be_pasted_whatever_the_name" $?

stays_one_line() {
	! LC_ALL=C grep -q $'[\001-\011\013-\037\177]' "$scratch/errors"
}
evil=$'\033[31m\nred'
ends 2 ctl "$evil" && stays_one_line && ends 2 ctl list "$evil" && stays_one_line &&
	ends 2 ctl list --sort="$evil" && stays_one_line && ends 2 ctl create /x "$evil" && stays_one_line &&
	ends 1 ctl setfacl -m "$evil" /plain && stays_one_line && says 'x1b.31m'
point "a_message_shows_no_control_characters_of_arguments" $?

ctl rm "${names[@]}" && ctl list && prints ""
point "each_of_them_can_be_removed" $?

(cd / && ctl create relative 4K) && ctl show /relative
point "a_name_without_a_slash_is_of_the_working_directory" $?
finish
