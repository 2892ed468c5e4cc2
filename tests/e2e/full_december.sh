#!/usr/bin/env bash
# Every file of December 2020: rows stored per station and signal equal the files, value by value; a second ingest stores nothing and calls every
# row a duplicate. Prints how long each took.
. "$(dirname "$0")/lib.sh"
[ -d "$SHARED/data/aeta/raw_2020_12" ] || skip "no rows in $SHARED/data/aeta/raw_2020_12"
e2e_begin full_december
db_start
server_start
files=("$SHARED"/data/aeta/raw_2020_12/*.csv.xz)
client stations import "$SHARED/data/aeta/StationInfo.csv"

began=$EPOCHREALTIME
client ingest --json "$SHARED/data/aeta/raw_2020_12" > "$E2E_DIR/first.json"
say "first ingest: $(seconds_since "$began") s"
cat "$E2E_DIR/first.json"
check_table_is_files "${files[@]}"
rows=$(stored_rows)
for what in duplicate conflict rejected unreadable_lines failed_rows; do
  check "$what in the first ingest" "$(json_number "$E2E_DIR/first.json" $what)" 0
done
check "rows answered in the first ingest" "$(json_number "$E2E_DIR/first.json" rows)" "$rows"

# A line "station signal rows" for each file that has rows.
for file in "${files[@]}"; do
  name=$(basename "$file" .csv.xz)
  count=$(($(xz -dc "$file" | wc -l) - 1))
  [ $count -le 0 ] || printf '%s\t%s\t%s\n' "${name%_*}" "${name##*_}" $count
done | sort > "$E2E_DIR/expected"
sql "select station, case signal when 0 then 'magn' else 'sound' end, count(*) from observations group by 1, 2" | sort > "$E2E_DIR/stored"
cmp "$E2E_DIR/expected" "$E2E_DIR/stored" || fail "rows per station and signal: $(diff "$E2E_DIR/expected" "$E2E_DIR/stored")"
say "ok: rows of $(wc -l < "$E2E_DIR/stored") station-signals, $rows in all"

# In batches of another size: none is a batch that was answered before, so every row is looked at again.
began=$EPOCHREALTIME
client ingest --no-resume --batch-rows 777 --json "$SHARED/data/aeta/raw_2020_12" > "$E2E_DIR/second.json"
say "second ingest: $(seconds_since "$began") s"
cat "$E2E_DIR/second.json"
check "rows called duplicate" "$(json_number "$E2E_DIR/second.json" duplicate)" "$rows"
check "rows stored by the second ingest" \
  $(($(json_number "$E2E_DIR/second.json" accepted) + $(json_number "$E2E_DIR/second.json" late))) 0
check "rows in the table" "$(stored_rows)" "$rows"

# The same command again has nothing to send.
client ingest --json "$SHARED/data/aeta/raw_2020_12" > "$E2E_DIR/third.json"
check "rows sent by the same command again" "$(json_number "$E2E_DIR/third.json" rows)" 0
check_table_is_files "${files[@]}"
server_stop || fail "the server did not drain"
