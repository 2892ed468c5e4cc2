# shellcheck shell=bash
# Sourced by the end-to-end tests: real PostgreSQL, real server, real client, in a folder of their own, all stopped on the way out.
#
#   . lib.sh; e2e_begin NAME        makes $E2E_DIR and sets $BIN and $TESTBIN (programs of tests); everything is stopped and removed at exit
#   db_start | db_kill              the private cluster; db_kill is kill -9 of the postmaster and its children
#   server_start [FLAG...]          starts the server, waits until it is ready; sets $SERVER (host:port), $HTTP (host:port), $SERVER_PID;
#                                   with the library $SERVER_PRELOAD before all others
#   server_kill | server_stop       kill -9 | SIGTERM and the exit code it left
#   sql QUERY                       one value or tab-separated rows
#   wait_until SECONDS COMMAND...   polls; fails the test when the time is over
#   check WHAT ACTUAL EXPECTED      equality; the first failure ends the test
#   skip WHY                        ends the test as skipped (77)
#   json_number FILE NAME, seconds_since EPOCHREALTIME
#   train_and_promote               a small model of the sealed weeks, promoted by hand; returns once it serves
#   rough_begin BATCHES             registers stations that send rows out of order, repeated and late (rough_station), BATCHES each
#   rough_start                     starts them, from where they were; sets $ROUGH_PID
#   acked_rows, acked_at_least N    of the rows acknowledged as stored since rough_begin
#   check_acked_are_stored          none of them is missing in the table
#   rough_end                       waits until all is sent; the table is exactly what they sent, first values kept
set -euo pipefail

