#!/usr/bin/env bash
# kill -9 of the client, of the server and of PostgreSQL in the middle of an ingest; after each, start again: the table is exactly the files, and a
# further ingest stores nothing. Real December 2020 rows where they are at hand, simulated files otherwise.
. "$(dirname "$0")/lib.sh"
e2e_begin ingest_kill
db_start
server_start

files=$E2E_DIR/files
mkdir "$files"
if [ -d "$SHARED/data/aeta/raw_2020_12" ]; then
  say "real rows of $SHARED/data/aeta"
  # Five whole stations are enough to be killed in, and keep this test short.
  for station in 133 141 24 155 50117; do ln -s "$SHARED/data/aeta/raw_2020_12/${station}"_*.csv.xz "$files/"; done
  stations=$SHARED/data/aeta/StationInfo.csv
else
  say "no shared data: simulated rows"
  client simulate --seed 5 --regions 2 --stations 3 --weeks 4 --out "$E2E_DIR/simulated"
  ln -s "$E2E_DIR"/simulated/*_magn.csv "$E2E_DIR"/simulated/*_sound.csv "$files/"
  stations=$E2E_DIR/simulated/stations.csv
fi
client stations import "$stations"
total=$(rows_in_files "$files"/*)

# Small batches on one stream: slow enough to be killed in, and many commits to be killed between.
ingest_slowly() { exec "$BIN/tremorcast" --server "$SERVER" ingest --jobs 1 --batch-rows 40 "$files" > "$E2E_DIR/ingest.out" 2>&1; }
in_the_middle() {
  local rows; rows=$(stored_rows)
  [ "$rows" -lt "$total" ] || fail "all $rows rows were stored before $1 was killed: nothing was shown"
  say "stored when $1 was killed: $rows of $total"
}

say "--- kill -9 of the client"
ingest_slowly & client_pid=$!
wait_until 60 stored_at_least $((total / 8))
kill -9 $client_pid
wait $client_pid 2>/dev/null || true
in_the_middle "the client"

say "--- kill -9 of the server, under a client that goes on by itself"
ingest_slowly & client_pid=$!
wait_until 60 stored_at_least $((total / 4))
server_kill
in_the_middle "the server"
server_start

say "--- kill -9 of PostgreSQL, under the same client and server"
wait_until 60 stored_at_least $((total / 2))
db_kill
db_start
in_the_middle "PostgreSQL"
wait $client_pid || fail "the client gave up: $(tail -n 5 "$E2E_DIR/ingest.out")"
cat "$E2E_DIR/ingest.out"

check_table_is_files "$files"/*

say "--- everything once more, from the start and in other batches"
rows=$(stored_rows)
client ingest --no-resume --batch-rows 777 --json "$files" > "$E2E_DIR/again.json"
cat "$E2E_DIR/again.json"
check "rows called duplicate" "$(json_number "$E2E_DIR/again.json" duplicate)" "$rows"
check "rows in the table" "$(stored_rows)" "$rows"
check_table_is_files "$files"/*
