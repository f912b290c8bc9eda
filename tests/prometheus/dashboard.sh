#!/bin/sh
# Run a real Prometheus beside a watch and put every query of the dashboard and every rule to it.
# tests/prometheus/dashboard.sh NAMESPACE TARGET FOLDER
# Once it scrapes, FOLDER has a file "scraped"; once that has one "ask", it is asked.
set -eu

space=$1
target=$2
data=$3
listen=127.0.0.1:9729
here=$(pwd)
mkdir -p "$data"
cat >"$data/prometheus.yml" <<EOF
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$here/monitor/prometheus/waxseal.rules.yml]
scrape_configs: [{job_name: waxseal, static_configs: [{targets: ['$target']}]}]
EOF
ip netns exec "$space" prometheus --config.file="$data/prometheus.yml" --storage.tsdb.path="$data/tsdb" \
    --web.listen-address=$listen --log.level=warn >"$data/log" 2>&1 &
server=$!
trap 'kill $server; wait $server 2>/dev/null || :' EXIT
ask() { ip netns exec "$space" curl -sf -G "http://$listen/api/v1/$1" ${2:+--data-urlencode "query=$2"}; }

# A disk that others write to holds a Prometheus that starts up for long.
tries=600
until ask query 'count_over_time(waxseal_build_info[1m]) > 4' 2>/dev/null | grep -q '"value"'; do
	tries=$((tries - 1))
	if [ $tries -eq 0 ] || ! kill -0 $server; then
		echo "it scrapes nothing"
		cat "$data/log"
		exit 1
	fi
	sleep 0.2
done

touch "$data/scraped"
tries=1500
while [ ! -e "$data/ask" ]; do
	tries=$((tries - 1))
	[ $tries -gt 0 ] || { echo "nobody asks"; exit 1; }
	sleep 0.2
done

# What Grafana would fill in.
python3 - monitor/grafana/waxseal.json >"$data/queries" <<'EOF'
import json, sys
board = json.load(open(sys.argv[1]))
asked = [t["expr"] for p in board["panels"] for t in p["targets"]]
# These mark moments, and there was none.
asked += [a["expr"].removesuffix(" > 0") for a in board["annotations"]["list"]]
for query in asked:
    for name, value in (("$__rate_interval", "1m"), ("$__interval", "2m"), ("$sensor", ".*"), ("$service", ".*")):
        query = query.replace(name, value)
    if "$" in query:
        sys.exit("not filled in: " + query)
    print(query)
EOF
failed=0
while read -r query; do
	answer=$(ask query "$query") || { echo "refused: $query"; failed=1; continue; }
	# Of no look-up there is no time that half of them took.
	case $query in *lookup_duration*) continue ;; esac
	printf '%s' "$answer" | python3 -c 'import json, math, sys
answer = json.load(sys.stdin)["data"]["result"]
sys.exit(not answer or not all(math.isfinite(float(row["value"][1])) for row in answer))' ||
	    { echo "no answer: $query: $answer"; failed=1; }
done <"$data/queries"
[ "$(wc -l <"$data/queries")" -gt 20 ] || failed=1
# None of the rules fails.
ask rules | grep -q '"health":"err"' && { echo "a rule fails"; failed=1; }
exit $failed
