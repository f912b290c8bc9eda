#!/bin/sh
# A flood of invented domains at the checker, and real ones among them, with real servers behind:
# these are answered, memory is bounded, and nobody whom the invented ones lead to is asked more than
# the limits of monitor/policy/lookups.h. A million of them: `make bench-flood`.
set -u

: "${O:=.build}"
. tests/tap.sh
. tests/policy/flood.sh

ok "the servers are up" until_it is_served

was_name=$(counted victim_name_server) was_web=$(counted victim_web)
floods() { flood 20000 'invented#.test' 'x#.evil@@.test' >"$folder/flood" 2>"$folder/err"; }
ok "a flood comes to an end" floods
eval "$(grep = "$folder/flood")"
questions=$(($(counted victim_name_server) - before_name)) connections=$(($(counted victim_web) - before_web))
seconds=$((seconds + 1))
cat "$folder/flood" >"$folder/out"
echo "victim: $questions questions, $connections connections" >>"$folder/out"

ok "each real domain is answered, with its policy" [ "$real $policies" = "$reals $reals" ]
# LOOKUP_DNS_SECONDS: what is not known then is left.
ok "... while there is time for its questions" [ "$most_ms" -lt 30000 ]
ok "more is invented than is looked up" [ "$not_now" -gt "$learnt" ]
# CHECKER_MEMORY is address space, far more than what is used of it.
ok "memory is bounded" [ "$peak_kB" -lt 100000 ]
# A and AAAA of a first host each time, and of others in turn: LOOKUPS_BURST, _EACH, _HOSTS_BURST, _HOSTS_EACH;
# and half as many for what a resolver asks twice.
ok "a name server that many domains lead to is asked no more than the limit" \
    [ "$questions" -le $((3 * (64 + 50 * seconds + 128 + 40 * seconds))) ]
ok "... and is asked" [ "$questions" -gt 0 ]
# SLOTS_NETWORK_MAX, _APART.
ok "a web server that many domains lead to is connected to no more than the limit" \
    [ "$connections" -le $((4 + 10 * seconds)) ]
ok "... and is connected to" [ "$connections" -gt 0 ]
echo "# score: $invented domains invented in $seconds s, $learnt looked up; $real real ones answered after" \
    "$median_ms ms in the median, $most_ms at most; $peak_kB kB; the victims: $questions questions," \
    "$connections connections"

# Policy hosts that say nothing, each in a region of its own, and real domains whose policies are known and
# to be fetched anew.
hangs() { mark='=' && flood 20000 'x#.hang@@.test' >"$folder/flood" 2>"$folder/err"; }
ok "a flood of policy hosts that say nothing comes to an end" hangs
eval "$(grep = "$folder/flood")"
cat "$folder/flood" >"$folder/out"
ok "each policy that is known is fetched anew" [ "$real $policies" = "$reals $reals" ]
echo "# score: among policy hosts that say nothing $policies of $reals known policies were fetched anew," \
    "after $median_ms ms in the median, $most_ms at most"

echo "1..$count"
