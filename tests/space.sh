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
watcher=
clean_up() {
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null
	ip netns del $space
	rm -rf "$folder"
}
trap clean_up EXIT

in_space() { ip netns exec $space "$@"; }
. tests/watcher.sh
