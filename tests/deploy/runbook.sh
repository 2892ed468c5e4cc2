#!/usr/bin/env bash
# Alerts and the entries of docs/RUNBOOK.md are the same set, each entry is complete, and each alert
# links to its own. Every metric that a rule or a dashboard asks for is one that the server exports.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
alerts=$root/deploy/prometheus/alerts.yml recording=$root/deploy/prometheus/recording.yml runbook=$root/docs/RUNBOOK.md
status=0
fault() { echo "FAILED: $*"; status=1; }

names=$(sed -n 's/^ *- alert: //p' "$alerts" | sort)
entries=$(sed -n 's/^### \(Tremorcast[A-Za-z]*\)$/\1/p' "$runbook" | sort)
[ "$(wc -l <<<"$names")" -gt 10 ] || fault "only a few alerts were found in $alerts"
for alert in $(comm -23 <(echo "$names") <(echo "$entries")); do fault "the alert $alert has no entry in docs/RUNBOOK.md"; done
for entry in $(comm -13 <(echo "$names") <(echo "$entries")); do fault "docs/RUNBOOK.md has an entry $entry, but there is no such alert"; done
[ -z "$(uniq -d <<<"$names")$(uniq -d <<<"$entries")" ] || fault "a name stands twice"
for alert in $names; do
  entry=$(awk -v name="### $alert" '$0 == name { on = 1; next } /^##/ { on = 0 } on' "$runbook")
  for part in "Means:" "[Uu]sers see" "Check" "[Dd]o:" "Clears:"; do
    grep -q "$part" <<<"$entry" || fault "the entry $alert does not say \"$part\""
  done
  link="runbook: docs/RUNBOOK.md#$(tr '[:upper:]' '[:lower:]' <<<"$alert")"
  grep -qF "$link" "$alerts" || fault "the alert $alert does not link to its entry"
done

recorded=$(sed -n 's/^ *- record: //p' "$recording")
for series in $(cat "$alerts" "$recording" "$root"/deploy/grafana/dashboards/*.json | grep -ohE 'tremorcast:[a-z0-9_]+:?[a-z0-9_]*' | sort -u); do
  grep -qxF "$series" <<<"$recorded" || fault "nothing records $series"
done
metrics=$(cat "$alerts" "$recording" "$root"/deploy/grafana/dashboards/*.json |
  grep -ohE '\b(tremorcast|grpc_server|process)_[a-z0-9_]+' | sort -u)
[ "$(wc -l <<<"$metrics")" -gt 20 ] || fault "only a few metrics were found"
exports() { grep -rqF "\"$1\"" "$root/server/telemetry"; }
for metric in $metrics; do
  exports "$metric" || exports "${metric%_bucket}" || exports "${metric%_sum}" || exports "${metric%_count}" ||
    fault "the server exports no $metric (server/telemetry)"
done
[ $status -ne 0 ] || echo "ok: $(wc -l <<<"$names") alerts with their entries, $(wc -l <<<"$metrics") metrics"
exit $status
