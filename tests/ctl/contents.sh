#!/bin/bash
# SPDX-License-Identifier: MIT
#
# create, write, cat and dump: what goes in comes out.

# shellcheck source=common.sh
. "$(dirname "$0")/common.sh"

start_broker
head -c 1000003 /dev/urandom >"$scratch/input"

size_of() {
	"$prshmctl" list --raw --noheadings --columns=size "$1"
}

ctl write /file <"$scratch/input" && [ "$(size_of /file)" = 1000003 ] && ctl cat /file &&
	cmp "$scratch/input" "$scratch/out" >"$scratch/why"
point "a_file_that_is_written_is_read_again" $?
(head -c 10 >/dev/null && ctl write /rest) <"$scratch/input"
"$prshmctl" cat /rest | tail -c 5 | cmp - <(tail -c 5 "$scratch/input") >"$scratch/why"
point "a_file_is_written_from_where_it_stands" $?
# shellcheck disable=SC2002 # a pipe is meant
cat "$scratch/input" | ctl write /pipe && [ "$(size_of /pipe)" = 1000003 ] && ctl cat /pipe &&
	cmp "$scratch/input" "$scratch/out" >"$scratch/why"
point "a_pipe_is_collected_and_gives_the_size" $?
printf abc | ctl write --size=1K /sized && [ "$(size_of /sized)" = 1024 ] &&
	[ "$("$prshmctl" cat /sized | tr -d '\0')" = abc ]
point "a_size_may_be_larger_than_the_input" $?
printf xy | ctl write /sized && [ "$("$prshmctl" cat /sized | tr -d '\0')" = xyc ]
point "what_is_behind_the_input_stays" $?
printf abcdef | ends 1 ctl write --size=3 /short && says 'the input has more than 3 bytes' &&
	[ "$("$prshmctl" cat /short)" = abc ]
point "an_input_that_is_longer_than_its_size_fails" $?
printf abcdef | ends 1 ctl write /short && says 'it exists, and has 3 bytes; .* 6$'
point "an_input_that_does_not_fit_says_both_sizes" $?
ends 1 ctl write /empty </dev/null && says 'at least one byte' && ends 1 ctl create /empty 0 &&
	says 'at least one byte' && ends 1 ctl show /empty
point "an_empty_segment_is_not_made" $?
ends 1 ctl write /new <&- && says 'standard input: '
point "a_closed_input_is_told" $?

ctl create /holes 64M && ctl cat /holes && [ "$(wc -c <"$scratch/out")" -eq 67108864 ] &&
	ctl dump /holes && ctl list --raw --noheadings --columns=used /holes && prints 0
point "looking_at_a_segment_takes_no_memory" $?

python "$prshmctl" <<'END'
import subprocess, sys
def dump(data):
    lines, last, starred = [], None, False
    for at in range(0, len(data), 16):
        line = data[at:at + 16]
        if line == last and len(line) == 16:
            if not starred:
                lines.append("*")
            starred = True
            continue
        last, starred = line, False
        halves = [" ".join("%02x" % b for b in half) for half in (line[:8], line[8:])]
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in line)
        lines.append("%08x  %-23s  %-23s  |%s|" % (at, *halves, text))
    return "\n".join(lines + ["%08x" % len(data)]) + "\n"
zeros = bytes(70000)
for number, data in enumerate([b"x", b"0123456789abcdef", bytes(range(256)), zeros,
                               zeros + b"end", b"a" * 16 + zeros, bytes(32) + b"x" * 17 + bytes(31)]):
    name = "/dump/%d" % number
    subprocess.run([sys.argv[1], "write", name], input=data, check=True)
    said = subprocess.run([sys.argv[1], "dump", "--hex", name], capture_output=True, text=True,
                          check=True).stdout
    assert said == dump(data), (name, said[:2000], dump(data)[:2000])
END
point "dump_is_like_hexdump" $?

bad=0
for size in 1 1K 2M 4096 3k 5KB 6KiB; do
	ctl create "/size/$size" "$size" || bad=1
done
[ "$(size_of /size/1K)" = 1024 ] && [ "$(size_of /size/2M)" = 2097152 ] &&
	[ "$(size_of /size/3k)" = 3072 ] && [ "$(size_of /size/5KB)" = 5120 ] && [ "$(size_of /size/6KiB)" = 6144 ] || bad=1
for size in '' K -1 1.5M 99999999999999999999 9999999999G; do
	ends 2 ctl create -- /size/bad "$size" || bad=1
done
point "sizes_are_of_digits_and_one_unit" "$bad"
ctl create --exclusive /once 4K && ends 1 ctl create --exclusive /once 4K && says 'exists; see' &&
	ctl create /once 4K && ctl create /once 1K && ends 1 ctl create /once 8K && says 'has 4096 bytes only'
point "a_segment_that_exists_is_as_good_unless_exclusive_or_too_small" $?
ctl create --lifetime=until-unused --linger=1h --mode=u=rw,g=r /lives 4K &&
	ctl list --raw --noheadings --columns=lifetime,linger,rights /lives && prints "until-unused 3600 0640"
point "lifetime_linger_and_mode_are_the_segment_s" $?
ends 1 ctl create --lifetime=until-unused /goes 4K && says 'it is gone again' &&
	ends 1 ctl write --lifetime=until-unused /goes <"$scratch/input" && says 'it is gone again'
point "a_segment_that_goes_with_prshmctl_is_told" $?
bad=0
for option in --mode=u+x --lifetime=long --linger=1m --linger=; do
	ends 2 ctl create "$option" /bad 4K || bad=1
done
point "bad_values_of_options_are_wrong_usage" "$bad"

if command -v script >/dev/null; then
	cat >"$scratch/slowly" <<-END
		{ cat '$scratch/input'; sleep 1; cat '$scratch/input'; } | '$prshmctl' write /slow
	END
	script -qefc "bash '$scratch/slowly'" /dev/null </dev/null >"$scratch/out" 2>"$scratch/errors" &&
		grep -qE $'\r(97[0-9]K|1(\\.[0-9])?M)' "$scratch/out"
	point "on_a_terminal_a_long_write_shows_itself" $?
	bash "$scratch/slowly" >"$scratch/out" 2>"$scratch/errors" && prints ""
	point "elsewhere_it_says_nothing" $?
else
	skip "on_a_terminal_a_long_write_shows_itself" "needs script(1)"
	skip "elsewhere_it_says_nothing" "needs script(1)"
fi

"$prshmctl" cat /holes 2>"$scratch/errors" | head -c 1 >"$scratch/out"
[ "${PIPESTATUS[0]}" -eq 141 ] && [ ! -s "$scratch/errors" ]
point "a_closed_pipe_ends_cat_quietly" $?
finish
