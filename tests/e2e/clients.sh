#!/usr/bin/env bash
# The clients of examples/ against a real server: each streams a file, goes on where it stopped, survives a kill -9 of the server without a row lost or
# doubled, and is told of a forecast. Skipped for a language whose packages are not here.
. "$(dirname "$0")/lib.sh"
e2e_begin clients
PYTHON=/usr/bin/python3
python=true node=true
if ! $PYTHON -c 'import grpc, google.protobuf' 2> /dev/null || ! command -v grpc_python_plugin > /dev/null; then python=false; say "no python3-grpcio: Python is left out"; fi
examples=$E2E_DIR/examples
mkdir -p "$E2E_DIR/proto"
cp -r "$ROOT/examples" "$E2E_DIR/"
cp -r "$ROOT/proto/." "$E2E_DIR/proto/"
if $python; then "$examples/python/generate"; fi
if ! command -v npm > /dev/null; then
  node=false; say "no npm: Node.js is left out"
elif ! reason=$(cd "$examples/node" && npm ci --no-audit --no-fund --ignore-scripts 2>&1); then
  [ "${CI:-}" != true ] || fail "npm ci: $reason"
  node=false; say "no npm registry: Node.js is left out: $reason"
fi
$python || $node || skip "neither Python's nor Node's gRPC is here"

db_start
server_start --grace 0s --seal-quiet 1s --issue-from 2100-01-01
client simulate --seed 3 --regions 2 --stations 3 --weeks 8 > "$E2E_DIR/simulate.log" 2>&1 || { cat "$E2E_DIR/simulate.log"; fail "simulate"; }
client status --wait-sealed > /dev/null

# station rows first-slot: a file of that many magn rows, each value its own.
file_of() {
  awk -v station="$1" -v rows="$2" -v first="$3" -v names="$(head -n 1 "$ROOT/tests/data/gappy_week.csv")" 'BEGIN {
    CONVFMT = "%.10g"
    print names; columns = split(names, name, ",") - 2
    for (i = 0; i < rows; ++i) { line = station "," first + 600 * i; for (k = 1; k <= columns; ++k) line = line "," i + k / 128; print line } }'
}
stored_of() { sql "select count(*) from observations where station = '$1' and slot >= to_timestamp($2)"; }
values_of() { sql "select count(*) from observations where station = '$1' and slot >= to_timestamp($2) and values[3] = extract(epoch from slot - to_timestamp($2)) / 600 + 3 / 128.0"; }

# As far as rows may go: today.
now=$(date +%s); first=$((now / 600 * 600 - 3000 * 600))
sql "delete from observations where slot >= to_timestamp($first)" > /dev/null

walk() {  # language station stream-command...
  local language=$1 station=$2; shift 2
  local input=$E2E_DIR/$language.csv
  file_of "$station" 3000 "$first" > "$E2E_DIR/whole.csv"
  head -n 501 "$E2E_DIR/whole.csv" > "$input"
  "$@" --server "$SERVER" "$input" > "$E2E_DIR/out" || { cat "$E2E_DIR/out"; fail "$language: first part"; }
  check "$language, first part" "$(tr ' ' '\n' < "$E2E_DIR/out" | awk -F= '{n += $2} END {print n}')" 500
  cp "$E2E_DIR/whole.csv" "$input"
  "$@" --server "$SERVER" "$input" > "$E2E_DIR/out" &
  local sender=$!
  wait_until 60 eval '[ "$(stored_of "'"$station"'" '"$first"')" -gt 500 ]'
  server_kill
  server_start --grace 0s --seal-quiet 1s --issue-from 2100-01-01
  wait $sender || fail "$language: the client did not get over the kill"
  check "$language, rows stored" "$(stored_of "$station" "$first")" 3000
  check "$language, rows with the right value" "$(values_of "$station" "$first")" 3000
  "$@" --server "$SERVER" "$input" > "$E2E_DIR/out" || fail "$language: again"
  check "$language, rows sent again" "$(tr ' ' '\n' < "$E2E_DIR/out" | awk -F= '{n += $2} END {print n}')" 0
}
last=$(sql "select extract(epoch from max(window_start))::bigint from weekly_windows")
issued=$(client forecast --at "$(date -u -d "@$last" +%Y-%m-%dT%H:%M:%SZ)" --json | sed -n 's/.*"name": *"\(regions[^"]*\)".*/\1/p' | head -n 1)
[ -n "$issued" ] || fail "no forecast to watch"
watched() { grep -q "^$issued " "$E2E_DIR/watched" || { cat "$E2E_DIR/watched"; fail "$1 was not told of $issued"; }; say "ok: $1 was told of $issued"; }

if $python; then
  walk python S0001 $PYTHON "$examples/python/stream_file.py"
  timeout 60 $PYTHON "$examples/python/watch_forecasts.py" --server "$SERVER" --from-start --purpose test --count 1 > "$E2E_DIR/watched" || fail "watching in Python"
  watched Python
fi
if $node; then
  walk node S0002 node "$examples/node/stream_file.mjs"
  timeout 60 node "$examples/node/watch_forecasts.mjs" --server "$SERVER" --from-start --purpose test --count 1 > "$E2E_DIR/watched" || fail "watching in Node.js"
  watched Node.js
fi
server_stop || fail "the server did not drain"
