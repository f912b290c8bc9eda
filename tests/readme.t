#!/bin/sh
# README.md beside the program: the first look is what the demo prints, and the queries work.
set -u

: "${O:=.build}"
. tests/tap.sh

sh tests/demo.sh "$O" 2>"$folder/err" | sed "s,$O/,.build/,g" >"$folder/out"

# In the page "..." stands for lines that are left out, and behind a line for its end.
sed -n '/^## A first look/,/^|/s/^    //p' README.md >"$folder/page"
sed -n '/^## How much was encrypted/,/^`/s/^    //p' README.md >"$folder/report_page"
# is_as_shown PAGE PRINTED
is_as_shown() {
	awk '
	function is_like(line, shown) {
		if (sub(/ \.\.\.$/, " ", shown))
			return index(line, shown) == 1
		return line == shown
	}
	$0 == "" { next }
	NR == FNR { page[++last] = $0; next }
	next_ == 0 { next_ = 1 }
	next_ <= last && is_like($0, page[next_]) { next_++; next }
	page[next_] == "..." && next_ < last && is_like($0, page[next_ + 1]) { next_ += 2; next }
	page[next_] == "..." { next }
	{ print "not shown so: " $0 " (the page has: " page[next_] ")"; failed = 1; exit }
	END {
		if (!failed && (!last || next_ < last || (next_ == last && page[last] != "..."))) {
			print "shown, and not printed: " page[next_]
			failed = 1
		}
		exit failed
	}' "$1" "$2" >"$folder/err"
}
ok "the first look is what the demo prints" is_as_shown "$folder/page" "$folder/out"
{
	echo '$ .build/waxseal report --db .build/demo.db'
	"$O/waxseal" report --db "$O/demo.db"
} >"$folder/report"
ok "the report is what it prints" is_as_shown "$folder/report_page" "$folder/report"

answers() { [ -n "$(sqlite3 "$O/demo.db" "$1" 2>"$folder/err")" ]; }
sed -n 's/^    \(select .*\)/\1/p' README.md >"$folder/queries"
ok "there are queries" test -s "$folder/queries"
while read -r query; do
	ok "$query" answers "$query"
done <"$folder/queries"

echo "1..$count"
