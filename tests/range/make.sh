#!/bin/sh
# Make tests/captures from real mail servers in network namespaces.
#
#	tests/range/make.sh [SCENARIO ...]
#
# Root, on Debian 12: installs Postfix, Exim and OpenSMTPD, each into an overlay of its own (kept in
# .build/range), starts them with configurations of the range behind a router, lets clients deliver
# through it while a middle box does what the scenario says, and records the wire. Without arguments
# all scenarios are played. What a capture must show is written beside it by the scenario, which
# knows what it did; waxseal has no part in it.
#
# Everything lives in mount, process and network namespaces of this run: when it ends, however it
# ends, nothing of it stays but the captures.
set -eu
[ -z "${RANGE_TRACE:-}" ] || set -x
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)

if [ "${RANGE_INSIDE:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || { echo "range: must be root" >&2; exit 1; }
	for need in "swaks swaks" "nft nftables" "ethtool ethtool" "tcpdump tcpdump" \
	    "sqlite3 sqlite3" "openssl openssl" "ip iproute2"; do
		command -v "${need% *}" >/dev/null ||
		    DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends "${need#* }" >&2
	done
	export RANGE_INSIDE=yes
	# A process between, since some daemons take a parent numbered 1 for an order to stay.
	exec unshare --mount --pid --fork --kill-child --mount-proc \
	    sh -c 'bash "$0" "$@"; exit $?' "$0" "$@"
fi

build=$tree/.build/range
captures=${RANGE_CAPTURES:-$tree/tests/captures}
mkdir -p "$build" "$captures"
mount -t tmpfs tmpfs /run/netns 2>/dev/null || { mkdir -p /run/netns; mount -t tmpfs tmpfs /run/netns; }
work=$(mktemp -d /tmp/range.XXXXXX)
mount -t tmpfs tmpfs "$work"
trap 'umount -l "$work" 2>/dev/null; rmdir "$work" 2>/dev/null' EXIT

for tool in box talk inject; do
	cc -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$build/$tool" "$here/$tool.c"
done
cc -std=c17 -D_GNU_SOURCE -O2 -Wall -Wextra -o "$build/edit" "$here/edit.c" -lpcap

. "$here/hosts.sh"
. "$here/play.sh"
hosts_start
for f in attacks ordinary edits; do
	. "$here/$f.sh"
done
if [ $# -eq 0 ]; then
	set -- $(declare -F | sed -n 's/^declare -f scenario_//p')
fi
for name; do
	play "$name"
done
echo "range: $played captures, $failures failed" >&2
[ "$failures" = 0 ]
