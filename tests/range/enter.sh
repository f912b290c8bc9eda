# For the scripts of the range, to be read in first: start the calling script over in mount, process
# and network namespaces of its own, make there what it needs, and read in the hosts and the
# scenarios. When it ends, however it ends, nothing of it stays but what was installed.
#
# Root, on Debian 12, with the packages of PACKAGES_RANGE in the Makefile. Gives $here (tests/range),
# $tree (the top folder), $build (tools, and archives of the mail servers), and $work, which is in
# memory and goes with the run.
set -eu
[ -z "${RANGE_TRACE:-}" ] || set -x
here=$(cd "$(dirname "$0")" && pwd)
tree=$(cd "$here/../.." && pwd)

if [ "${RANGE_INSIDE:-}" != yes ]; then
	[ "$(id -u)" = 0 ] || { echo "range: must be root" >&2; exit 1; }
	export RANGE_INSIDE=yes
	# A process between, since some daemons take a parent numbered 1 for an order to stay.
	exec unshare --mount --pid --fork --kill-child --mount-proc \
	    sh -c 'bash "$0" "$@"; exit $?' "$0" "$@"
fi

build=$tree/.build/range
mkdir -p "$build"
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
for f in attacks ordinary edits history; do
	. "$here/$f.sh"
done
