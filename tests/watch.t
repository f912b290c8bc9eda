#!/bin/sh
# What watch is asked for beside what it does: filters, snap lengths, pipes that are slow, keepers
# that are killed.
set -u

. tests/tap.sh
captures=tests/captures

# watch STATUS ARGUMENT...: into a new database; out and err are kept
watch() {
	wanted=$1
	shift
	rm -f "$folder"/db*
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq "$wanted" ]
}

# says RESULT SQL: what the database answers
says() {
	[ "$(sqlite3 "$folder/db" "$2" 2>&1)" = "$1" ] && return
	sqlite3 "$folder/db" "$2" >>"$folder/out" 2>&1
	return 1
}

err_is_one_line() { [ "$(wc -l <"$folder/err")" -eq 1 ] && grep -q -e "$1" "$folder/err"; }

# ---- --user ----

is_no_user() {
	watch 1 -r $captures/banner-masked.pcap --user no-such-user-here &&
	    grep -q 'no such user' "$folder/err"
}
ok "a user that is not there is told, and nothing is read" is_no_user
is_user() { watch 0 -r $captures/banner-masked.pcap --user daemon; }
ok "one that is there parses" is_user

# ---- -f, --snaplen, --readers ----

mail=$captures/ordinary-delivery.pcap
filter_selects() {
	watch 0 -r $mail -f 'host 198.51.100.26' &&
	    says 198.51.100.26 'select distinct server from v_sessions'
}
ok "-f reads only what it lets through" filter_selects
names_are_known() { watch 0 -r $mail -f 'port smtp' && says 5 'select count(*) from v_sessions'; }
ok "-f knows names" names_are_known
is_no_filter() {
	watch 2 -r $mail -f 'tcp port' && err_is_one_line 'tcp port' && [ ! -e "$folder/db" ]
}
ok "an expression that is none is misuse and leaves no database" is_no_filter
is_of_link_type() {
	watch 0 -r $captures/cooked-link-type.pcap -f 'tcp port 25' &&
	    says "$1" 'select count(*) > 0 from v_sessions'
}
ok "-f is compiled for the link type of the file" is_of_link_type 1
does_not_fit() {
	watch 1 -r $captures/raw-link-type.pcap $mail -f 'ether src 02:00:00:00:00:01' &&
	    err_is_one_line 'raw-link-type.pcap: -f ether' && grep -q 'from 1 of 2' "$folder/out"
}
ok "a filter that a link type has not is told, and the others are read" does_not_fit
source_stays() {
	watch 0 -r $mail -f 'host 198.51.100.26' &&
	    "$WAXSEAL" --db "$folder/db" watch -q -r $mail >/dev/null &&
	    says 118 'select sum(packets) from v_capture'
}
ok "a capture that was filtered is the same capture without" source_stays
snaplen_cuts() {
	watch 0 -r $mail --snaplen 96 && grep -q '^read  *118 packets' "$folder/out" &&
	    says 0 "select count(*) from v_sessions where outcome = 'encrypted'"
}
ok "--snaplen cuts what is looked at" snaplen_cuts
readers_are_told() { watch 0 -r $mail --readers 4 && err_is_one_line 'readers 4'; }
ok "--readers says that a saved capture has one" readers_are_told

# In a namespace where something else stands in its place.
without_proc() {
	# shellcheck disable=SC2016 # the inner shell's
	unshare -m sh -c 'mount -t tmpfs none /proc && exec "$@"' - \
	    "$WAXSEAL" --config /dev/null --db "$folder/none" watch -r $mail >"$folder/out" 2>"$folder/err"
	[ $? -eq 1 ] && err_is_one_line 'mount /proc' && [ ! -e "$folder/none" ]
}
if unshare -m sh -c 'mount -t tmpfs none /proc' 2>/dev/null; then
	ok "without /proc it says what it needs" without_proc
fi

# ---- Settings ----

