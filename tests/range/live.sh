#!/bin/sh
# Live capture on the range: what is found while real servers are attacked is what -r finds in
# tcpdump's capture of the same run, and what the scenarios know to have happened.
#
#	tests/range/live.sh [SCENARIO ...]
#
# Root, on Debian 12 ("make range-live" installs what it takes); WAXSEAL is the program, O the folder of what is built. The scenarios of
# attacks.sh and ordinary.sh (without arguments all of them) are played one after the other. The
# router mirrors its wire to a monitor: in a VLAN, in VXLAN, in GRE and, as whole frames, in GRE
# again. At each of these taps tcpdump records, and a waxseal watches for each way to do it, into a
# database of its own. Prints TAP.
: "${WAXSEAL:=.build/waxseal}" "${O:=.build}"
WAXSEAL=$(realpath "$WAXSEAL")
O=$(realpath "$O")
export WAXSEAL O
. "$(dirname "$0")/enter.sh"
. "$here/taps.sh"

# A message under TLS that goes on until each gate has taken some of it away.
endless_mail() {
	printf "%s\n" "EHLO client.example.org" "MAIL FROM:<alice@example.org>" "RCPT TO:<bob@example.net>" DATA
	head -c 200000 /dev/zero | base64
	while [ ! -e "$work/enough" ]; do
		head -c 6000 /dev/zero | base64
		sleep 0.05
	done
	printf "%s\n" . QUIT
}

scenario_live_bulk() {
	note "a long message under TLS"
	endless_mail | in_client openssl s_client -starttls smtp -connect $tls12:25 -bind 192.0.2.10:0 \
	    -name client.example.org -crlf -quiet >>"$work/s_client.log" 2>&1 &
	pids+=("$!")
	awaited "the gates" gates_withhold || :
	: >"$work/enough"
	wait "${pids[-1]}" || :
	facts encrypted y y y TLSv1.2 allow=certificate-invalid
}

count=0
ok() {	# NAME COMMAND ...
	local name=$1
	shift
	count=$((count + 1))
	if "$@" >"$work/out" 2>&1; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		head -40 "$work/out" | sed 's/^/# /'
	fi
}

skip() {	# NAME WHY
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

captures=$work/played
RANGE_UNPLANNED=yes
mkdir "$captures"
play_on_one_processor
hosts_start >&2
taps_start

# Not among them: offload is switched in the middle of it, and no ring that stands fits to that.
if [ $# -eq 0 ]; then
	set -- $(declare -F | sed -n 's/^declare -f scenario_//p' | grep -v '^offload$\|^edits$\|^live_')
fi
for name in "$@" live_bulk; do
	play "$name"
	truth_note "${name//_/-}" "$scenario_tap"
done
ok "the scenarios were played ($played captures)" [ "$failures" = 0 ]
taps_stop

truth_load
ok "tcpdump lost nothing" nothing_dropped
while read -r tap mode _; do
	[ -n "$tap" ] || continue
	if [ -e "$work/live/$tap.$mode.refused" ]; then
		skip "$tap, $mode" "the kernel refuses eBPF"
		continue
	fi
	ok "$tap, $mode: it ended in order" ended_well "$tap.$mode"
	ok "$tap, $mode: what is found is what -r finds" same_as_saved "$tap" "$tap.$mode"
	if was_played "$tap"; then
		ok "$tap, $mode: and it is what was done" as_played "$tap" "$tap.$mode"
	else
		skip "$tap, $mode: and it is what was done" "no scenario of this tap was asked for"
	fi
done < <(watchers)
ok "the gates withheld ciphertext, and nothing was withheld without one" gates_withheld
[ -z "${RANGE_KEEP:-}" ] || cp -r "$work/live" "$work/played" "$work/truth.db" "$RANGE_KEEP"
echo "1..$count"
