# For scripts that drive the program and print TAP; to be read in with "." from the top folder.
# $folder is theirs alone and goes with them; a test leaves what the program said in out and err there.

: "${WAXSEAL:=.build/waxseal}"
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
unset WAXSEAL_DB COLUMNS
count=0

# ok NAME COMMAND...: the command must succeed
ok() {
	name=$1
	shift
	count=$((count + 1))
	if "$@"; then
		echo "ok $count - $name"
	else
		echo "not ok $count - $name"
		sed 's/^/# /' "$folder/out" "$folder/err" 2>/dev/null
	fi
}

# until_it COMMAND...: for at most three minutes, which is far longer than it takes where much else runs beside
until_it() {
	gives_up=$(($(date +%s) + 180))
	until "$@"; do
		[ "$(date +%s)" -lt $gives_up ] || return 1
		sleep 0.1
	done
}
