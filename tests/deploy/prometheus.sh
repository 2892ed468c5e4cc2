#!/usr/bin/env bash
# promtool checks rules and configuration and runs the rules' unit tests, in which every alert fires
# at least once.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v promtool >/dev/null || { echo "SKIPPED: no promtool (Debian package prometheus)"; exit 77; }
# With a token where the container has one, for promtool wants to see the file.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$root"/deploy/prometheus/*.yml "$dir"
grep -q 'credentials_file: /run/secrets/prometheus_token' "$dir/prometheus.yml" || { echo "FAILED: Prometheus shows no token"; exit 1; }
sed -i "s#/run/secrets/#$dir/#" "$dir/prometheus.yml"
echo tcast_0 > "$dir/prometheus_token"
promtool check config "$dir/prometheus.yml"
promtool test rules "$root/tests/deploy/alerts_test.yml"
status=0
while read -r alert; do
  grep -q "alertname=\"$alert\"" "$root/tests/deploy/alerts_test.yml" || { echo "FAILED: no unit test in which $alert fires"; status=1; }
done < <(sed -n 's/^ *- alert: //p' "$root/deploy/prometheus/alerts.yml")
exit $status
