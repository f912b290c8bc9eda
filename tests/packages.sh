#!/bin/sh
# Install those of the named Debian packages that are missing; say plainly
# what to install where that can't be done.
set -eu

if ! command -v dpkg-query >/dev/null 2>&1; then
	# Not Debian: only the compiler and the link step can tell what is missing.
	if command -v cc >/dev/null 2>&1; then
		echo "waxseal: this is no Debian system: where a header, a library or a program is" \
		    "missing, install what these packages hold:" >&2
		echo "    $*" >&2
		exit 0
	fi
	echo "waxseal: this is no Debian system: install by hand what these packages hold:" >&2
	echo "    $*" >&2
	exit 1
fi

missing=
for package; do
	case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || :) in
	installed) ;;
	*) missing="$missing $package" ;;
	esac
done
[ -n "$missing" ] || exit 0

as_root=
if [ "$(id -u)" -ne 0 ]; then
	if command -v sudo >/dev/null 2>&1 && sudo -n true 2>/dev/null; then
		as_root=sudo
	else
		echo "waxseal: these packages are missing:$missing" >&2
		echo "waxseal: as root, type: apt-get install$missing" >&2
		echo "waxseal: or, where you may use sudo, type: sudo -v, and the same make again" >&2
		exit 1
	fi
fi
echo "installing:$missing"

# Servers that tests start by themselves are not to be started by their packages.
policy=/usr/sbin/policy-rc.d
if [ ! -e $policy ] && { [ -n "$as_root" ] || [ "$(id -u)" -eq 0 ]; }; then
	printf '#!/bin/sh\nexit 101\n' | $as_root tee $policy >/dev/null
	$as_root chmod 755 $policy
	# One that stayed would keep what is installed later from starting, ours too.
	trap '$as_root rm -f $policy' EXIT
	trap 'exit 1' HUP INT TERM
fi
install() {
	# shellcheck disable=SC2086 # one word a package
	$as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends \
	    $missing >/dev/null
}
install 2>/dev/null || { $as_root apt-get update >/dev/null && install; } || {
	echo "waxseal: apt-get could not install:$missing" >&2
	exit 1
}
