#!/bin/sh
# The Debian package: builds, has nothing for lintian to say, installs on a Debian 12 that has
# nothing else, works there, is upgraded, removed and purged, and leaves nothing.
set -u

. tests/tap.sh
: "${O:=.build}"

skip() {
	echo "1..0 # SKIP $1"
	exit 0
}

for tool in dpkg-buildpackage dh mmdebstrap lintian unshare; do
	command -v $tool >/dev/null 2>&1 || skip "no $tool"
done
[ "$(id -u)" -eq 0 ] || skip "not root"

# ---- A Debian 12 from where this machine has its packages ----

root=$folder/root
apt-get indextargets --format 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)' 'Created-By: Packages' \
    'Origin: Debian' 2>/dev/null | grep ' bookworm' >"$folder/sources"
[ -s "$folder/sources" ] || skip "no mirror of Debian 12 is configured"
mmdebstrap --quiet --variant=apt bookworm "$root" - <"$folder/sources" >"$folder/out" 2>&1 ||
	skip "no Debian 12 could be had: $(tail -n 1 "$folder/out" | cut -c 1-60)"
cp /etc/resolv.conf "$root/etc/resolv.conf"

# inside COMMAND...: there, with processes and mounts of its own
inside() {
	env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive \
	    unshare --mount --pid --fork sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' \
	    "$root" "$@" >"$folder/out" 2>"$folder/err" </dev/null
}

# What is there, but for the logs and lists of dpkg and apt, and what the tools for users leave of
# their own: locks, and copies of the lists from before.
files() {
	(cd "$root" && find . -xdev \( -path ./var/log -o -path ./var/lib/dpkg -o -path ./var/cache \
	    -o -path ./proc -o -path ./run -o -path ./tmp -o -path './etc/*-' \) -prune -o -print |
	    LC_ALL=C sort) >"$folder/$1"
	cat "$root/etc/passwd" "$root/etc/group" "$root/etc/shadow" >"$folder/$1.users"
}

# ---- The package ----

# Itself called by make, make says where it is on the lines around.
built() { env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory deb O="$O" >"$folder/out" 2>"$folder/err" && package=$(tail -n 1 "$folder/out"); }
package=
ok "make deb" built
[ -f "$package" ] || { echo "1..$count"; exit 1; }
silent() { lintian --fail-on warning "$O"/deb/*.changes >"$folder/out" 2>"$folder/err" &&
	[ ! -s "$folder/out" ]; }
ok "lintian has nothing to say" silent
holds() { dpkg-deb --fsys-tarfile "$package" | tar tf - "./$1" >/dev/null 2>"$folder/err"; }
for file in usr/bin/waxseal usr/share/man/man8/waxseal.8.gz lib/systemd/system/waxseal.service \
    usr/share/waxseal/waxseal.conf.example usr/share/doc/waxseal/copyright \
    usr/share/bash-completion/completions/waxseal usr/share/zsh/vendor-completions/_waxseal; do
	ok "it holds $file" holds $file
done

# The same as of the next version, which has one more setting, for the upgrade.
repacked() {
	dpkg-deb -R "$package" "$folder/next" &&
	    find "$folder/next" -name 'waxseal.conf*' -exec sh -c 'echo "#more = 1" >>"$1"' sh {} \; &&
	    sed -i 's/^Version: .*/&+next/' "$folder/next/DEBIAN/control" &&
	    dpkg-deb --root-owner-group -b "$folder/next" "$root/tmp/next.deb" >"$folder/out"
}
ok "the next version" repacked
cp "$package" "$root/tmp/waxseal.deb"
mkdir -p "$root/tmp/captures"
cp tests/captures/banner-masked.pcap "$root/tmp/captures"
chmod -R a+rX "$root/tmp/captures"

# ---- Installed ----

depends=$(dpkg-deb -f "$package" Depends | sed 's/([^)]*)//g; s/|[^,]*//g; s/,/ /g')
have_depends() {
	inside apt-get update &&
	    inside apt-get install -y --no-install-recommends $depends
}
ok "what it needs is in Debian 12" have_depends
# dpkg-buildpackage refuses to begin without build-essential, and nothing else would bring it along.
has_all_to_build() {
	list=$(env -u MAKEFLAGS -u MAKELEVEL make --no-print-directory -n packages-deb |
	    sed -n 's/.*packages\.sh //p')
	# shellcheck disable=SC2086 # one word a package
	[ -n "$list" ] && inside apt-get install -s --no-install-recommends $list &&
	    grep -q '^Inst build-essential ' "$folder/out"
}
ok "what builds it is all named" has_all_to_build
files before

