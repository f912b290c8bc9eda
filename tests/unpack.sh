#!/bin/sh
# Unpack Debian packages that cannot be installed beside others of this machine, below a folder:
# tests/unpack.sh FOLDER PACKAGE... Where that can't be done, what needs them is skipped.
set -u

folder=$1
shift
# What is installed, or was unpacked, is not wanted again.
is_installed() { [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ]; }
if ! command -v dpkg-deb >/dev/null || [ -e "$folder/whole" ] || is_installed "$1"; then
	exit 0
fi

mkdir -p "$folder/packages"
fetch() { (cd "$folder/packages" && apt-get download "$@" >/dev/null 2>&1); }
unpack() {
	for package in "$folder"/packages/*.deb; do
		dpkg-deb -x "$package" "$folder" || return 1
	done
	: >"$folder/whole"
}
update() { apt-get update >/dev/null 2>&1; }
if ! { { fetch "$@" || { update && fetch "$@"; }; } && unpack; }; then
	echo "waxseal: could not be unpacked, and what needs them is skipped: $*" >&2
fi
rm -rf "$folder/packages"