# configured STATUS LINES ARGUMENT...: watch with a configuration file of these lines
configured() {
	wanted=$1
	printf '%b' "$2" >"$folder/conf"
	shift 2
	rm -f "$folder"/db*
	"$WAXSEAL" --config "$folder/conf" --db "$folder/db" watch -q "$@" \
	    >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq "$wanted" ]
}
is_named() { configured "$1" "sensor = a\n\n$2\n" -r $mail && err_is_one_line "^waxseal: $folder/conf:3: $3"; }
ok "a filter that is none is named by its line" is_named 2 'filter = tcp port' '-f tcp port: '
ok "so is a user that is not there" is_named 1 'user = no-such-user-here' '--user no-such-user-here: '
ok "and a CA file" is_named 1 "ca-file = $folder/none" "--ca-file $folder/none: cannot read: No such file"
is_no_ca_file() {
	watch 1 -r $mail --ca-file /etc/passwd && err_is_one_line 'the CA file holds no certificate'
}
ok "what holds no certificate is told as such" is_no_ca_file
is_not_configured() {
	configured 2 'filter = tcp port 25\n' -r $mail -f 'tcp port' &&
	    err_is_one_line '^waxseal: -f tcp port: '
}
ok "what stands on the command line has no line" is_not_configured
ok "a gate that is configured for the tap does not hinder a capture" \
	configured 0 'gate = ebpf\n' -r $mail
is_contradiction() { configured 2 'sensor = a\n' -r $mail --gate ebpf && err_is_one_line '--gate ebpf: '; }
ok "one that is asked for beside it does" is_contradiction

# ---- What a tap delivered ----

# A first part, then the whole; the whole, then a first part: counted once.
parts_count_once() {
	tcpdump -r $mail -w "$folder/part.pcap" -c 5 2>/dev/null
	for order in "$folder/part.pcap $mail" "$mail $folder/part.pcap"; do
		# shellcheck disable=SC2086 # two files
		watch 0 -r $order && says 118 'select sum(packets) from v_capture' || return 1
	done
}
ok "a capture and its first packets count as one" parts_count_once

# ---- Packed and cut ----

zstd_is_cut() {
	zstd -q -c $captures/ordinary-delivery.pcap | head -c 40 >"$folder/cut.zst"
	watch 0 -r "$folder/cut.zst" $captures/starttls-missing.pcap &&
	    err_is_one_line 'cut.zst: truncated: it ends before' && grep -q 'from 1 of 2' "$folder/out"
}
ok "a packed capture that is cut before it shows anything is truncated" zstd_is_cut

# ---- Pipes that are slow ----

# sessions_are CONDITION: of their count, which may not be there to be asked for yet
sessions_are() { [ "$(sqlite3 "$folder/db" "select count(*) $1 from v_sessions" 2>/dev/null)" = 1 ]; }
# What comes through a pipe that stays open: seen, and nobody is kept from writing.
pipe_is_seen() {
	rm -f "$folder"/db* "$folder/go"
	{ cat $captures/bots-never-upgrade.pcap; until_it test -e "$folder/go"; } |
	    "$WAXSEAL" --config /dev/null --db "$folder/db" watch -r - >"$folder/out" 2>"$folder/err" &
	until_it sessions_are '> 0' && "$WAXSEAL" --db "$folder/db" ack 1 >"$folder/said" 2>&1
	status=$?
	: >"$folder/go"
	wait
	return $status
}
ok "what a silent pipe brought is there while it is silent, and others can write" pipe_is_seen

# ---- Databases that refuse ----

# is_refused CAPTURE...: into the database that is there
is_refused() {
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch -r "$@" >"$folder/out" 2>"$folder/err"
	[ $? -eq 1 ] && [ "$(wc -l <"$folder/err")" -eq 1 ]
}
out_is_empty() { [ ! -s "$folder/out" ]; }
out_has() { grep -q "^$1" "$folder/out"; }
few=$captures/starttls-missing.pcap

newer_is_refused() {
	watch 0 -r $few && sqlite3 "$folder/db" 'pragma user_version = 999' && is_refused $mail &&
	    out_is_empty
}
ok "of a newer database the refusal is told, and no capture counts as read" newer_is_refused
text_is_refused() {
	rm -f "$folder"/db*
	echo 'this is no database, and long enough to be looked at' >"$folder/db"
	is_refused $mail $few && out_is_empty
}
ok "so it is of a file that is no database" text_is_refused