is_installed() { inside dpkg -i /tmp/waxseal.deb && cat "$folder/out" "$folder/err" >"$folder/said"; }
ok "it installs" is_installed
ok "it says that no interface is set, and what to do" \
    grep -q 'set "interface" in /etc/waxseal.conf' "$folder/said"
ok "its user is one of the system, who cannot log in" \
    grep -q '^waxseal:x:[1-9][0-9]\{2\}:.*nologin$' "$root/etc/passwd"
is_its_own() {
	inside stat -c '%a %U %G' /var/lib/waxseal && [ "$(cat "$folder/out")" = "750 waxseal waxseal" ]
}
ok "the folder of the database is that user's alone" is_its_own
ok "the configuration is the example of one" cmp "$root/etc/waxseal.conf" monitor/waxseal.conf.example
is_logs_own() {
	inside stat -c '%a %U %G' /var/log/waxseal && [ "$(cat "$folder/out")" = "750 waxseal waxseal" ]
}
ok "so is the one of files of alerts" is_logs_own
unit=$root/lib/systemd/system/waxseal.service
link=$root/etc/systemd/system/multi-user.target.wants/waxseal.service
ok "the unit is enabled" test -L "$link"
ok "it names the capabilities" grep -q '^AmbientCapabilities=CAP_NET_RAW CAP_BPF$' "$unit"
ok "and the program" grep -q '^ExecStart=/usr/bin/waxseal watch$' "$unit"
has_fixed_user() { grep -q '^User=waxseal$' "$unit" && ! grep -q '^DynamicUser' "$unit"; }
ok "and the user of the system" has_fixed_user
condition=$(sed -n 's/^ExecCondition=//p' "$unit")
is_passed_over() { [ -n "$condition" ] && ! inside sh -c "$condition"; }
ok "without an interface the unit is passed over" is_passed_over
watches() {
	inside setpriv --reuid=1234 --regid=1234 --clear-groups env HOME=/tmp PATH=/usr/bin:/bin waxseal watch \
	    --db /tmp/captures/seen.db -r /tmp/captures/banner-masked.pcap
}
chmod 1777 "$root/tmp/captures"
ok "a user, who has no sbin to look in, reads a capture with it" watches
ok "and sees what is in it" grep -q '^incidents  [1-9]' "$folder/out"

# ---- Configured, upgraded, removed, purged ----

echo 'interface = tap7' >>"$root/etc/waxseal.conf"
ok "with an interface the unit is started" inside sh -c "$condition"
ok "root's database is the system's" inside waxseal watch -r /tmp/captures/banner-masked.pcap
is_units() { inside stat -c '%a %U %G' /var/lib/waxseal/waxseal.db &&
	[ "$(cat "$folder/out")" = "600 waxseal waxseal" ]; }
ok "in its folder, and the unit's to write" is_units
ok "it is upgraded" inside dpkg -i /tmp/next.deb
is_next() { inside dpkg-query -W -f '${Version} ${Status}' waxseal &&
	grep -q '+next install ok installed' "$folder/out"; }
ok "to the next version" is_next
ok "the configuration stays as it was edited" grep -q '^interface = tap7$' "$root/etc/waxseal.conf"
nothing_beside() { ! ls "$root"/etc/waxseal.conf?* >"$folder/out" 2>&1; }
ok "and nothing was asked about it" nothing_beside
ok "what was seen stays" inside waxseal incidents
ok "and is there" grep -q 'banner' "$folder/out"
mv "$root/etc/waxseal.conf" "$folder/edited"
is_left_away() { inside dpkg -i /tmp/next.deb && [ ! -e "$root/etc/waxseal.conf" ]; }
ok "a configuration that was removed is not made again" is_left_away
mv "$folder/edited" "$root/etc/waxseal.conf"
ok "it is removed" inside dpkg -r waxseal
is_kept() { [ -f "$root/var/lib/waxseal/waxseal.db" ] && [ -f "$root/etc/waxseal.conf" ] &&
	[ ! -e "$root/usr/bin/waxseal" ]; }
ok "database and configuration stay, the program does not" is_kept
ok "it is purged" inside dpkg -P waxseal
files after
ok "no file is left" diff "$folder/before" "$folder/after"
ok "nor a folder of logs" test ! -e "$root/var/log/waxseal"
ok "no user is left" diff "$folder/before.users" "$folder/after.users"

echo "1..$count"
