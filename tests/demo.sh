#!/bin/sh
# What waxseal does, on captures that come with it: tests/demo.sh BUILD-FOLDER
set -eu

waxseal=$1/waxseal
db=$1/demo.db
captures=
for name in ordinary-delivery starttls-missing starttls-masked-cisco command-injection \
    segment-conflict-first tls-interrupted-12 reset-injected tls-handshake-reset; do
	captures="$captures tests/captures/$name.pcap"
done
rm -f "$db" "$db-wal" "$db-shm"

say() {
	printf '\n$ %s\n' "$*"
	"$@"
}

# shellcheck disable=SC2086 # one word a capture
say "$waxseal" watch --db "$db" -r $captures
say "$waxseal" incidents --db "$db"
worst=$("$waxseal" incidents --db "$db" --kind starttls-masked --json |
    sed -n '1s/^{"id": *\([0-9]*\).*/\1/p')
say "$waxseal" show --db "$db" "$worst"
printf '\nYour own capture: %s watch --db FILE -r CAPTURE\n' "$waxseal"
