#!/usr/bin/env bash
# kill -9 of the client, of the server and of PostgreSQL in the middle of an ingest; after each, start again: the table is exactly the files, and a
# further ingest stores nothing. Real December 2020 rows where they are at hand, simulated files otherwise.
#
#   ingest_kill.sh [ROUNDS [SEED]]
#
# Then ROUNDS (4) more kills of one or two of the three, chosen by SEED, under stations that send rows out of order, repeated, with other values
# and late (rough_station): after each kill every row that was ever acknowledged is in the table, at the end the table is exactly the plan, every
# late row is in its sealed window, and no window was sealed with a row missing.
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

rounds=${1:-4}
seed=${2:-$RANDOM}
batches=$((300 + rounds * 60))
say "--- $rounds rounds of kills under rough stations, $batches batches each, seed $seed"
RANDOM=$seed
rough_begin $batches
server_stop || fail "the server did not drain"
sql "delete from observations; delete from station_weeks; delete from dirty_windows; delete from weekly_windows; delete from ingest_high_water"
# A week at rest is sealed as soon as a server begins to lead, so each restart makes the rows to come late.
server_flags=(--grace 0s --seal-quiet 0s)
server_start "${server_flags[@]}"

rough_start
victims=(client server PostgreSQL "server PostgreSQL" "client server" "client PostgreSQL")
for ((round = 1; round <= rounds; ++round)); do
  # The first three rounds take each of the three, whatever the seed.
  victim=${victims[$((round <= 3 ? round - 1 : RANDOM % ${#victims[@]}))]}
  wait_until 120 acked_at_least $(($(acked_rows) + 16 * (1 + RANDOM % 60)))
  kill -0 $ROUGH_PID 2>/dev/null || fail "the stations were done before round $round: nothing was shown"
  for one in $victim; do
    case $one in
      client) kill -9 $ROUGH_PID; wait $ROUGH_PID 2>/dev/null || true ;;
      server) server_kill ;;
      PostgreSQL) db_kill ;;
    esac
  done
  for one in $victim; do [ "$one" != PostgreSQL ] || db_start; done
  check_acked_are_stored
  for one in $victim; do
    case $one in
      client) rough_start ;;
      server) server_start "${server_flags[@]}" ;;
    esac
  done
  say "round $round: $victim killed at $(acked_rows) acknowledged rows, none lost"
done
rough_end
say "verdicts acknowledged: $(cut -f 4 "$ROUGH/acked" | sort | uniq -c | tr -s ' \n' ' ')"
grep -q VERDICT_LATE "$ROUGH/acked" || fail "no row was late: sealing was not tried"
grep -q VERDICT_CONFLICT "$ROUGH/acked" || fail "no row was in conflict"

say "--- the sealed windows hold every row, late ones too"
server_stop || fail "the server did not drain"
server_start "${server_flags[@]}"
client status --wait-sealed > /dev/null
check "weeks whose newest window is not what the table holds" "$(sql "
  select count(*) from (select station, floor((extract(epoch from slot) - 1607184000) / 604800) as week, count(*) as held from observations
                        group by 1, 2) o
  full join (select distinct on (station, window_start) station, floor((extract(epoch from window_start) - 1607184000) / 604800) as week,
             magn_rows + sound_rows as held from weekly_windows where not rolling order by station, window_start, revision desc) w
  using (station, week) where o.held is distinct from w.held")" 0
say "windows: $(sql "select count(distinct (station, window_start)) || ' weeks, ' || count(*) || ' revisions' from weekly_windows")"
