#!/bin/bash
# SPDX-License-Identifier: MIT
#
# to-html.sh SOURCES DIRECTORY: the manual as pages that link to each other, for a web browser.
# SOURCES is the directory of this script. DIRECTORY gets a page NAME.SECTION.html for each page,
# and for each call that another call's page tells of; and index.html. A page that is not ours is
# linked to man7.org.

set -u -o pipefail
sources=$(cd "$1" && pwd) || exit 1
mkdir -p "$2" && cd "$2" || exit 1
command -v mandoc >/dev/null || {
	echo "mandoc is missing; on Debian: apt-get install mandoc" >&2
	exit 1
}

# names_of[PAGE]: what is told by the page, which is without its section here.
declare -A names_of
while IFS=: read -r page rest; do
	names_of[$page]="$page $rest"
done < <(grep -v '^#' "$sources/aliases")

# entry FILE DESCRIPTION
entry() {
	local page=${1%.*} section=${1##*.} name
	printf '<dt>'
	for name in ${names_of[$page]-$page}; do
		printf '<a href="%s.%s.html">%s(%s)</a> ' "$name" "$section" "$name" "$section"
	done
	printf '</dt>\n<dd>%s</dd>\n' "$2"
}

rm -f ./*.html
cp "$sources/manual.css" . || exit 1
cd "$sources" && pages=(*.[1-9]) && cd "$OLDPWD" || exit 1

# mandoc takes a page for ours if it finds a file NAME.SECTION here.
files=()
for page in "${pages[@]}"; do
	for name in ${names_of[${page%.*}]-${page%.*}}; do
		files+=("$name.${page##*.}")
	done
done
touch "${files[@]}" || exit 1
# mandoc 1.14.6 has a hyphen in the name of a section, and a "_" in a link to it.
for page in "${pages[@]}"; do
	copies=()
	for name in ${names_of[${page%.*}]-${page%.*}}; do
		copies+=("$name.${page##*.}.html")
	done
	mandoc -Thtml -O 'style=manual.css,man=%N.%S.html;https://man7.org/linux/man-pages/man%S/%N.%S.html' \
		"$sources/$page" | sed 's/href="#BUILT_IN_/href="#BUILT-IN_/g' | tee "${copies[@]}" >/dev/null || exit 1
done
rm "${files[@]}"

{
	cat <<-'END'
		<!DOCTYPE html>
		<html lang="en">
		<head>
		<meta charset="utf-8"/>
		<title>prshm: the manual</title>
		<link rel="stylesheet" href="manual.css" type="text/css"/>
		</head>
		<body>
		<h1>prshm: the manual</h1>
		<dl>
	END
	for section in 7 1 8 5 3; do
		(cd "$sources" && awk '/^\.Nd / {
			sub(/^\.Nd /, ""); gsub(/\\\(em/, "—"); gsub(/&/, "\\&amp;"); gsub(/</, "\\&lt;")
			print FILENAME; print
		}' ./*."$section")
	done | while read -r page && read -r what; do
		entry "${page#./}" "$what"
	done
	printf '</dl>\n</body>\n</html>\n'
} >index.html
