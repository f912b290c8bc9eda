#!/bin/sh
# Whoever reads what a live watch prints may be slow, or stop: that holds nothing up, and what was not
# printed is counted and told.
set -u

. tests/tap.sh
. tests/space.sh

# Sixty sessions in clear with more to tell of than a page holds.
many=$folder/many.pcap
makes_many() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$folder/generate" tests/bench/generate.c \
	    2>"$folder/err" && "$folder/generate" -n 60 -e 0 -i 60 >"$many"
}
ok "there is a capture with much to tell" makes_many

# A pipe of one page whose other end reads nothing, or up to a line with a word, until it is told to, and then all,
# into $folder/heard: listens [WORD]
listener=
listens() {
	rm -f "$folder/pipe" "$folder/go" "$folder/heard"
	mkfifo "$folder/pipe" "$folder/go" || return 1
	perl -e '$| = 1; open($f, "<", $ARGV[0]) or die; fcntl($f, 1031, 4096) or die; # F_SETPIPE_SZ
	    while (defined $ARGV[2] and defined($_ = <$f>)) { print; last if /$ARGV[2]/ }
	    open($go, "<", $ARGV[1]) or die; <$go>; print while <$f>' \
	    "$folder/pipe" "$folder/go" "$@" >"$folder/heard" &
	listener=$!
}
reads_on() { echo >"$folder/go"; }
stops_listening() {
	kill "$listener" 2>/dev/null
	wait "$listener" 2>/dev/null
}

# watch_to OUT ERR ARGUMENT...
watch_to() {
	[ -n "$watcher" ] && kill -KILL "$watcher" 2>/dev/null && wait "$watcher" 2>/dev/null
	rm -f "$folder"/live*
	: >"$folder/err"
	out=$1
	err=$2
	shift 2
	ip netns exec $space "$WAXSEAL" --config /dev/null --db "$folder/live" watch --no-lookups -i far "$@" \
	    >"$out" 2>"$err" </dev/null &
	watcher=$!
}
has_sessions() { [ "$(sqlite3 "$folder/live" 'select count(*) from v_sessions' 2>/dev/null)" = "$1" ]; }

goes_on_without_a_reader() {
	listens && watch_to "$folder/pipe" "$folder/err" --json && until_it has_begun &&
	    play "$many" && until_it has_sessions 60
}
ok "a reader of --json that stopped reading holds up no recording" goes_on_without_a_reader
# Those judged again are told again.
is_told_all() {
	reads_on && until_it has_heard_all && end 0 && until_it sh -c "! kill -0 $listener 2>/dev/null" &&
	    ! grep -v '^{.*}$' "$folder/heard" >"$folder/out" && ! grep 'left out' "$folder/err"
}
has_heard_all() { [ "$(wc -l <"$folder/heard")" -ge "$(ask "$folder/live" 'select count(*) from v_findings')" ]; }
ok "once it reads on it is told all, and it ends in order" is_told_all
stops_listening
counts_what_it_kept() {
	listens && watch_to "$folder/pipe" "$folder/err" --json && until_it has_begun &&
	    play "$many" && until_it has_sessions 60 && end 0 &&
	    grep -q 'standard output: [1-9][0-9]* lines\? .*left out' "$folder/err"
}
ok "what nobody has read at the end is counted and told" counts_what_it_kept
stops_listening

# Each signal is a line.
goes_on_unheard() {
	listens capturing && watch_to "$folder/out" "$folder/pipe" && until_it grep -q capturing "$folder/heard" || return 1
	for i in $(seq 100); do
		kill -USR1 "$watcher" && sleep 0.01 || return 1
	done
	play "$many" && until_it has_sessions 60
}
ok "standard error that nobody reads does not, either" goes_on_unheard
tells_what_was_missed() {
	reads_on && until_it has_heard_of_it &&
	    ! grep -v '^waxseal: ' "$folder/heard" >"$folder/out" && end 0
}
has_heard_of_it() {
	kill -USR1 "$watcher" && grep -q '^waxseal: standard error: [1-9][0-9]* lines were left out' "$folder/heard"
}
ok "once it is read on, how many lines are missing is told" tells_what_was_missed
stops_listening

echo "1..$count"
