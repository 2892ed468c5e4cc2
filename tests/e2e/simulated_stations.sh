#!/usr/bin/env bash
# deploy/simulated-stations, as the compose file runs it: history and what has come since; started again it goes on with the same network, and
# nothing it sent before is stored twice or in conflict.
. "$(dirname "$0")/lib.sh"
e2e_begin simulated_stations
db_start
server_start
export PATH=$BIN:$PATH TREMORCAST_SERVER=$SERVER SIMULATE_ONCE=1
send() { "$ROOT/deploy/simulated-stations" "$E2E_DIR/state" --regions 1 --stations 1 --gap-rate 0 --json > "$E2E_DIR/$1.json"; }
send first
rows=$(stored_rows)
[ "$rows" -gt 20000 ] || fail "only $rows rows of sixteen weeks were stored"
newest=$(sql "select extract(epoch from now() - max(slot))::int from observations")
[ "$newest" -lt 7200 ] || fail "the newest row is $newest seconds old"
for what in conflict rejected; do check "$what in the first run" "$(json_number "$E2E_DIR/first.json" $what)" 0; done
send second
for what in conflict rejected; do check "$what in the second run" "$(json_number "$E2E_DIR/second.json" $what)" 0; done
[ $(($(stored_rows) - rows)) -le 4 ] || fail "$(($(stored_rows) - rows)) more rows after the second run"
say "ok: $rows rows, then $(($(stored_rows) - rows)) more"
