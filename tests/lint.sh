#!/bin/sh
# Format, compiler warnings of gcc and clang, clang-tidy, cppcheck, the manual.
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
		printf '%s\n' "$output" | head -60
		echo "not ok - $name"
		failed=1
	fi
}

# shellcheck disable=SC2086 # lists of words
{
	step clang-format clang-format --dry-run --Werror $sources $headers
	for cc in gcc clang; do
		step "$cc warnings" sh -c 'for f; do '"$cc -std=c17 -O2 $cppflags $warnings -Werror"' -fsyntax-only "$f" || exit 1; done' sh $sources
	done
	step clang-tidy sh -c 'printf "%s\n" "$@" | xargs -P 2 -n 6 clang-tidy --quiet' sh $(for f in $sources; do echo "$f"; done)
	step cppcheck cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 -I. $sources
	step manual mandoc -Tlint -Wwarning monitor/waxseal.8
}
exit $failed
