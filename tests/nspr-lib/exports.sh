#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
#
# What libprshm-nspr takes over from libnspr4 is this list; everything else stays libnspr4's. And
# the calls of prshm-client.h.

set -u
# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

exported() {
	nm -D --defined-only "$library" | awk '{ print $3 }' | LC_ALL=C sort
}

needed() {
	readelf -d "$library" | sed -n 's/.*(NEEDED).*\[\(libnspr4\|libpl.*\|libprshm.*\)\..*/\1/p'
}

expect "it_exports_the_overridden_calls_those_of_prshm_client_and_nothing_else" "PR_AttachSharedMemory
PR_CloseSharedMemory
PR_DeleteSharedMemory
PR_DetachSharedMemory
PR_ExportFileMapAsString
PR_GetInheritedFileMap
PR_ImportFileMapFromString
PR_OpenAnonFileMap
PR_OpenSharedMemory
PR_ProcessAttrSetInheritableFileMap
$(grep ^prshm_ "$srcdir/tests/exports.txt")" exported
expect "it_needs_libnspr4_and_no_other_library_of_nspr_or_prshm" "libnspr4" needed
finish
