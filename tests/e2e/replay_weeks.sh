#!/usr/bin/env bash
# deploy/quickstart --replay: weeks on a replay clock, judged from the outside, in WEEKS weeks (default 2). From twelve on the whole story is asked
# for: a promotion and a rollback that the service itself wrote into the ledger. Works in REPLAY_DIR where it is set, and leaves it.
. "$(dirname "$0")/lib.sh"
weeks=${1:-2}
e2e_begin replay_weeks
dir=${REPLAY_DIR:-$E2E_DIR/replay}
stop() { "$ROOT/deploy/quickstart" --clean --dir "$dir" > /dev/null 2>&1 || true; e2e_end; }
[ -n "${REPLAY_DIR:-}" ] || trap stop EXIT
"$ROOT/deploy/quickstart" --build "${BIN%/bin}" --dir "$dir" --replay "${weeks}w" > "$E2E_DIR/replay.log" 2>&1 \
  || { cat "$E2E_DIR/replay.log"; tail -n 20 "$dir/server.log"; fail "the replay"; }
cat "$E2E_DIR/replay.log"
CONNINFO=$("$ROOT/deploy/cluster" start "$dir/pg")
SERVER=$(sed -n 's/^grpc=//p' "$dir/ports")
HTTP=$(sed -n 's/^http=//p' "$dir/ports")

# The week after the last is issued too, so that the last can be verified.
check "scored forecasts" "$(sql "select count(*) from forecasts where scored")" $((8 * (weeks + 1)))
check "scored forecasts issued before their week or later than six hours into it" \
  "$(sql "select count(*) from forecasts where scored and issued_at not between valid_from and valid_from + interval '6 hours'")" 0
check "verifications" "$(sql "select count(*) from verifications")" $((8 * weeks))
check "windows of ended weeks that hold rows and are not sealed" \
  "$(sql "select count(*) from station_weeks s where week + interval '7 days' <= to_timestamp(1704556800 + $weeks * 604800)
          and not exists (select 1 from weekly_windows w where w.station = s.station and w.window_start = s.week)")" 0
# Rows sent again are all known: none was lost, none was altered.
"$BIN/tremorcast" --server "$SERVER" simulate --seed 1 --regions 8 --stations 1 --start "$(date -u -d "@$((1704556800 - 604800 * 100))" +%Y-%m-%dT%H:%M:%SZ)" \
  --weeks $((102 + weeks)) --no-clustering --gap-rate 0.05 --dead-rate 0 --stale-rate 0 --precursor 12 --passing-precursor 12:50-106 \
  --since "$(date -u -d @1704556800 +%Y-%m-%dT%H:%M:%SZ)" \
  --as-of "$(date -u -d "@$((1704556800 + weeks * 604800))" +%Y-%m-%dT%H:%M:%SZ)" --json > "$E2E_DIR/again.json" || fail "sending rows again"
for what in accepted conflict rejected late; do check "$what when the rows are sent again" "$(json_number "$E2E_DIR/again.json" $what)" 0; done
[ "$(json_number "$E2E_DIR/again.json" duplicate)" -gt 10000 ] || fail "hardly a row was sent again"

# Whoever looks sees that it is not the present.
curl -fsS "http://$HTTP/" > "$E2E_DIR/page"
grep -q "Replay: not the present time.</strong> Here it is 2024-" "$E2E_DIR/page" || fail "the page does not say that it is a replay"
curl -fsS "http://$HTTP/metrics" > "$E2E_DIR/metrics"
grep -q 'tremorcast_check_status{check="clock"} 1' "$E2E_DIR/metrics" || fail "the metrics do not say that it is a replay"
grep -q "replay: the time is that of the replay clock" "$dir/server.log" || fail "the log does not say that it is a replay"
"$BIN/tremorcast" --server "$SERVER" doctor > "$E2E_DIR/doctor" || true
grep -q "not the present time" "$E2E_DIR/doctor" || { cat "$E2E_DIR/doctor"; fail "doctor does not say that it is a replay"; }
rc=0
"$BIN/tremorcast-server" --database "$CONNINFO" --listen 0.0.0.0:0 --insecure --replay-clock "$dir/clock" 2> "$E2E_DIR/refused" || rc=$?
check "exit code with an address that others reach" $rc 2
grep -q "a replay is no service" "$E2E_DIR/refused" || fail "it is not said why: $(cat "$E2E_DIR/refused")"

check "first model by hand" "$(sql "select reason from promotions order by sequence limit 1")" "first model of the replay"
if [ "$weeks" -ge 12 ]; then
  promoted=$(sql "select count(*) from promotions where kind = 1 and actor = 'auto'")
  [ "$promoted" -ge 1 ] || fail "nothing was promoted by verified skill"
  undone=$(sql "select count(*) from promotions where kind = 2 and actor = 'auto' and sequence > (select min(sequence) from promotions where kind = 1 and actor = 'auto')")
  [ "$undone" -ge 1 ] || fail "the promoted model was not rolled back"
  grep -q '^tremorcast_model_promotions_total{actor="auto"' "$E2E_DIR/metrics" || fail "the metrics show no automatic entry"
fi

# Real stations never come under a replayed time. (A database of its own: the same cluster, one real station.)
"$ROOT/deploy/quickstart" --stop --dir "$dir" > /dev/null
CONNINFO=$("$ROOT/deploy/cluster" start "$dir/pg")
sql "insert into stations (station, revision, title, latitude_deg, longitude_deg, magn_updating, sound_updating, valid_from, valid_to, simulated)
     select 'real', 1, 'real', 30, 100, true, true, '-infinity', 'infinity', false"
rc=0
"$BIN/tremorcast-server" --database "$CONNINFO" --listen 127.0.0.1:0 --http 127.0.0.1:0 --replay-clock "$dir/clock" 2> "$E2E_DIR/refused" || rc=$?
check "exit code with a real station" $rc 1
grep -q "station real, which is not simulated" "$E2E_DIR/refused" || fail "it is not said why: $(cat "$E2E_DIR/refused")"
say "ok: $weeks weeks replayed"
