#!/usr/bin/env bash
# systemd-analyze verifies the units of deploy/systemd and limits their exposure level. `true`
# stands in for the programs they start, since none is installed here.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
command -v systemd-analyze >/dev/null || { echo "SKIPPED: no systemd-analyze (Debian package systemd)"; exit 77; }
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp "$root"/deploy/systemd/*.{service,timer} "$dir"
sed -i "s#/usr/local/bin/#$dir/bin/#g" "$dir"/*.service
mkdir "$dir/bin"
for program in tremorcast-server tremorcast-trainer; do ln -s "$(type -P true)" "$dir/bin/$program"; done
said=$(SYSTEMD_UNIT_PATH="$dir:" systemd-analyze verify --man=no "$dir"/*.service "$dir"/*.timer 2>&1) || { echo "$said"; echo "FAILED: verify"; exit 1; }
# What verify only warns of is a fault too, if it is about ours.
if grep -F tremorcast <<<"$said"; then echo "FAILED: verify has warnings"; exit 1; fi
echo "ok: verify"
for line in Restart=on-failure StartLimitIntervalSec=0; do
  grep -qx "$line" "$dir/tremorcast-server.service" || { echo "FAILED: the server's unit has no $line"; exit 1; }
done
for unit in "$dir"/*.service; do
  grep -q '^MemoryMax=' "$unit" || { echo "FAILED: $(basename "$unit") has no MemoryMax"; exit 1; }
  # In tenths: 0 is locked in, 100 is open. What is left is the network and LibTorch's memory.
  systemd-analyze security --offline=true --threshold=20 --no-pager "$unit" > "$dir/report" ||
    { grep '✗' "$dir/report"; echo "FAILED: $(basename "$unit") is exposed: $(tail -n 1 "$dir/report")"; exit 1; }
  tail -n 1 "$dir/report"
done
for timer in "$dir"/*.timer; do
  systemd-analyze calendar "$(sed -n 's/^OnCalendar=//p' "$timer")" | sed -n "s/^ *Next elapse/$(basename "$timer"): next/p"
done
