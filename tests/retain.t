#!/bin/sh
# What is said of a database that is damaged.
set -u

. tests/tap.sh
captures=tests/captures

waxseal() { "$WAXSEAL" --config "$folder/conf" --db "$folder/db" "$@"; }
ask() { sqlite3 "$folder/db" "$1" 2>&1; }
read_all() { waxseal watch -r $captures/*.pcap >"$folder/out" 2>"$folder/err"; }

: >"$folder/conf"
damage() {
	rm -f "$folder"/db*
	read_all || return 1
	root=$(ask "select rootpage from sqlite_schema where name = 'sessions'")
	dd if=/dev/urandom of="$folder/db" bs=4096 seek=$((root - 1)) count=1 conv=notrunc 2>/dev/null
	! waxseal sessions >/dev/null 2>"$folder/err" && grep -q 'damaged' "$folder/err"
}
ok "a damaged file is told" damage
advises() {
	grep -q 'restore a backup' "$folder/err" && ! grep -q 'waxseal db check' "$folder/err"
}
ok "with what to do" advises
says_so_too() {
	! waxseal db check >"$folder/out" 2>"$folder/err" && ! grep -q 'waxseal db check' "$folder/err" &&
	    grep -q 'restore a backup' "$folder/err"
}
ok "the check does not send to itself" says_so_too

echo "1..$count"
