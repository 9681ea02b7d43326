#!/bin/bash
# SPDX-License-Identifier: MIT
#
# The story of prshmctl(1), in a real terminal: somebody looks for who leaks memory and for why a
# service is denied, mends both, and watches it work. What is checked is what the screen shows.
#
# Three users: root looks; www-data's camera leaks; backup's report is denied. Nothing here waits
# for a time, all of it for a text.

top_srcdir=${top_srcdir:-$(dirname "$0")/../..}
# shellcheck source=../ctl/common.sh
. "$top_srcdir/tests/ctl/common.sh"

story="list_shows_what_takes_memory_and_that_nobody_holds_it
quota_shows_whose_it_is
show_shows_the_process
rm_removes_what_nobody_uses_and_the_list_is_short
a_denied_service_says_what_to_type
explain_shows_which_rule_denies_the_service
setfacl_lets_the_service_in
watch_shows_the_service_at_work
top_shows_the_users_and_gives_the_terminal_back
chmod_closes_what_everybody_could_read"

give_up() {
	local name
	for name in $story; do
		skip "$name" "$1"
	done
	finish
	exit
}
is_root || give_up "needs root, for programs of other users"
command -v tmux >/dev/null || give_up "needs tmux(1)"
id www-data backup >/dev/null 2>&1 || give_up "needs the users www-data and backup"

tmux_() {
	tmux -S "$scratch/tmux" -f /dev/null "$@"
}

clean_up() {
	tmux_ kill-server 2>/dev/null
	# shellcheck disable=SC2086 # none, or several
	kill $programs 2>/dev/null
}
programs=

# type_ TEXT: into the terminal, with Enter behind it.
type_() {
	tmux_ send-keys -t story -l "$1"
	tmux_ send-keys -t story Enter
}

screen() {
	tmux_ capture-pane -p -t story >"$scratch/out"
}

# shows PATTERN: waits until a line of the screen is like this.
shows() {
	local tries=6000
	screen
	until grep -qE -- "$1" "$scratch/out"; do
		tries=$((tries - 1))
		if [ "$tries" -eq 0 ]; then
			echo "the screen never showed: $1" >>"$scratch/why"
			return 1
		fi
		sleep 0.1
		screen
	done
}

# run COMMAND: on a cleared screen; returns when the prompt is there again behind what it has
# printed.
run() {
	: >"$scratch/why"
	tmux_ send-keys -t story -R
	tmux_ clear-history -t story
	turn=$((turn + 1))
	type_ "clear; $1; echo; echo done-\$(($turn))"
	shows "^done-$turn\$"
}
turn=100

start_broker
mkdir "$scratch/bin"
ln -s "$prshmctl" "$scratch/bin/prshmctl"

# until_file FILE PATTERN
until_file() {
	local tries=6000
	until grep -qE -- "$2" "$1" 2>/dev/null; do
		tries=$((tries - 1))
		[ "$tries" -gt 0 ] || bail_out "$1 never had $2"
		sleep 0.1
	done
}

mkfifo "$scratch/end"
PYTHONDONTWRITEBYTECODE=1 PYTHONPATH=$srcdir/tests/protocol python3 "$srcdir/tests/walkthrough/camera.py" \
	"$(id -u www-data)" "$(id -g www-data)" <>"$scratch/end" >"$scratch/camera" 2>&1 &
camera=$!
programs=$camera
until_file "$scratch/camera" 'frames$'
echo 'weekly' | ctl write --mode=0600 /settings/report || bail_out "no settings"
echo 'secret' | ctl write --mode=0644 /settings/key || bail_out "no key"
setpriv --reuid=backup --regid=backup --clear-groups sh "$srcdir/tests/walkthrough/report.sh" "$prshmctl" \
	>"$scratch/report" 2>&1 &
programs="$camera $!"
until_file "$scratch/report" denied

tmux_ new-session -d -s story -x 120 -y 40 "env PATH='$scratch/bin:$PATH' PS1='# ' TERM=screen LC_ALL=C.UTF-8 \
	bash --norc --noprofile" || bail_out "tmux does not start"
shows '^#' || bail_out "no prompt in the terminal"

run "prshmctl list --sort=-used" && [ "$(grep -cE '^/camera/frame-[0-9]+ +www-data +0640 +1M +1M +0 +kept' "$scratch/out")" -eq 12 ] &&
	[ "$(grep -nE '^/' "$scratch/out" | head -n 12 | grep -c frame)" -eq 12 ]
point list_shows_what_takes_memory_and_that_nobody_holds_it $?
run "prshmctl quota" && grep -qE '^www-data +segments +13 ' "$scratch/out" && grep -qE '^www-data +bytes +12M ' "$scratch/out"
point quota_shows_whose_it_is $?
run "prshmctl show /camera/state" && grep -qE "^ *$camera camera +www-data +write +20" "$scratch/out"
point show_shows_the_process $?
run "prshmctl rm --unused-for=0 /camera/" && [ "$(grep -c '^removed /camera/frame-' "$scratch/out")" -eq 12 ] &&
	run "prshmctl list" && ! grep -q frame "$scratch/out" && grep -qE '^/camera/state ' "$scratch/out"
point rm_removes_what_nobody_uses_and_the_list_is_short $?

run "tail -n 1 '$scratch/report'" && tr -d '\n' <"$scratch/out" |
	grep -q "/settings/report: permission denied: you may not even see it; see 'prshmctl explain /settings/report'"
point a_denied_service_says_what_to_type $?
run "prshmctl explain --user=backup /settings/report read" &&
	grep -qE '^read denied by rule 5: the bits of the mode for others \(owner root, group root, mode 0600' "$scratch/out"
point explain_shows_which_rule_denies_the_service $?
run "prshmctl setfacl -m user:backup:r /settings/report" && until_file "$scratch/report" 'it works: weekly' &&
	run "prshmctl explain --user=backup /settings/report read" && grep -q '^read allowed by rule 3' "$scratch/out"
point setfacl_lets_the_service_in $?

run "prshmctl watch --count=6 /settings/" &&
	[ "$(grep -cE '^20..-..-.. ..:..:.. (opened|closed|unused) +/settings/report [0-9]+ backup [0-9]+$' "$scratch/out")" -eq 6 ]
point watch_shows_the_service_at_work $?

: >"$scratch/why"
type_ "clear; prshmctl top"
# shellcheck disable=SC2016 # the shell in the terminal expands it
shows '^per second: opens [0-9]+' && shows '^ +4K +1 +[0-9]+ +1 +www-data$' && shows ' www-data +/camera/state$' &&
	tmux_ resize-window -t story -x 60 -y 20 && shows '^per second: opens [0-9]+' &&
	tmux_ send-keys -t story q && type_ 'echo back-$((6 * 7)); stty -a' && shows '^back-42$' &&
	shows '(^| )echo( |;)' && shows '(^| )icanon( |;)' && ! grep -q '^per second' "$scratch/out"
status=$?
[ "$status" -eq 0 ] || tmux_ send-keys -t story q # for what comes behind
point top_shows_the_users_and_gives_the_terminal_back "$status"
tmux_ resize-window -t story -x 120 -y 40

run "prshmctl chmod o= /settings/key && prshmctl list --columns=name,rights /settings/" &&
	grep -qE '^/settings/key +0640$' "$scratch/out" && run "prshmctl explain --user=www-data /settings/key read" &&
	grep -q '^read denied by rule 5' "$scratch/out"
point chmod_closes_what_everybody_could_read $?
finish
