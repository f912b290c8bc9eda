#!/bin/sh
# What is tracked, format, compiler warnings of gcc and clang, clang-tidy, cppcheck, the manual.
# tests/lint.sh CPPFLAGS WARNINGS
set -u

cppflags=$1
warnings=$2
failed=0
sources=$(git ls-files '*.c')
headers=$(git ls-files '*.h')

step() {
	name=$1
	shift
	if output=$("$@" 2>&1); then
		echo "ok - $name"
	else
		printf '%s\n' "$output" | grep -E ' (error|warning): ' | head -60
		printf '%s\n' "$output" | head -60
		echo "not ok - $name"
		failed=1
	fi
}

# Two at a time, a few files each; what the compiler is told goes behind "--".
tidy() {
	printf '%s\n' "$@" | xargs -P 2 -n 8 sh -c \
	    'clang-tidy --quiet "$@" -- -std=c17 -O2 '"$cppflags"' 2>/dev/null' sh
}

# What a run leaves behind is named in .gitignore, and has no place in the tree.
nothing_ignored_is_tracked() {
	list=$(git ls-files --cached --ignored --exclude-standard)
	[ -z "$list" ] || { printf '%s\n' "$list"; return 1; }
}

# shellcheck disable=SC2086 # lists of words
{
	step tree nothing_ignored_is_tracked
	step clang-format clang-format --dry-run --Werror $sources $headers
	for cc in gcc clang; do
		step "$cc warnings" sh -c 'for f; do '"$cc -std=c17 -O2 $cppflags $warnings -Werror"' -fsyntax-only "$f" || exit 1; done' sh $sources
	done
	step clang-tidy tidy $sources
	# To it cmocka's macros are leaks and err() returns: tests are left to the others;
	# and those of eBPF are unknown.
	step cppcheck cppcheck --quiet --std=c11 --enable=warning,performance,portability \
	    --inline-suppr --error-exitcode=1 -I. $(git ls-files 'dissector/*.c' 'db/*.c' 'monitor/*.c' ':!*.bpf.c')
	step manual mandoc -Tlint -Wwarning monitor/waxseal.8
}
exit $failed
