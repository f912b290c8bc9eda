# For scripts that watch live, as root: a network namespace of our own, and what tests/watcher.sh has.
# To be read in like tap.sh, which it needs.

space=waxseal-live-$$

# In a changed root that is no mount a namespace can be made and not entered.
can_enter() {
	[ "$(id -u)" -eq 0 ] && ip netns add $space && ip netns exec $space true && return
	ip netns del $space
	return 1
}
if ! can_enter 2>/dev/null; then
	echo "1..0 # SKIP needs root, and network namespaces that can be entered"
	exit 0
fi
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
	ip netns del $space
	rm -rf "$folder"
}
trap clean_up EXIT
# A shell that a signal ends does not run what is trapped for its end.
trap 'exit 1' HUP INT TERM

in_space() { ip netns exec $space "$@"; }
. tests/watcher.sh
