#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The borders between the parts: which folder may include which, that no folder has files that need
# each other in a circle, where messages are sent and received, and what the core is linked with.
# Each rule is first shown to find a breach that is made for it.

set -u
export LC_ALL=C

# shellcheck source=lib/scratch.sh
source "$(dirname "$0")/lib/scratch.sh"

# judge NAME: a point, which fails if $scratch/why has something to say.
judge() {
    [ ! -s "$scratch/why" ]
    point "$1" $?
}

# As the makefile has them, so that none is forgotten here.
core_files() {
    sed -n '/^libcore_a_SOURCES/,/[^\\]$/p' "$srcdir/Makefile.am" | grep -o 'daemon/core/[a-z-]*\.[ch]'
}

# Each rule prints the breaches it finds in the current directory, of which the files need not all
# exist.
core_knows_no_loop_and_no_socket() {
    local header='event|systemd/|sys/socket\.h|sys/un\.h|sys/epoll\.h|ini\.h'
    # Nor the parts of the daemon that do.
    header+='|base/(listen|log)\.h'
    header+='|daemon/(conn|configuration[a-z-]*|server|service|options|socket-credentials)\.h'
    core_files | xargs grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]*[<\"]($header)" 2>/dev/null
}

# A folder, and the folders that its files may include from. A folder that does not exist yet has no
# breach. tests, bench and fuzz may include all, and stand in no other line: nobody includes them.
may_include="include:
wire: wire
base: base
daemon/core: daemon/core wire base
daemon: daemon daemon/core base wire
keeper: keeper base wire
client-lib: client-lib wire include
nspr-lib: nspr-lib client-lib wire include
posix-lib: posix-lib client-lib wire
posix-lib: posix-lib client-lib wire include
ctl: ctl include
python: python include
examples: include"

# sources FOLDER...: their files of C, in one list.
sources() {
    local folder files=()
    for folder; do
        files+=("$folder"/*.[ch])
    done
    printf '%s\n' "${files[@]}"
}

each_folder_includes_what_it_may() {
    # shellcheck disable=SC2046
    awk -v table="$may_include" '
        BEGIN {
            count = split(table, lines, "\n")
            for (i = 1; i <= count; i++) {
                split(lines[i], sides, ":")
                allowed[sides[1]] = sides[2] " "
            }
        }
        FNR == 1 {
            folder = FILENAME
            sub(/\/[^\/]*$/, "", folder)
        }
        /^[ \t]*#[ \t]*include[ \t]*"[^"]*\// {
            split($0, quoted, "\"")
            from = quoted[2]
            sub(/\/[^\/]*$/, "", from)
            if (!index(allowed[folder], " " from " "))
                print FILENAME ":" FNR ":" $0
        }' $(sources $(cut -d: -f1 <<<"$may_include")) /dev/null
}

messages_travel_in_one_file() {
    sources wire base daemon daemon/core client-lib keeper ctl | grep -vxF wire/socket.c |
        xargs grep -HnE '\b(send|recv)m?msg[[:space:]]*\(' /dev/null
}

# breach RULE FILE LINE: a FILE of that one LINE, which RULE has to find.
breach() {
    mkdir -p "$scratch/$1/$(dirname "$2")"
    printf '%s\n' "$3" >"$scratch/$1/$2"
}

# check_rule RULE: each breach that was made is found, and the real tree has none.
check_rule() {
    local rule=$1
    (
        cd "$scratch/$rule" || exit
        "$rule" | sed 's/:.*//' | sort -u | comm -13 - <(find . -type f -printf '%P\n' | sort) |
            sed 's/^/the rule does not find the breach in /'
        cd "$srcdir" && "$rule"
    ) >"$scratch/why" 2>&1
    judge "${rule//_/ } (each of $(find "$scratch/$rule" -type f | wc -l) breaches is found)"
}

