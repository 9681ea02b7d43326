#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# The differential table of the named calls (tests/nspr), run by the program that is linked to
# libnspr4, with libprshm-nspr before it.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

[ -z "$sanitized" ] || skip_all "a library with a sanitizer cannot be preloaded"
here=$(realpath "$(dirname "$0")")
cd "$builddir" && TABLE_RUN=$run sh "$here/../nspr/compare.sh"
