#!/bin/sh
# Figures of a flood: the checker with real servers behind, asked about real domains alone and then
# among a million that are invented, half of which are there and lead to one victim. Called by
# `make bench-flood`, as root.
#
#	BENCH_INVENTED=1000000	domains that the checker takes
set -u

: "${O:=.build}"
. tests/tap.sh
. tests/policy/flood.sh

until_it is_served || { echo "the servers are not up" >&2; exit 1; }

# measured NAME COUNT PATTERN...
measured() {
	what=$1
	shift
	was="$(counted name_server) $(counted victim_name_server) $(counted victim_web)"
	flood "$@" >"$folder/figures" 2>"$folder/err" || { cat "$folder/err" >&2; exit 1; }
	echo "$was $(counted name_server) $(counted victim_name_server) $(counted victim_web)" |
	    tr ' ' '\n' | paste -sd ' ' | cat - "$folder/figures" | awk -v what="$what" '
		NR == 1 { for (i = 1; i <= 3; i++) came[i] = $(i + 3) - $i; next }
		{ split($0, pair, "="); at[pair[1]] = pair[2] }
		END {
			printf "%s: %d invented in %d s, %d looked up, %d refused\n", what,
			    at["invented"], at["seconds"], at["learnt"] - at["real"], at["not_now"]
			printf "  %d of %d real ones with their policy, after %d ms in the median and %d at most\n",
			    at["policies"], at["real"], at["median_ms"], at["most_ms"]
			printf "  the checker: %d kB at its peak\n", at["peak_kB"]
			seconds = at["seconds"] > 0 ? at["seconds"] : 1
			printf "  each second: %d questions at the name server, %d at the victim'"'"'s, %.1f connections to its web server\n",
			    came[1] / seconds, came[2] / seconds, came[3] / seconds
		}'
}
measured "no flood" 0
measured "flood" "${BENCH_INVENTED:-1000000}" 'invented#.test' 'x#.evil@@.test'
