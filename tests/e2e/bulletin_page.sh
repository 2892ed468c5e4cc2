#!/usr/bin/env bash
# The bulletin over HTTP and as a folder: simulated rows through a real server, forecasts of three weeks, the same files both ways, strict XML, and
# a walk in Chromium over every kind of page (tests/web/bulletin.mjs). Pictures stay in BULLETIN_PAGE_OUT where it is set.
. "$(dirname "$0")/lib.sh"
e2e_begin bulletin_page
db_start
# In the first hours of a week the leader would issue a fourth one at some moment.
server_start --grace 0s --seal-quiet 1s --issue-from 2100-01-01
client simulate --seed 3 --regions 2 --stations 3 --weeks 8 > "$E2E_DIR/simulate.log" 2>&1 || { cat "$E2E_DIR/simulate.log"; fail "simulate"; }
client status --wait-sealed > /dev/null
last=$(sql "select extract(epoch from max(window_start))::bigint from weekly_windows")
for back in 0 1 2; do
  client forecast --at "$(date -u -d "@$((last - back * 604800))" +%Y-%m-%dT%H:%M:%SZ)" > /dev/null
done
client bulletin -o "$E2E_DIR/site" --purpose test
for file in index.html index.zh.html region-sim-0.html station-S0001.zh.html forecasts.geojson forecasts.csv catalogue.txt rates.dat forecast-sim-1.json; do
  [ -s "$E2E_DIR/site/$file" ] || fail "$file is missing or empty"
  curl -fsS "http://$HTTP/$file" > "$E2E_DIR/served" || fail "$file is not served"
  # The time of making may differ.
  cmp <(grep -v 'Made \|生成时间' "$E2E_DIR/site/$file") <(grep -v 'Made \|生成时间' "$E2E_DIR/served") || fail "$file differs between folder and server"
done
check "forecasts in the CSV" "$(tail -n +2 "$E2E_DIR/site/forecasts.csv" | wc -l)" $((3 * 2 * 4))
check "code of a page that is not there" "$(curl -s -o /dev/null -w '%{http_code}' "http://$HTTP/region-x.html")" 404
if grep -lqiE '<script|<link|<img|<iframe|@import|url\((https?:)?//|(src|href)="(https?:)?//' "$E2E_DIR"/site/*.html; then fail "a page asks for something outside"; fi
if command -v xmllint > /dev/null; then
  xmllint --noout "$E2E_DIR"/site/*.html || fail "a page is not well-formed"
else
  say "no xmllint: the pages were not read strictly"
fi

not_walked=""
walk() {
  if ! command -v chromium > /dev/null && ! command -v chromium-browser > /dev/null && ! command -v google-chrome > /dev/null; then
    not_walked="no Chromium (Debian package chromium)"
    return
  fi
  local rc=0
  not_walked=$("$ROOT/tests/web/install") || rc=$?
  [ $rc -ne 77 ] || return 0
  [ $rc -eq 0 ] || fail "$not_walked"
  node "$ROOT/tests/web/bulletin.mjs" "http://$HTTP/" ${BULLETIN_PAGE_OUT:+"$BULLETIN_PAGE_OUT"} || fail "the walk in Chromium"
}
walk
# A database that is away is said, not shown as an empty bulletin; what was read a moment ago may be shown until it is old.
db_kill
wait_until 90 eval '[ "$(curl -s -o /dev/null -w "%{http_code}" "http://$HTTP/")" = 503 ]'
say "ok: 503 without the database"
db_start
wait_until 90 eval '[ "$(curl -s -o /dev/null -w "%{http_code}" "http://$HTTP/")" = 200 ]'
server_stop || fail "the server did not drain"
[ -z "$not_walked" ] || skip "$not_walked: files were checked, pages not looked at"
