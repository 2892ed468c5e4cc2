#!/usr/bin/env bash
# scrape.sh HOST:PORT: a real Prometheus on loopback scrapes the server there with our rules; asks it every expression of dashboards and rules
# until each had an answer. Alerts and annotations are asked without the comparison that fires them, absent() by what it looks for. NaN is an
# answer: nothing of the kind happened while it watched. Exit 77: a program is missing.
set -euo pipefail
target=$1
root=$(cd "$(dirname "$0")/../.." && pwd)
for program in prometheus jq curl; do
  command -v $program >/dev/null || { echo "SKIPPED: no $program"; exit 77; }
done
dir=$(mktemp -d)
prometheus=""
trap '[ -z "$prometheus" ] || { kill -KILL $prometheus && wait $prometheus; } 2>/dev/null || true; rm -rf "$dir"' EXIT

sed -e 's/_interval: .*/_interval: 1s/' -e "s/server:9464/$target/" -e "s#/run/secrets/#$dir/#" "$root/deploy/prometheus/prometheus.yml" > "$dir/prometheus.yml"
grep -q "$target" "$dir/prometheus.yml" || { echo "FAILED: prometheus.yml names no server:9464"; exit 1; }
echo tcast_0 > "$dir/prometheus_token"  # of a server that asks for none
cp "$root"/deploy/prometheus/{recording,alerts}.yml "$dir"
: > "$dir/log"  # read below, perhaps before its writer runs
# Killed with this script, however that ends.
setpriv --pdeathsig KILL prometheus --config.file="$dir/prometheus.yml" --storage.tsdb.path="$dir/data" --web.listen-address=127.0.0.1:0 \
  > "$dir/log" 2>&1 &
prometheus=$!
api=""
for _ in $(seq 600); do
  kill -0 $prometheus 2>/dev/null || { cat "$dir/log"; echo "FAILED: prometheus ended"; exit 1; }
  api=$(sed -n 's/.*msg="Listening on".*address=\([0-9.:]*\).*/\1/p' "$dir/log")
  if [ -n "$api" ] && curl -fsS "http://$api/-/ready" >/dev/null 2>&1; then break; fi
  sleep 0.1
done
[ -n "$api" ] || { cat "$dir/log"; echo "FAILED: prometheus did not start"; exit 1; }
get() { curl -fsS "http://$api/api/v1/$1" "${@:2}"; }

# Lines: what, tab, expression.
{
  for board in "$root"/deploy/grafana/dashboards/*.json; do
    jq -r --arg board "$(basename "$board" .json)" '
      (.panels[] | select(.targets) | .title as $title | .targets[] | "\($board): \($title)\t\(.expr)"),
      (.annotations.list[] | select(.expr) | "\($board): annotation \(.name)\t\(.expr)"),
      (.templating.list[] | "\($board): variable \(.name)\t\(.query | capture("label_values\\((?<metric>[^,]+),").metric)")' "$board"
  done
  get rules | jq -r '.data.groups[].rules[] | "\(.type) \(.name)\t\(.query | gsub("\\s+"; " "))"'
} | sed -e 's/\$__rate_interval/30s/g; s/\$instance/.*/g; s/\$region/.*/g' > "$dir/all"
sed -E -e '/^(alerting |[a-z]*: annotation )/ { s/ (==|!=|>=|<=|>|<) [0-9.e+]+//g; s/absent\((.*)\)$/\1/ }' "$dir/all" > "$dir/pending"
total=$(wc -l < "$dir/pending")
for kind in operations forecasts recording alerting; do
  grep -q "^$kind" "$dir/pending" || { echo "FAILED: no expression of $kind was found"; exit 1; }
done

end=$((SECONDS + ${SCRAPE_SECONDS:-240}))
while [ -s "$dir/pending" ] && [ $SECONDS -lt $end ]; do
  : > "$dir/left"
  while IFS=$'\t' read -r what expression; do
    answer=$(get query --data-urlencode "query=$expression" 2>/dev/null | jq '.data.result | length') || answer=wrong
    if [ "$answer" = wrong ]; then echo "FAILED: $what: Prometheus does not understand: $expression"; exit 1; fi
    [ "$answer" -gt 0 ] || printf '%s\t%s\n' "$what" "$expression" >> "$dir/left"
  done < "$dir/pending"
  mv "$dir/left" "$dir/pending"
  [ ! -s "$dir/pending" ] || sleep 1
done
if [ -s "$dir/pending" ]; then
  echo "FAILED: no answer within the time for $(wc -l < "$dir/pending") of $total expressions:"
  sed 's/^/  /; s/\t/\n      /' "$dir/pending"
  exit 1
fi
get rules | jq -e '[.data.groups[].rules[] | select(.health != "ok")] | length == 0' >/dev/null ||
  { get rules | jq -r '.data.groups[].rules[] | select(.health != "ok") | "\(.name): \(.lastError)"'; echo "FAILED: a rule is not well"; exit 1; }
echo "ok: all $total expressions have an answer"