shopt -s nullglob
rule=core_knows_no_loop_and_no_socket
breach $rule daemon/core/broker.c '#include <event2/event.h>'
breach $rule daemon/core/rights.h '# include "daemon/conn.h"'
check_rule $rule
rule=each_folder_includes_what_it_may
breach $rule include/prshm.h '#include "wire/wire.h"'
breach $rule wire/codec.c '#include "base/log.h"'
breach $rule base/log.c '#include "daemon/options.h"'
breach $rule daemon/core/rights.h '#include "daemon/conn.h"'
breach $rule daemon/main.c '#include "client-lib/name.h"'
breach $rule keeper/main.c '#include "daemon/core/journal.h"'
breach $rule client-lib/named.c '#include "daemon/core/rights.h"'
breach $rule nspr-lib/entry.c '#include "ctl/failure.h"'
breach $rule posix-lib/open.c '#include "daemon/options.h"'
breach $rule ctl/main.c '#include "wire/wire.h"'
breach $rule python/module.c '#include "client-lib/name.h"'
breach $rule wire/name.c '#include "tests/lib/testing.h"'
check_rule $rule
rule=messages_travel_in_one_file
breach $rule daemon/conn.c '	n = recvmsg(fd, &header, 0);'
check_rule $rule
shopt -u nullglob

# libtool puts a convenience library's archive into .libs/, or beside it.
archive=$builddir/.libs/libcore.a
[ -e "$archive" ] || archive=$builddir/libcore.a

# What the core takes from elsewhere. The sanitizers' calls are not the core's.
foreign_symbols() {
    nm -A "$archive" 2>/dev/null | awk '
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
judge "the core is linked with neither libevent nor libsystemd nor sockets"

# loops: of nm -A's output, the files that need each other in a circle.
loops() {
    awk '{ file = $1; sub(/:.*/, "", file) }
        $(NF - 1) == "U" { n++; user[n] = file; used[n] = $NF; next }
        $(NF - 1) ~ /^[A-TV-Z]$/ { defined[$NF] = file }
        END {
            for (i = 1; i <= n; i++)
                if (used[i] in defined && defined[used[i]] != user[i])
                    print user[i], defined[used[i]]
        }' | sort -u | tsort 2>"$scratch/circles" >"$scratch/order"
    cat "$scratch/circles"
}

# Folders whose objects are looked at. A test's own object of a source of the product has a "_" in
# its name.
objects_of() {
    local objects="$builddir/$1/.libs"
    compgen -G "$objects/*.o" >/dev/null || objects=$builddir/$1
    if [ "$1" = nspr-lib ]; then
        compgen -G "$objects/*.o"
    else
        compgen -G "$objects/*.o" | grep -v '/[^/]*_[^/]*$'
    fi
}

printf '%s\n' 'a.o: 0 T a' 'a.o: U b' 'b.o: 0 T b' 'b.o: U a' >"$scratch/circle"
folders="wire base daemon/core daemon keeper client-lib ctl"
[ ! -e "$builddir/libnspr-half.la" ] || folders+=" nspr-lib" # built where libnspr4-dev is
for folder in $folders; do
    mapfile -t objects < <(objects_of "$folder")
    if [ -z "$(loops <"$scratch/circle")" ]; then
        echo "a circle of two is not found" >"$scratch/why"
    elif [ ${#objects[@]} -lt 2 ]; then
        echo "$folder has no objects in $builddir" >"$scratch/why"
    else
        nm -A "${objects[@]}" | loops >"$scratch/why"
    fi
    judge "no files of $folder need each other in a circle (one of two is found)"
done

# Whatever is new here may fail, until somebody has thought about it: then either this list gets it,
# or tests/core/failing.h, which makes it fail in every test of the broker.
cannot_fail="__assert_fail __cpu_model __errno_location __stack_chk_fail bcmp bsearch clock_gettime close free \
fstat madvise memchr memcmp memcpy memmove memset munmap qsort snprintf strchr strcmp strlen sysconf __snprintf_chk \
__memcpy_chk __memset_chk"
foreign_symbols >"$scratch/why"
{
    tr -s ' ' '\n' <<<"$cannot_fail"
    sed -n 's/^[[:space:]]*X(\([a-z_]*\)).*/\1/p' "$srcdir/tests/core/failing.h"
    # libwire's own calls; that it cannot fail otherwise, its tests show.
    echo wire_check_name wire_get_{name,right} \
        wire_put_{account,count,entry,event,holder,inode,outcome,right,usage,viewed} | tr ' ' '\n'
} | sort -u >"$scratch/known"
comm -23 "$scratch/foreign" "$scratch/known" >>"$scratch/why"
judge "every call of the core that may fail is made to fail by its tests"

finish
