# As root: servers in a network namespace of our own, that nothing leaves; they end with it. To be read in
# behind tap.sh by who has named it, in $space. What they need and say is below $bed; what they are to find
# in /etc instead of what is there, in $netns.

bed=$folder/bed
netns=/etc/netns/$space
servers=
PATH=$PATH:/usr/sbin
. tests/netns.sh

clean_up() {
	# shellcheck disable=SC2086 # one word a process
	[ -n "$servers" ] && kill -KILL $servers 2>/dev/null
	leave_space
	rm -rf "$netns"
}

# serve COMMAND...: in the background, until the end
serve() {
	# Not by a function, whose number would be that of a shell.
	ip netns exec $space "$@" >>"$bed/log" 2>&1 </dev/null &
	servers="$servers $!"
}
has() { command -v "$1" >/dev/null; }
# What Debian lets not in beside others is below a folder of its own, as the Makefile unpacked it: has_unpacked NAME PROGRAM
unpacked=$(realpath -m "${UNPACKED:-${O:-.build}/unpacked}")
has_unpacked() { [ -x "$unpacked/$1/usr/sbin/$2" ]; }
# serve_unpacked NAME PROGRAM ARGUMENT...: with its libraries
serve_unpacked() {
	root=$unpacked/$1 program=$2
	shift 2
	machine=$(dpkg-architecture -qDEB_HOST_MULTIARCH)
	serve env "LD_LIBRARY_PATH=$root/usr/lib/$machine:$root/lib/$machine:$root/usr/lib/${root##*/}" \
	    "$root/usr/sbin/$program" "$@"
}
# key FILE
key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1" 2>/dev/null; }

# skip NAME WHY
skip() {
	count=$((count + 1))
	echo "ok $count - $1 # SKIP $2"
}

mkdir -p "$bed" "$netns"
chmod 755 "$folder" "$bed"
in_space ip link set lo up
