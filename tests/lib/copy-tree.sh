# shellcheck shell=bash
# SPDX-License-Identifier: MIT
#
# For the scripts that build the tree somewhere else.

# copy_tree TREE DIRECTORY: what git has, as it is in TREE now; without git, all but what was built.
copy_tree() {
	mkdir -p "$2" || return 1
	if git -C "$1" rev-parse --git-dir >/dev/null 2>&1; then
		(cd "$1" && git ls-files -z | tar --create --null --files-from=-) |
			tar --extract --directory="$2"
	else
		(cd "$1" && tar --create --exclude='./build*/*' .) | tar --extract --directory="$2"
	fi
}
