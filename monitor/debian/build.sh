#!/bin/sh
# Build the Debian package of this tree below $O/deb, from a copy: nothing is
# written beside the sources. monitor/debian/build.sh O VERSION BUILD_PACKAGE...
set -eu

if ! command -v dpkg-buildpackage >/dev/null 2>&1; then
	echo "waxseal: no dpkg-buildpackage: a Debian package is built on Debian; make install needs none" >&2
	exit 1
fi
out=$1/deb
version=$2
shift 2
tree=$out/waxseal-$version

# The day of the sources, so that the same sources give the same package.
: "${SOURCE_DATE_EPOCH:=$(git log -1 --format=%ct 2>/dev/null || date +%s)}"
export SOURCE_DATE_EPOCH

rm -rf "$out"
mkdir -p "$tree"
cp -R Makefile LICENSE README.md dissector db monitor "$tree"
mv "$tree/monitor/debian" "$tree/debian"
rm "$tree/debian/build.sh"

depends=$(printf '%s, ' "$@")
sed "s|@BUILD_DEPENDS@|debhelper-compat (= 13), ${depends%, }|" "$tree/debian/control.in" \
    >"$tree/debian/control"
sed "s|@VERSION@|$version|; s|@DATE@|$(date -u -R -d "@$SOURCE_DATE_EPOCH")|" \
    "$tree/debian/changelog.in" >"$tree/debian/changelog"
rm "$tree"/debian/*.in

# What an outer make was told is not for this one.
if ! (cd "$tree" && env -u MAKEFLAGS -u MFLAGS -u MAKELEVEL -u O -u DESTDIR \
    -u OPTIMIZE -u HARDEN -u LINK_HARDEN \
    dpkg-buildpackage -b -us -uc) >"$out/log" 2>&1; then
	tail -40 "$out/log" >&2
	echo "waxseal: the package could not be built (all of it: $out/log)" >&2
	exit 1
fi
rm -rf "$tree"
ls "$out"/waxseal_*.deb
