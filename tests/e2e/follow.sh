#!/usr/bin/env bash
# `tremorcast ingest --follow` while its file is renamed, copied and cut, and its server is killed; then the rows of a file that a job reads again
# and again, of which one is not stored.
. "$(dirname "$0")/lib.sh"
e2e_begin follow
db_start
server_start
"$BIN/tremorcast" simulate --regions 1 --stations 1 --weeks 1 --gap-rate 0 --out "$E2E_DIR/made" >/dev/null
client stations import "$E2E_DIR/made/stations.csv" >/dev/null
whole=$(ls "$E2E_DIR"/made/*_magn.csv)
logs=$E2E_DIR/logs
mkdir "$logs"
live=$logs/$(basename "$whole")
lines() { sed -n "$(($1 + 1)),$(($2 + 1))p" "$whole"; }  # rows from..to
header=$(head -n 1 "$whole")

{ echo "$header"; lines 1 50; } > "$live"
"$BIN/tremorcast" --server "$SERVER" ingest --follow "$logs" > "$E2E_DIR/follow.log" 2>&1 &
follower=$!
wait_until 60 stored_at_least 50
# Renamed with rows that nobody has read, and a new file in its place.
lines 51 70 >> "$live"; mv "$live" "$live.1"; { echo "$header"; lines 71 80; } > "$live"
wait_until 60 stored_at_least 80
# Copied and cut while the server is away.
server_kill
lines 81 120 >> "$live"; mv "$live.1" "$live.2"; cp "$live" "$live.1"; { echo "$header"; lines 121 260; } > "$live"
server_start
wait_until 60 stored_at_least 260
kill -TERM $follower
rc=0; wait $follower || rc=$?
check "exit of the follower" $rc 0
check "rows stored" "$(stored_rows)" 260
sed -n 1,261p "$whole" > "$E2E_DIR/$(basename "$whole")"
check_table_is_files "$E2E_DIR/$(basename "$whole")"

# A row off the grid: told at every run, until it is corrected.
job=$E2E_DIR/job/$(basename "$whole")
mkdir "$E2E_DIR/job"
wrong() { { echo "$header"; lines 261 270; lines 271 271 | awk -F, -v OFS=, '{ $2 += 1; print }'; lines 272 300; } > "$job"; }
wrong
for run in 1 2; do
  rc=0; client ingest --json "$job" > "$E2E_DIR/run.json" 2> "$E2E_DIR/run.log" || rc=$?
  check "exit of run $run with a row off the grid" $rc 4
  check "rejected in run $run" "$(json_number "$E2E_DIR/run.json" rejected)" 1
done
{ echo "$header"; lines 261 300; } > "$job"
client ingest "$job" > /dev/null 2>&1
check "rows stored after the correction" "$(stored_rows)" 300
