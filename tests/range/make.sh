#!/bin/sh
# Make tests/captures from real mail servers in network namespaces.
#
#	tests/range/make.sh [SCENARIO ...]
#
# Root, on Debian 12 ("make captures" installs what it takes): installs Postfix, Exim and OpenSMTPD, each into an overlay of its own (kept in
# .build/range), starts them with configurations of the range behind a router, lets clients deliver
# through it while a middle box does what the scenario says, and records the wire. Without arguments
# all scenarios are played. What a capture must show is written beside it by the scenario, which
# knows what it did; waxseal has no part in it.
. "$(dirname "$0")/enter.sh"

captures=${RANGE_CAPTURES:-$tree/tests/captures}
mkdir -p "$captures"
hosts_start
if [ $# -eq 0 ]; then
	set -- $(declare -F | sed -n 's/^declare -f scenario_//p')
fi
for name; do
	play "$name"
done
echo "range: $played captures, $failures failed" >&2
[ "$failures" = 0 ]
