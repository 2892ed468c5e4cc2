#!/usr/bin/env bash
# Makes the picture of the README anew: the head of a real bulletin page of simulated data in
# Chromium, light and dark. It wants the Debian packages chromium and pngquant beside what the tests
# install.
#
#   tests/web/picture.sh        writes docs/pictures/bulletin-{light,dark}.png, with the programs of build/dev
. "$(dirname "$0")/../e2e/lib.sh"
command -v pngquant > /dev/null || fail "no pngquant (Debian package of that name)"
e2e_begin picture
"$ROOT/tests/web/install" || fail "see above"
db_start
server_start --grace 0s --seal-quiet 1s --issue-from 2100-01-01
client simulate --seed 3 --regions 4 --stations 3 --weeks 12 > "$E2E_DIR/simulate.log" 2>&1 || { cat "$E2E_DIR/simulate.log"; fail "simulate"; }
client status --wait-sealed > /dev/null
last=$(sql "select extract(epoch from max(window_start))::bigint from weekly_windows")
for back in 0 1 2 3; do
  client forecast --at "$(date -u -d "@$((last + 604800 - back * 604800))" +%Y-%m-%dT%H:%M:%SZ)" > /dev/null
done
mkdir -p "$ROOT/docs/pictures"
node "$ROOT/tests/web/picture.mjs" "http://$HTTP/" "$ROOT/docs/pictures/bulletin"
pngquant --force --ext .png --speed 1 --strip "$ROOT"/docs/pictures/bulletin-*.png
ls -l "$ROOT/docs/pictures"
