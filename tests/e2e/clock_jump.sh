#!/usr/bin/env bash
# The clock of the server's machine jumps a week ahead, then three days back, while PostgreSQL's stays. As long as the two disagree the server is
# not ready, does not lead and takes nothing, and says why; so no week is sealed or issued early, no row is refused as of the future, and none gets a
# false time of arrival. Once the clock is right all goes on by itself: every row once, every week issued once.
. "$(dirname "$0")/lib.sh"
e2e_begin clock_jump
fake=$(ls /usr/lib/*/faketime/libfaketimeMT.so.1 2>/dev/null | head -n 1)
[ -n "$fake" ] || skip "libfaketime is not installed (Debian package faketime)"
clock=$E2E_DIR/clock
# Replaced at once: the server reads the file whenever it asks for the time.
set_clock() { echo "$1" > "$clock.new"; mv "$clock.new" "$clock"; }
set_clock +0
db_start
# The wall clock alone is false, as after a jump.
export FAKETIME_TIMESTAMP_FILE=$clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1
SERVER_PRELOAD=$fake server_start --grace 0s --seal-quiet 0s
unset FAKETIME_TIMESTAMP_FILE

say "--- ten weeks and what there is of this one, but for the last rows; a model; this week's forecasts"
client simulate --seed 3 --regions 2 --stations 1 --weeks 10 --until-now --event-rate 0.5 --out "$E2E_DIR/all" > /dev/null
mkdir "$E2E_DIR/files"
for file in "$E2E_DIR"/all/*_*.csv; do head -n -200 "$file" > "$E2E_DIR/files/${file##*/}"; done
client stations import "$E2E_DIR/all/stations.csv"
client regions import "$E2E_DIR/all/regions.json"
client catalog import "$E2E_DIR/all/catalogue.txt" > /dev/null
client ingest "$E2E_DIR/files" > /dev/null
client status --wait-sealed > /dev/null
train_and_promote
week="to_timestamp(1607184000 + floor((extract(epoch from now()) - 1607184000) / 604800) * 604800)"
forecasts() { sql "select count(*), count(*) filter (where valid_from > $week) from forecasts"; }
issued() { [ "$(forecasts)" = $'2\t0' ]; }
wait_until 120 issued
cp "$E2E_DIR"/all/*_*.csv "$E2E_DIR/files/"

says() { curl -s "http://$HTTP/readyz" | grep "$1" > /dev/null; }
leads() { curl -s "http://$HTTP/metrics" | grep "^tremorcast_leader $1\$" > /dev/null; }
nothing_happens_while() {
  wait_until 120 says "clock is $1"
  wait_until 120 leads 0
  ! http_ready || fail "the server calls itself ready"
  curl -s "http://$HTTP/readyz"
  local rc=0 rows; rows=$(stored_rows)
  client ingest --retry-for 0s "$E2E_DIR/files" > "$E2E_DIR/try.log" 2>&1 || rc=$?
  check "exit code of an ingest that does not wait" $rc 3
  grep -q "UNAVAILABLE: .*clock is $1" "$E2E_DIR/try.log" || fail "the client was not told: $(cat "$E2E_DIR/try.log")"
  check "rows stored meanwhile" $(($(stored_rows) - rows)) 0
}
goes_on() {
  set_clock +0
  wait_until 120 http_ready
  wait_until 120 leads 1
  check "windows of weeks that are not over" "$(sql "select count(*) from weekly_windows where not rolling and window_start >= $week")" 0
  check "forecasts, and those of weeks that have not begun" "$(forecasts)" $'2\t0'
}

say "--- a week ahead"
set_clock +7d
nothing_happens_while "16[78]h.* ahead"
goes_on

say "--- three days back"
set_clock -3d
nothing_happens_while "7[12]h.* behind"
goes_on

say "--- the rows that were refused meanwhile"
client ingest --json "$E2E_DIR/files" > "$E2E_DIR/last.json"
check "rows rejected" "$(json_number "$E2E_DIR/last.json" rejected)" 0
check "rows accepted" "$(($(json_number "$E2E_DIR/last.json" accepted) + $(json_number "$E2E_DIR/last.json" late)))" $((4 * 200))
check_table_is_files "$E2E_DIR"/files/*_*.csv
check "rows that seem to have come at another time than today" \
  "$(sql "select count(*) from observations where received_at not between now() - interval '2 hours' and now() + interval '1 minute'")" 0
