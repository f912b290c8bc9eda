# Watching live in a network namespace, to be read in by who has made it and defined in_space: a pair
# of interfaces. Captures are played onto one end and watched at the other.

watcher=
in_space ip link add near type veth peer name far
in_space ip link set near mtu 9000 up
in_space ip link set far mtu 9000 up

# It captures, or is gone.
has_begun() {
	grep -q ': capturing' "$folder/err" && return
	kill -0 "$watcher" 2>/dev/null || gives_up=0
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
	ended=$?
	watcher=
	[ $ended -eq "$1" ]
}

# It captures in so many places, or has begun anew so often.
captures_in() { until_it sh -c "[ \$(grep -c ': capturing' '$folder/err') = $1 ]"; }
# told_of WHAT: how many of these ("packet", "drop") its readers have told it of since it began, as it says now
told_of() {
	kill -USR1 "$watcher" && sleep 0.1 && sed -n "s/^waxseal: \(.*, \)\{0,1\}\([0-9]*\) $1s\{0,1\}\(,.*\|$\)/\2/p" "$folder/err" |
	    tail -n 1
}
has_read() { [ "$(told_of packet)" -ge "$1" ]; }

# lock [DATABASE]: nobody else writes to it until unlock
lock() {
	rm -f "$folder/unlock"
	mkfifo "$folder/unlock" || return 1
	printf '.timeout 60000\nbegin immediate;\n.shell echo locked; read x <%s\nrollback;\n' "$folder/unlock" |
	    in_space sqlite3 -bail "${1:-$folder/live}" >"$folder/lock" 2>&1 &
	locker=$!
	until_it grep -q locked "$folder/lock"
}
unlock() {
	echo >"$folder/unlock"
	wait "$locker"
}

play() { in_space tcpreplay -q -i near --pps 20000 "$@" >"$folder/play" 2>&1; }
ask() { sqlite3 "$1" "$2" 2>&1; }
