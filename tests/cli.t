#!/bin/sh
# The program from outside: help, misuse, exit statuses, standard output that
# goes away; that the manual has every command, option, kind and status.
set -u

. tests/tap.sh
manual=monitor/waxseal.8

# run STATUS ARGUMENT...: the program exits so; out and err are kept
run() {
	wanted=$1
	shift
	"$WAXSEAL" --config /dev/null "$@" >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq "$wanted" ]
}

out_is_empty() { [ ! -s "$folder/out" ]; }
err_is_empty() { [ ! -s "$folder/err" ]; }
err_is_one_line() { [ "$(wc -l <"$folder/err")" -eq 1 ] && grep -q '^waxseal: ' "$folder/err"; }

help_is_given() { run 0 "$@" --help && grep -q "^usage: waxseal" "$folder/out" && err_is_empty; }
is_misuse() { run 2 "$@" && out_is_empty && err_is_one_line; }
has_failed() { run 1 "$@" && out_is_empty && err_is_one_line; }

synopsis_has() { sed -n '/^\.Sh SYNOPSIS/,/^\.Sh DESCRIPTION/p' "$manual" | grep -q "^\.Cm .*\<$1\>"; }

ok "help of the program" help_is_given
commands=$(sed -n '/^Commands/,/^$/s/^  \([a-z]*\) .*/\1/p' "$folder/out")
ok "there are commands" test -n "$commands"
for command in $commands; do
	ok "help of $command" help_is_given "$command"
	for option in $(sed -n 's/^  .*--\([a-z-]*\) .*/\1/p' "$folder/out"); do
		ok "the manual has --$option of $command" \
			grep -q -e "-$option\\( \\|\$\\)" "$manual"
	done
	ok "the manual has $command" grep -q "^\\.Ss.*$command" "$manual"
	ok "and its synopsis" synopsis_has "$command"
	ok "and so has the README" grep -q "^| .waxseal .*\\<$command\\>.* | " README.md
done
# What the same flag means to a watch is no help with another command.
is_of_no_watch() { run 0 "$1" --help && ! grep -e 'for -[ri]' -e 'with -i' -e 'capture live' "$folder/out"; }
for command in policy doctor db; do
	ok "help of $command speaks of no watch" is_of_no_watch "$command"
