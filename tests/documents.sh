#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The documents for those who carry on are true: each `file:function` of doc/ARCHITECTURE.md is
# there, and so is each file that a document names or links. The map of the models tells of steps
# that are in them. Each rule is first shown to find a mistake made for it.
#
# shellcheck disable=SC2016,SC2317 # backquotes are what is looked for; functions are arguments of
# check

set -u
export LC_ALL=C.UTF-8
# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"

documents=(README.md CONTRIBUTING.md SECURITY.md doc/ARCHITECTURE.md doc/PERFORMANCE.md doc/PROOF.md tests/model/README.md)

# functions DOCUMENT: each `file:function` that it names, which the source does not define
functions() {
	local named
	named=$(grep -oE '`[a-z/-]+\.[ch]:[A-Za-z_]+`' "$1" | tr -d '`' | sort -u)
	# A definition begins in the first column.
	(cd "$srcdir" && cut -d : -f 1 <<<"$named" | uniq | xargs grep -HE '^[A-Za-z_].*\(' 2>/dev/null) |
		awk -v document="$1" -v named="$named" '
			{
				file = line = $0
				sub(/:.*/, "", file)
				while (match(line, /[A-Za-z_0-9]+\(/)) {
					defined[file ":" substr(line, RSTART, RLENGTH - 1)]
					line = substr(line, RSTART + RLENGTH)
				}
			}
			END {
				count = split(named, names, "\n")
				for (i = 1; i <= count; i++)
					if (!(names[i] in defined))
						print document ": there is no " names[i]
			}'
}

# files DOCUMENT: each file of ours that it names in backquotes, by its path, which is not there
files() {
	grep -oE '`[a-z-]+/[A-Za-z0-9_/.-]*`' "$1" | tr -d '`' | grep -vE '^build|NAME' | sort -u |
		while read -r file; do
			[ -e "$srcdir/$file" ] || [ -e "$srcdir/$file.c" ] || echo "$1: there is no $file"
		done
}

# links DOCUMENT DIRECTORY: each file that it links, from that directory of ours, which is not there
links() {
	grep -oE '\]\([^):#]+\)' "$1" | sed 's/^](//;s/)$//' | sort -u |
		while read -r file; do
			[ -e "$srcdir/$2/$file" ] || echo "$1: the link to $file goes nowhere"
		done
}

# steps MAP: each word of the left column of a table of steps that is not in the model that its head
# names
steps() {
	awk -F '|' -v models="$srcdir/tests/model/" '
		function read_model(name,    line) {
			while ((getline line <(models name)) > 0)
				while (match(line, /[A-Za-z_0-9]+/)) {
					is_in[name " " substr(line, RSTART, RLENGTH)]
					line = substr(line, RSTART + RLENGTH)
				}
			was_read[name]
		}
		!/^\|/ { next }
		match($2, /[a-z]+\.pml`/) {
			model = substr($2, RSTART, RLENGTH - 1)
			if (!(model in was_read))
				read_model(model)
			next
		}
		model != "" {
			while (match($2, /`[A-Za-z_]+`/)) {
				word = substr($2, RSTART + 1, RLENGTH - 2)
				if (!((model " " word) in is_in))
					print FILENAME ": " model " has no " word
				$2 = substr($2, RSTART + RLENGTH)
			}
		}' "$1"
}

# finds RULE [DIRECTORY]: the rule has something to say of the document that is wrong
finds() {
	[ -n "$("$1" "$scratch/wrong.md" "${2-}")" ]
}

# passes RULE: the rule has nothing to say of any document
passes() {
	local document
	for document in "${documents[@]}"; do
		"$1" "$srcdir/$document" "$(dirname "$document")"
	done >"$scratch/found"
	cat "$scratch/found"
	[ ! -s "$scratch/found" ]
}

# The source calls memcpy there, and does not define it; the file of the second is not there.
cat >"$scratch/wrong.md" <<'END'
1. `client-lib/handle.c:memcpy` and `daemon/core/nothing.c` do what [the page](doc/nothing.md) tells.

| in `prshm.pml` | in the tree |
|----------------|-------------|
| `memcpy`       |             |
END
check a_function_that_is_not_there_is_found finds functions
check a_file_that_is_not_there_is_found finds files
check a_link_to_nowhere_is_found finds links .
check a_step_that_no_model_has_is_found finds steps
check each_function_that_a_document_names_is_there passes functions
check each_file_that_a_document_names_is_there passes files
check each_link_of_a_document_goes_somewhere passes links
check each_step_of_the_models_map_is_in_a_model passes steps

# What a newcomer asks first, and the place that answers, wherever its lines break.
answers() {
	tr -s ' \n' ' ' <"$srcdir/doc/ARCHITECTURE.md" | grep -q "$1"
}
check it_is_told_where_an_open_is_refused_by_policy answers '\*\*Refused by policy: here'
check it_is_told_why_a_close_sends_no_message answers 'Why a close sends no message:'
check it_is_told_what_a_new_broker_does_first answers '\*\*What a new broker does first:'
check the_life_of_an_open_names_its_functions [ "$(grep -c ':[A-Za-z_]*`' "$srcdir/doc/ARCHITECTURE.md")" -ge 40 ]

finish