# Of the log beside the database, which is begun, and gets no further than 32 KiB.
is_told_of_a_limit() {
	watch 0 -r $few && (ulimit -f 64 && is_refused $mail) && grep -q 'db: ' "$folder/err" &&
	    "$WAXSEAL" --db "$folder/db" db check >"$folder/out"
}
ok "a limit on the size of files is told like a full disk" is_told_of_a_limit

# A database that takes sessions of one server alone.
takes_only() {
	watch 0 -r $captures/starttls-masked-cisco.pcap && sqlite3 "$folder/db" "create trigger full
	    before insert on sessions when new.server <> '$1' begin select raise(abort, 'no room'); end"
}
none_is_kept() {
	takes_only none && is_refused $few &&
	    out_has 'read  *at least [0-9]* packets*, from .*, given up$' &&
	    out_has 'not kept  *at least 1 session, refused by the database' && ! out_has 'kept in'
}
ok "where nothing is kept, nothing is said to be" none_is_kept
# Silence ends a batch: what came before it is committed.
some_is_kept() {
	takes_only 198.51.100.25 && before=$(sqlite3 "$folder/db" 'select count(*) from v_sessions') &&
	    { cat $captures/bots-never-upgrade.pcap; until_it sessions_are "> $before"; } | is_refused - $few &&
	    out_has 'sessions  *[1-9][0-9]* new' && out_has 'not kept  *at least [1-9][0-9]* session' &&
	    out_has 'kept in .*, as far as it was taken (next'
}
ok "where some is kept, that is said" some_is_kept

# ---- Clocks that are set ----

# Many sessions at a time, of all sorts.
mixed=$folder/mixed.pcap
makes_mixed() {
	${CC:-cc} -std=c17 -D_GNU_SOURCE -O2 -o "$folder/generate" tests/bench/generate.c \
	    2>"$folder/err" && "$folder/generate" -n 200 -e 30 -b 600 -i 60 -r 3 >"$mixed"
}
ok "there is a capture of many sessions at a time" makes_mixed

# set_in CAPTURE SECONDS PACKETS: the clock, behind so many packets
set_in() {
	editcap -r "$1" "$folder/front.pcap" "1-$3" 2>"$folder/err" &&
	    editcap -t "$2" "$1" "$folder/back.pcap" "1-$3" 2>"$folder/err" &&
	    mergecap -a -F pcap -w "$folder/set.pcap" "$folder/front.pcap" "$folder/back.pcap"
}
# What is proven, whenever it was, and what each session came to. What is not proven rests on what was
# so in the same hour or the same month, too.
told() {
	sqlite3 "$folder/db" 'select client_port, server_port, outcome, complete, packets from
	    v_sessions order by 1, 2, 3, 4, 5' >"$folder/sessions.$1"
	sqlite3 "$folder/db" "select client_port, server_port, kind from v_findings
	    where certainty = 'proven' order by 1, 2, 3" >"$folder/findings.$1"
	sqlite3 "$folder/db" 'select sum(packets), sum(bytes) from v_capture' >"$folder/capture.$1"
}
with_findings="banner-masked command-injection credentials-exposed response-injection reset-injected
    segment-conflict-first starttls-cut-but-accepted starttls-masked starttls-refused tls-interrupted-13
    tls-downgrade-sentinel two-transactions segments-of-one-byte starttls-cut-without-control"
