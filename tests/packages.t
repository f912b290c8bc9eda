#!/bin/sh
# What a new user is told whose machine lacks something: on Debian without root, and elsewhere.
set -u

. tests/tap.sh

mkdir "$folder/bin"
# stands NAME SAYS STATUS: a program of that name
stands() {
	printf '#!/bin/sh\necho %s\nexit %s\n' "$2" "$3" >"$folder/bin/$1"
	chmod 755 "$folder/bin/$1"
}
# asks STATUS: for two packages, where there is nothing but what stands
asks() {
	PATH=$folder/bin "$sh" tests/packages.sh pack-one pack-two >"$folder/out" 2>"$folder/err"
	[ $? -eq "$1" ]
}
sh=$(command -v sh)
says() { grep -q "$1" "$folder/err"; }

ok "no Debian and no compiler: nothing can be built" asks 1
ok "what to install is named" says '^    pack-one pack-two$'
stands cc '' 0
ok "no Debian, and a compiler: it is tried" asks 0
ok "and what may be missing is named" says '^    pack-one pack-two$'
stands dpkg-query installed 0
silent() { asks 0 && [ ! -s "$folder/err" ]; }
ok "Debian that has all says nothing" silent
stands dpkg-query '' 1
stands id 1000 0
ok "who is no root, without sudo, is told" asks 1
ok "what root is to type" says 'as root, type: apt-get install pack-one pack-two$'
ok "and what with a sudo" says 'type: sudo -v, and the same make again$'
stands sudo '' 1
ok "so is one whose sudo wants a password" asks 1
ok "and nothing is done" says 'type: sudo -v'

no_package() {
	PATH=$folder/bin "$sh" monitor/debian/build.sh "$folder/o" 1 >"$folder/out" 2>"$folder/err"
	[ $? -eq 1 ] && says 'built on Debian' && [ ! -e "$folder/o" ]
}
ok "a package is built on Debian alone" no_package

echo "1..$count"
