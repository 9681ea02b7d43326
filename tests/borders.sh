#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The borders between the parts: who may include whom, where messages are sent and received, and
# what the core is linked with. Each rule is first shown to find a breach, in a tree made for that.

set -u
export LC_ALL=C

srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
builddir=${top_builddir:-.}
number=0

scratch=$(mktemp -d "${TMPDIR:-/tmp}/prshm-borders.XXXXXX") || exit 99
trap 'rm -rf "$scratch"' EXIT

# point NAME: one line of TAP; it fails if $scratch/why has something to say.
point() {
    number=$((number + 1))
    if [ -s "$scratch/why" ]; then
        echo "not ok $number - $1"
        sed 's/^/# /' "$scratch/why"
    else
        echo "ok $number - $1"
    fi
}

# included PATTERN FILE...: the #include lines that match; files that do not exist are left out.
included() {
    local pattern=$1
    shift
    grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($pattern)" "$@" 2>/dev/null
}

# As the makefile has them, so that none is forgotten here.
core_files() {
    sed -n '/^libcore_la_SOURCES/,/[^\\]$/p' "$srcdir/Makefile.am" |
        grep -o 'daemon/core/[a-z-]*\.[ch]' | sed "s|^|$1/|"
}

# Each rule prints the breaches it finds in the tree $1.
core_knows_no_loop_and_no_socket() {
    local files
    mapfile -t files < <(core_files "$1")
    included 'event|systemd/|sys/socket\.h|sys/un\.h|sys/epoll\.h' "${files[@]}"
    # Nor the parts of the daemon that do.
    included '(base/(listen|log)|daemon/(conn|configuration[a-z-]*|server|service|options|socket-credentials))\.h|ini\.h' "${files[@]}"
}

wire_knows_nobody() {
    included 'daemon/|client-lib/|keeper/|ctl/|tests/|prshm|nspr|event|systemd/' "$1"/wire/*.[ch]
}

clients_do_not_know_the_daemon() {
    included '(\.\./)?daemon/|keeper/' "$1"/client-lib/*.[ch] "$1"/ctl/*.[ch]
}

the_daemon_does_not_know_its_clients() {
    included 'client-lib/|ctl/' "$1"/base/*.[ch] "$1"/daemon/*.[ch] "$1"/daemon/core/*.[ch] "$1"/keeper/*.[ch]
}

messages_travel_in_one_file() {
    local file
    for file in "$1"/{wire,base,daemon,daemon/core,client-lib,keeper,ctl}/*.[ch]; do
        [ "$file" = "$1/wire/socket.c" ] && continue
        [ -e "$file" ] && grep -HnE '\b(send|recv)m?msg[[:space:]]*\(' "$file"
    done
}

the_product_does_not_know_its_tests() {
    included 'tests/|fuzz/|bench/' "$1"/{wire,base,daemon,daemon/core,client-lib,keeper,ctl,include,examples}/*.[ch]
}

# check_rule RULE BREACH FILE: FILE with the line BREACH is found, and the real tree has none.
check_rule() {
    local rule=$1 breach=$2 file=$3 tree=$scratch/tree
    mkdir -p "$tree/$(dirname "$file")"
    printf '%s\n' "$breach" >"$tree/$file"
    if [ -n "$($rule "$tree")" ]; then
        "$rule" "$srcdir" >"$scratch/why"
    else
        echo "the rule does not find $breach in $file" >"$scratch/why"
    fi
    rm -r "$tree"
    point "${rule//_/ } (a breach in $file is found)"
}

check_rule core_knows_no_loop_and_no_socket '#include <event2/event.h>' daemon/core/broker.c
check_rule core_knows_no_loop_and_no_socket '# include "daemon/conn.h"' daemon/core/rights.h
check_rule wire_knows_nobody '#include "daemon/core/peer.h"' wire/codec.c
check_rule clients_do_not_know_the_daemon '#include "daemon/core/rights.h"' client-lib/named.c
check_rule the_daemon_does_not_know_its_clients '#include "client-lib/name.h"' daemon/main.c
check_rule messages_travel_in_one_file '	n = recvmsg(fd, &header, 0);' daemon/conn.c
check_rule the_product_does_not_know_its_tests '#include "tests/testing.h"' wire/name.c

# libtool puts a convenience library's archive into .libs/, or beside it.
archive=$builddir/.libs/libcore.a
[ -e "$archive" ] || archive=$builddir/libcore.a

# What the core takes from elsewhere. Its archive has libwire's objects in it, which are not meant,
# and the sanitizers' calls are not the core's.
foreign_symbols() {
    nm -A "$archive" 2>/dev/null | awk '
        $1 ~ /libwire_la-/ { next }
        $(NF - 1) ~ /^[A-TV-Z]$/ { defined[$NF] }
        $(NF - 1) == "U" { used[$NF] }
        END {
            for (symbol in used) {
                if (!(symbol in defined) && symbol !~ /^__(a|ub|t|m)san_|^__sanitizer_|^_GLOBAL_OFFSET/) {
                    sub(/64$/, "", symbol) # the same, with 64 bits for file offsets
                    print symbol
                }
            }
        }' | sort >"$scratch/foreign"
    grep -qx memfd_create "$scratch/foreign" || echo "nm sees no memfd_create in $archive"
}

foreign_symbols >"$scratch/why"
grep -E '^(event|ev|sd)_|^ev(util|timer|signal|buffer)|^(socket|sendmsg|recvmsg|accept4?|epoll_.*)$' \
    "$scratch/foreign" >>"$scratch/why"
point "the core is linked with neither libevent nor libsystemd nor sockets"

# Whatever is new here may fail, until somebody has thought about it: then either this list gets it,
# or tests/core/failing.h, which makes it fail in every test of the broker.
cannot_fail="__assert_fail __cpu_model __errno_location __stack_chk_fail bcmp bsearch clock_gettime close free \
fstat memchr memcmp memcpy memmove memset munmap qsort snprintf strchr strcmp strlen sysconf __snprintf_chk \
__memcpy_chk __memset_chk"
foreign_symbols >"$scratch/why"
{
    tr -s ' ' '\n' <<<"$cannot_fail"
    sed -n 's/^[[:space:]]*X(\([a-z_]*\)).*/\1/p' "$srcdir/tests/core/failing.h"
    # libwire's own calls; that it cannot fail otherwise, its tests show.
    echo wire_check_name wire_get_{name,right} \
        wire_put_{account,count,entry,event,holder,outcome,right,usage} | tr ' ' '\n'
} | sort -u >"$scratch/known"
comm -23 "$scratch/foreign" "$scratch/known" >>"$scratch/why"
point "every call of the core that may fail is made to fail by its tests"

echo "1..$number"