# is_like CAPTURE SECONDS PACKETS HOW
is_like() {
	watch 0 -r "$1" && told 1 && set_in "$1" "$2" "$3" && watch 0 -r "$folder/set.pcap" && told 2 &&
	    diff "$folder/capture.1" "$folder/capture.2" >"$folder/out" && "$4"
}
are_like() {
	for one in $with_findings; do
		is_like "$captures/$one.pcap" "$1" 12 "$2" || return 1
	done
	is_like "$mixed" "$1" 1500 "$2"
}
whole() {
	diff "$folder/sessions.1" "$folder/sessions.2" >"$folder/out" &&
	    diff "$folder/findings.1" "$folder/findings.2" >"$folder/out"
}
ok "a clock set back by a day changes nothing" are_like -86400 whole
ok "nor by ten years" are_like -315360000 whole
# A night may have passed, for all that a capture can say; but nothing is proven that was not there.
no_more() { ! grep -vxFf "$folder/findings.1" "$folder/findings.2" >"$folder/out"; }
ok "one set ahead by a day proves nothing new" are_like 86400 no_more

# ---- Keepers that are killed ----

# Who is dead may wait for long until somebody asks after it.
is_gone() { ! grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$1/status" 2>/dev/null; }
# The reader is the child of the keeper's one child.
child_of() { tr -d ' ' <"/proc/$1/task/$1/children"; }
has_reader() {
	starter=$(child_of $keeper) && reader=$(child_of "$starter") && grep -q '@reader' "/proc/$reader/cmdline"
} 2>/dev/null

# A reader that is left behind waits for a pipe that stays open.
reader_goes_too() {
	rm -f "$folder"/db* "$folder/pipe"
	mkfifo "$folder/pipe"
	sleep 600 >"$folder/pipe" &
	writer=$!
	"$WAXSEAL" --config /dev/null --db "$folder/db" watch -r - \
	    <"$folder/pipe" >"$folder/out" 2>"$folder/err" &
	keeper=$!
	until_it has_reader && kill -9 $keeper
	wait $keeper 2>/dev/null
	[ -n "$reader" ] && until_it is_gone "$reader" && until_it is_gone "$starter"
	status=$?
	kill $writer
	wait $writer 2>/dev/null
	return $status
}
ok "a reader does not outlive its keeper" reader_goes_too

# What root makes in the folder of the user that a unit runs as.
if [ "$(id -u)" -eq 0 ]; then
	chmod 755 "$folder"
	install -d -m 750 -o 65533 -g 65534 "$folder/unit"
	install -d -m 777 -o 65533 -g 65534 "$folder/open"
	# made FOLDER OWNER
	made() {
		"$WAXSEAL" --config /dev/null --db "$folder/$1/db" watch -q -r tests/captures/banner-masked.pcap \
		    >"$folder/out" 2>"$folder/err" &&
		    [ "$(stat -c '%a %u %g' "$folder/$1/db")" = "600 $2" ]
	}
	ok "a database that root makes is that user's" made unit '65533 65534'
	ok "and root's where all may make one" made open '0 0'
	# denied FILE WORDS: to another user, who is told so
	denied() {
		! setpriv --reuid=65532 --regid=65532 --clear-groups "$WAXSEAL" --config /dev/null --db "$1" \
		    incidents >"$folder/out" 2>"$folder/err" && grep -q "$2" "$folder/err"
	}
	ok "another user is told whom to ask as" denied "$folder/unit/db" 'denied (ask as root.*sudo)$'
	ok "and where there is none, where one may be" denied "$folder/none" 'that of a unit is read as root: sudo)$'
	printf '[sink log]\ntype = file\npath = %s\n' "$folder/unit/alerts.json" >"$folder/conf"
	is_made() {
		"$WAXSEAL" --config "$folder/conf" alert test >"$folder/out" 2>"$folder/err" &&
		    [ "$(stat -c '%a %u %g' "$folder/unit/alerts.json")" = '640 65533 65534' ]
	}
	is_told() { grep -q '^waxseal: tried as root; a unit may do less' "$folder/err"; }
	is_refused() {
		! setpriv --reuid=65532 --regid=65532 --clear-groups "$WAXSEAL" --config "$folder/conf" alert test \
		    >"$folder/out" 2>"$folder/err" &&
		    grep -q 'Permission denied (the user that parses must be let write it' "$folder/out" "$folder/err"
	}
	ok "who may not write a file of alerts is told who must" is_refused
	ok "a file of alerts that a test by root makes is that user's, too" is_made
	ok "and that a unit may do less is told" is_told
fi

echo "1..$count"
