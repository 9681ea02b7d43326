#!/bin/bash
# SPDX-License-Identifier: MIT
#
# to-html.sh SOURCES DIRECTORY: the manual as pages that link to each other, for a web browser.
# SOURCES is the directory of this script. DIRECTORY gets a page NAME.SECTION.html for each page,
# and for each call that another call's page tells of; and index.html. A page that is not ours is
# linked to man7.org.

set -u
sources=$(cd "$1" && pwd) || exit 1
mkdir -p "$2" && cd "$2" || exit 1
command -v mandoc >/dev/null || {
	echo "mandoc is missing; on Debian: apt-get install mandoc" >&2
	exit 1
}

# names_of PAGE: the page without section, and what man/aliases adds to it.
names_of() {
	local page=$1
	echo "$page"
	sed -n "s/^$page: *//p" "$sources/aliases" | tr ' ' '\n'
}

entry() {
	local page=$1 section=$2 what
	what=$(sed -n 's/^\.Nd //p' "$sources/$page.$section" | sed 's/\\(em/—/g; s/&/\&amp;/g; s/</\&lt;/g')
	printf '<dt>'
	names_of "$page" | while read -r name; do
		printf '<a href="%s.%s.html">%s(%s)</a> ' "$name" "$section" "$name" "$section"
	done
	printf '</dt>\n<dd>%s</dd>\n' "$what"
}

rm -f ./*.html
cp "$sources/manual.css" . || exit 1
cd "$sources" && pages=(*.[1-9]) && cd "$OLDPWD" || exit 1

# mandoc takes a page for ours if it finds a file NAME.SECTION here.
names=()
for page in "${pages[@]}"; do
	for name in $(names_of "${page%.*}"); do
		names+=("$name.${page##*.}")
	done
done
touch "${names[@]}" || exit 1
for page in "${pages[@]}"; do
	mandoc -Thtml -O 'style=manual.css,man=%N.%S.html;https://man7.org/linux/man-pages/man%S/%N.%S.html' \
		"$sources/$page" >"${page%.*}.tmp" || exit 1
	# mandoc 1.14.6 has a hyphen in the name of a section, and a "_" in a link to it.
	sed -i 's/href="#BUILT_IN_/href="#BUILT-IN_/g' "${page%.*}.tmp"
	for name in $(names_of "${page%.*}"); do
		cp "${page%.*}.tmp" "$name.${page##*.}.html" || exit 1
	done
	rm "${page%.*}.tmp"
done
rm "${names[@]}"

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
		for page in "${pages[@]}"; do
			[ "${page##*.}" != "$section" ] || entry "${page%.*}" "$section"
		done
	done
	printf '</dl>\n</body>\n</html>\n'
} >index.html