done
version_is_given() { run 0 --version && grep -q '^waxseal [0-9]' "$folder/out"; }
ok "version" version_is_given
gate_is_told() { run 0 --version && grep -q '^gate: .*user space' "$folder/out"; }
ok "version tells of the gate" gate_is_told
for kind in $(sed -n 's/^\t*\.name = "\([a-z0-9-]*\)".*/\1/p' monitor/judge/*.c); do
	ok "the manual has $kind" grep -q "^\\.It Cm $kind\$" "$manual"
done

ok "no command is misuse" is_misuse
ok "an unknown command is misuse" is_misuse frobnicate
says() { words=$1; shift; is_misuse "$@" && grep -q -e "$words" "$folder/err"; }
ok "alert alone is misuse" says 'do what? (one of: test' alert
ok "so is what it does not do" says 'alert send: unknown' alert send
ok "and what is no alert" says 'not the id of an alert' alert retry x
ok "a test is no list" says '--json is for alert list' alert test --json
ok "nor is a list of one sink" says 'ops: unexpected' alert list ops
ok "an unknown option is misuse" is_misuse sessions --frobnicate
ok "a value that is missing is misuse" is_misuse sessions --limit
ok "watch without a file is misuse" is_misuse watch
ok "an interface and a capture are misuse" is_misuse watch -i lo -r "$folder/none"
# Into a folder: what is no misuse fails at once.
twice() { is_misuse "$@" && grep -q -e "$said" "$folder/err"; }
said='-i none0: given twice'
ok "an interface given twice is misuse" twice --db "$folder" watch -i none0 -i none1 -i none0
said='-i any and -i none0: '
ok "so is one beside all of them" twice --db "$folder" watch -i any -i none0
ok "and all of them beside one" twice --db "$folder" watch -i none0 -i any
both_configured() {
	printf 'interface = none0\ninterface = none1\ninterface = none0\n' >"$folder/conf"
	"$WAXSEAL" --config "$folder/conf" --db "$folder" watch >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq 2 ] && err_is_one_line && grep -q "$folder/conf:3: .*none0: given twice" "$folder/err"
}
ok "a configuration that has one twice is refused by its line" both_configured
replaces_the_configured() {
	printf 'interface = none0\n' >"$folder/conf"
	"$WAXSEAL" --config "$folder/conf" --db "$folder" watch -i none0 >"$folder/out" 2>"$folder/err" </dev/null
	[ $? -eq 1 ] && ! grep -q twice "$folder/err"
}
ok "what stands in both is given once" replaces_the_configured
ok "hostile bytes in an argument do not reach the terminal" is_misuse "$(printf 'a\033[2Jb\nc')"

ok "policy without a domain is misuse" is_misuse policy
for domain in '' localhost 192.0.2.1 '[192.0.2.1]' a..b example.123 a.invalid; do
	ok "policy of \"$domain\" is misuse" is_misuse policy "$domain"
done
ok "policy of two domains is misuse" is_misuse policy example.com example.net
ok "a resolver that is no address is misuse" is_misuse policy example.com --resolver ns.example.net
ok "policy without look-ups knows nothing" has_failed policy example.com --no-lookups
ok "policy without authorities fails" has_failed policy example.com --ca-file "$folder/none"
ok "an absent database is one line" has_failed --db "$folder/none" sessions
ok "so it is for show" has_failed --db "$folder/none" show 1
ok "and for ack" has_failed --db "$folder/none" ack 1
ok "asking makes no database" test ! -e "$folder/none"
ok "a folder is no database" has_failed --db "$folder" incidents
echo 'no database at all, but long enough to be looked at by one who hopes' >"$folder/text"
ok "a text file is no database" has_failed --db "$folder/text" sessions
ok "it is left as it was" grep -q hopes "$folder/text"
ok "an absent capture is one line" has_failed --db "$folder/x.db" watch -r "$folder/none.pcap"

full() { ! "$WAXSEAL" --help >/dev/full 2>"$folder/err" && err_is_one_line; }
closed() { ! "$WAXSEAL" --help >&- 2>"$folder/err" && err_is_one_line; }
reader_left() {
	{ "$WAXSEAL" --help; echo $? >"$folder/status"; } 2>"$folder/err" | true
	err_is_empty && [ "$(cat "$folder/status")" -eq 0 ]
}
[ -w /dev/full ] && ok "a full device is told" full
ok "closed standard output is told" closed
ok "a reader that left is not" reader_left
# A list longer than what is written at a time: the database is closed behind the write that failed.
long_list() { "$WAXSEAL" --config /dev/null --db "$folder/long.db" incidents; }
reader_of_list_left() {
	mkfifo "$folder/left" && exec 8<>"$folder/left" 9>"$folder/left" 8<&- &&
	    long_list >&9 2>"$folder/err"
	status=$?
	exec 9>&-
	[ $status -eq 0 ] && err_is_empty
}
list_is_full() {
	! long_list >/dev/full 2>"$folder/err" && err_is_one_line && grep -q 'No space left' "$folder/err"
}
"$WAXSEAL" --config /dev/null --db "$folder/long.db" watch -q -r tests/captures/*.pcap >"$folder/out" 2>&1
ok "a list is long" test "$(long_list | wc -c)" -gt 8192
ok "nor is one that left a long list" reader_of_list_left
[ -w /dev/full ] && ok "why a long list was not written is told" list_is_full

# ---- What is installed ----

example=monitor/waxseal.conf.example
# With each setting at its default the program does what it does without.
is_read() {
	sed -e 's/^#\([a-z-]* = \)/\1/' -e 's/^#\(\[[a-z]* [a-z-]*\]\)$/\1/' $example | grep -v '^ca-file' >"$folder/conf"
	"$WAXSEAL" --config "$folder/conf" --db "$folder/db" watch -q -r \
	    tests/captures/banner-masked.pcap >"$folder/out" 2>"$folder/err"
}
ok "the example of a configuration is one" is_read
is_complete() {
	"$WAXSEAL" --config /dev/null watch --help >"$folder/out"
	for name in interface sensor db service filter readers memory buffer snaplen gate gate-flows user \
	    ca-file keep-sessions keep-evidence keep-incidents keep-size lookups resolver \
	    trust-resolver lookup-private smart-host metrics metrics-file; do
		grep -q "^#$name = " $example && grep -q -e "--$name" "$folder/out" || return 1
	done
}
ok "and has every setting" is_complete
# Settings of sinks are told in three places.
"$WAXSEAL" --config /dev/null alert --help >"$folder/out"
settings=$(sed -n '/^Settings of each/,/^$/s/^  \([a-z-]*\) = .*/\1/p' "$folder/out")
ok "settings of sinks are in the help of alert" test "$(echo "$settings" | wc -w)" -gt 15
in_example() { sed -n '/^#\[sink ops\]/,$p' $example | grep -q "^#$1 = "; }
in_manual() { sed -n '/^\.Sh SINKS/,/^\.Sh QUERIES/p' $manual | grep -q "^\.It Cm .*\<$1\>"; }
for setting in $settings; do
	ok "the example of a configuration has $setting of a sink" in_example "$setting"
	# The type has a list of its own.
	[ "$setting" = type ] || ok "and the manual" in_manual "$setting"
done
is_unit() {
	make install DESTDIR="$folder/root" PREFIX=/usr UNITS=/lib/systemd/system O="${O:-.build}" \
	    >"$folder/out" 2>"$folder/err" &&
	    grep -q '^ExecStart=/usr/bin/waxseal watch$' \
	        "$folder/root/lib/systemd/system/waxseal.service" &&
	    "$folder/root/usr/bin/waxseal" --version >/dev/null
}
ok "make install puts program, manual, unit and example" is_unit

echo "1..$count"
