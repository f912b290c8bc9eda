# For scripts that watch live, as root: a network namespace of our own, and what tests/watcher.sh has.
# To be read in like tap.sh, which it needs.

space=waxseal-live-$$
. tests/netns.sh

# put_away PID: a process of ours ends, by force where it does not when it is told to
has_ended() { ! kill -0 "$1" 2>/dev/null || grep -q '^State:.*Z' "/proc/$1/status"; }
put_away() {
	kill "$1" 2>/dev/null || return 0
	until_it has_ended "$1" || kill -KILL "$1"
	wait "$1"
}

watcher=
clean_up() {
	[ -n "$watcher" ] && put_away "$watcher"
	leave_space
}
. tests/watcher.sh