ROOT=${TREMORCAST_SOURCE_DIR:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
BIN=${TREMORCAST_BINARY_DIR:-$ROOT/build/dev}/bin
TESTBIN=${TREMORCAST_BINARY_DIR:-$ROOT/build/dev}/tests/bin
SHARED=${TREMORCAST_SHARED:-$ROOT/../shared}

say() { printf '%s\n' "$*"; }
fail() { say "FAILED: $*"; exit 1; }
skip() { say "SKIPPED: $*"; exit 77; }
check() { if [ "$2" = "$3" ]; then say "ok: $1 = $2"; else fail "$1 is '$2', expected '$3'"; fi; }

wait_until() {
  local end=$((SECONDS + $1)) from=$EPOCHREALTIME; shift
  until "$@"; do
    [ $SECONDS -lt $end ] || fail "waited too long for: $*"
    sleep 0.1
  done
  say "waited $(seconds_since "$from") s: $*"
}

e2e_begin() {
  umask 022
  # Under /var/tmp when root: the user postgres must reach it.
  E2E_DIR=$(mktemp -d "/var/tmp/tremorcast-$1.XXXXXX")
  chmod 755 "$E2E_DIR"
  SERVER_PID=""
  trap e2e_end EXIT
}

e2e_end() {
  local rc=$?
  trap - EXIT
  # Waited for in silence: Bash would write "Killed" of each, behind what the test said last, which is the reason of a skip.
  # shellcheck disable=SC2046
  { kill -9 $SERVER_PID $(jobs -p); wait; } 2>/dev/null || true
  local data
  for data in "$E2E_DIR"/*/data; do "$ROOT/deploy/cluster" stop "${data%/data}" >/dev/null 2>&1 || true; done
  if [ $rc -ne 0 ] && [ $rc -ne 77 ] && [ -f "$E2E_DIR/server.log" ]; then
    say "--- last lines of the server's log"; tail -n 40 "$E2E_DIR/server.log"
  fi
  ! mountpoint -q "$E2E_DIR/pg" || umount -l "$E2E_DIR/pg"
  rm -rf "$E2E_DIR"
  exit $rc
}

db_start() { CONNINFO=$("$ROOT/deploy/cluster" start "$E2E_DIR/pg"); }
db_kill() {
  local postmaster; postmaster=$("$ROOT/deploy/cluster" pid "$E2E_DIR/pg")
  local children; children=$(pgrep -P "$postmaster" || true)
  # The children too: they would live on until they next look for their parent.
  # shellcheck disable=SC2086
  kill -9 "$postmaster" $children 2>/dev/null || true
  while kill -0 "$postmaster" 2>/dev/null; do sleep 0.05; done
  for child in $children; do while kill -0 "$child" 2>/dev/null; do sleep 0.05; done; done
}
sql() { psql "$CONNINFO" -X -A -t -q -v ON_ERROR_STOP=1 -F $'\t' -c "$1"; }

http_ready() { curl -fsS "http://$HTTP/readyz" >/dev/null 2>&1; }
server_start() {
  rm -f "$E2E_DIR/ports"
  # The port of the first start is kept, so that a client may find the server again after a restart.
  LD_PRELOAD=${SERVER_PRELOAD:-} "$BIN/tremorcast-server" --database "$CONNINFO" --listen "${SERVER:-127.0.0.1:0}" --http 127.0.0.1:0 \
    --port-file "$E2E_DIR/ports" "$@" >> "$E2E_DIR/server.log" 2>&1 &
  SERVER_PID=$!
  wait_until 60 server_ports
  wait_until 60 http_ready
}
# The port file has lines `grpc=127.0.0.1:41234` and `http=127.0.0.1:41235`.
server_ports() {
  kill -0 "$SERVER_PID" 2>/dev/null || fail "the server ended at its start"
  [ -s "$E2E_DIR/ports" ] || return 1
  SERVER=$(sed -n 's/^grpc=//p' "$E2E_DIR/ports")
  HTTP=$(sed -n 's/^http=//p' "$E2E_DIR/ports")
  [ -n "$SERVER" ] && [ -n "$HTTP" ]
}
server_kill() { kill -9 "$SERVER_PID"; wait "$SERVER_PID" 2>/dev/null || true; SERVER_PID=""; }
server_stop() { local rc=0; kill -TERM "$SERVER_PID"; wait "$SERVER_PID" || rc=$?; SERVER_PID=""; return $rc; }

# The number of NAME in a summary of `tremorcast ingest --json`.
json_number() { sed -n "s/^ *\"$2\": *\([0-9.]*\),\{0,1\}\$/\1/p" "$1"; }
seconds_since() { awk -v from="$1" -v to="${EPOCHREALTIME/,/.}" 'BEGIN {printf "%.1f", to - from}'; }

client() { "$BIN/tremorcast" --server "$SERVER" "$@"; }
stored_rows() { sql "select count(*) from observations"; }
stored_at_least() { [ "$(stored_rows)" -ge "$1" ]; }

# A CSV file's text, packed or not.
text_of() {
  case $1 in
    *.xz) xz -dc "$1" ;;
    *) cat "$1" ;;
  esac
}

# Lines but the first of each of FILES...
rows_in_files() {
  local file rows=0 lines
  for file in "$@"; do
    lines=$(text_of "$file" | wc -l)
    rows=$((rows + lines - 1))
  done
  echo $rows
}

# Compares the whole table with the CSV files, value by value, through PostgreSQL's own reading of the text: FILES... as plain CSV.
check_table_is_files() {
  sql "drop table if exists file_rows; create table file_rows (station text collate \"C\", signal smallint, slot timestamptz, values real[])"
  local file signal
  for file in "$@"; do
    case $file in *_magn.csv*) signal=0 ;; *) signal=1 ;; esac
    text_of "$file" | tail -n +2 | tr -d '\r' \
      | sed -E "s/^([^,]*),([^,]*),(.*)\$/\1\t$signal\t\2\t{\3}/" \
      | psql "$CONNINFO" -X -q -v ON_ERROR_STOP=1 -c "create temp table t (station text, signal smallint, unix bigint, values text)" \
          -c "copy t from stdin" \
          -c "insert into file_rows select station, signal, to_timestamp(unix), values::real[] from t"
  done
  check "rows in the files and not, or differently, in the table" \
    "$(sql "select count(*) from (select * from file_rows except select station, signal, slot, values from observations) x")" 0
  check "rows in the table and not in the files" \
    "$(sql "select count(*) from (select station, signal, slot, values from observations except select * from file_rows) x")" 0
  check "rows in the table" "$(stored_rows)" "$(sql "select count(*) from (select distinct station, signal, slot from file_rows) x")"
}

rough_begin() {
  ROUGH=$E2E_DIR/rough
  ROUGH_BATCHES=$1
  mkdir "$ROUGH"
  : > "$ROUGH/acked"
  "$TESTBIN/rough_station" plan "$ROUGH_BATCHES" "$ROUGH"
  client stations import "$ROUGH/stations.csv"
}
rough_start() {
  "$TESTBIN/rough_station" send "$ROUGH_BATCHES" "$SERVER" "$ROUGH/acked" 2>> "$ROUGH/log" &
  ROUGH_PID=$!
}
acked_rows() { wc -l < "$ROUGH/acked"; }
acked_at_least() { [ "$(acked_rows)" -ge "$1" ]; }
check_acked_are_stored() {
  # What is in the file now was acknowledged before the table is looked at.
  cp "$ROUGH/acked" "$ROUGH/acked.seen"
  check "rows acknowledged and not stored" "$(psql "$CONNINFO" -X -A -t -q -v ON_ERROR_STOP=1 \
    -c "create temp table acked (station text, signal smallint, unix bigint, verdict text)" \
    -c "copy acked from stdin" \
    -c "select count(*) from acked a where not exists (select 1 from observations o where o.station = a.station and o.signal = a.signal
        and o.slot = to_timestamp(a.unix))" < "$ROUGH/acked.seen")" 0
}
rough_end() {
  wait $ROUGH_PID || fail "the stations gave up: $(tail -n 5 "$ROUGH/log")"
  check_acked_are_stored
  check_table_is_files "$ROUGH"/*_*.csv
}

train_and_promote() {
  local rc=0
  "$BIN/tremorcast-trainer" --database "$CONNINFO" --slots 24 --threads 1 --heads 1 --epochs 2 > "$E2E_DIR/trainer.log" 2>&1 || rc=$?
  [ $rc -eq 10 ] || [ $rc -eq 0 ] || fail "the trainer failed: $(tail -n 3 "$E2E_DIR/trainer.log")"
  client models promote "$(sql "select version from model_versions")" --reason "for a test"
  client status --wait-serving > /dev/null
}
