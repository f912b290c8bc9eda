# As root: a network namespace of our own, which goes at the end with $folder. Where none can be had, all is
# skipped. To be read in behind tap.sh by who has named it, in $space, and who may have more to clean up.

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
leave_space() {
	ip netns pids $space 2>/dev/null | xargs -r kill -KILL 2>/dev/null
	ip netns del $space
	rm -rf "$folder"
}
clean_up() { leave_space; }
trap clean_up EXIT
# A shell that a signal ends does not run what is trapped for its end.
trap 'exit 1' HUP INT TERM

in_space() { ip netns exec $space "$@"; }
