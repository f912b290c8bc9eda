# For scripts that watch live, as root: a network namespace of our own with a pair of interfaces in it.
# Captures are played onto one end and watched at the other; to be read in like tap.sh, which it needs.

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
in_space ip link add near type veth peer name far
in_space ip link set near mtu 9000 up
in_space ip link set far mtu 9000 up

# It captures, or is gone.
has_begun() {
	grep -q ': capturing' "$folder/err" && return
	kill -0 "$watcher" 2>/dev/null || tries=1
	return 1
}

# start ARGUMENT...: watch into a new database, until it captures
start() {
	[ -n "$watcher" ] && kill "$watcher" 2>/dev/null && wait "$watcher"
	rm -f "$folder"/live*
	start_with_database "$@"
}
# The same with the one that is there.
start_with_database() {
	: >"$folder/err"
	ip netns exec $space "$WAXSEAL" --config /dev/null --db "$folder/live" watch --no-lookups "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null &
	watcher=$!
	until_it has_begun
}

# end STATUS: it ends in order
end() {
	kill -TERM "$watcher"
	wait "$watcher"
	[ $? -eq "$1" ] && watcher=
}

play() { in_space tcpreplay -q -i near --pps 20000 "$@" >"$folder/play" 2>&1; }
ask() { sqlite3 "$1" "$2" 2>&1; }
