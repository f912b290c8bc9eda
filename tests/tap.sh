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

# until_it COMMAND...: for at most a minute, which is far longer than it takes where anything else runs beside
until_it() {
	tries=600
	until "$@"; do
		tries=$((tries - 1))
		[ $tries -gt 0 ] || return 1
		sleep 0.1
	done
}
