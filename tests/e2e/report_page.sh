#!/usr/bin/env bash
# The page of a report, from a published set to a browser: written, drawn at the width of a phone and of a desk, the
# verdict in what the browser read, nothing fetched from anywhere.
. "$(dirname "$0")/lib.sh"
SET=$SHARED/data/timeseries/BasicMotions
compgen -G "${SET}_TRAIN.*" >/dev/null || skip "no set $SET"
BROWSER=$(command -v chromium || command -v chromium-browser || command -v google-chrome) || skip "no chromium"
e2e_begin report_page
page=$E2E_DIR/report.html

"$BIN/tremorcast-trainer" evaluate --dataset "$SET" --seeds 1 --heads 1 --epochs 5 --shifts 2 --batch 8 --threads 1 --progress log \
  --html "$page" --json-file "$E2E_DIR/report.json" --csv "$E2E_DIR/report.csv" > "$E2E_DIR/report.txt" 2> "$E2E_DIR/progress.log" \
  || { tail -n 20 "$E2E_DIR/progress.log"; fail "the evaluation failed"; }
for file in report.html report.json report.csv; do
  [ -s "$E2E_DIR/$file" ] || fail "$file is missing or empty"
done
# As the text report has it, as a browser writes text of a page.
verdict=$(sed -n '2s/^VERDICT  //p' "$E2E_DIR/report.txt" | sed 's/&/\&amp;/g; s/</\&lt;/g; s/>/\&gt;/g')
[ -n "$verdict" ] || fail "no verdict in the text report"
if grep -qiE '<script|<link|<img|<iframe|@import|url\(|(src|href)="(https?:)?//' "$page"; then fail "the page asks for something outside it"; fi

browser() {
  timeout 120 "$BROWSER" --headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --hide-scrollbars \
    --user-data-dir="$E2E_DIR/profile" "$@" "file://$page" 2>> "$E2E_DIR/browser.log"
}
browser --dump-dom > "$E2E_DIR/dom.html" || { tail -n 20 "$E2E_DIR/browser.log"; fail "the browser could not read the page"; }
grep -qF -- "$verdict" "$E2E_DIR/dom.html" || fail "the browser's page lacks the verdict '$verdict'"
say "ok: verdict: $verdict"

# A blank page of these sizes is a PNG of some 5 kB.
for width in 390 1280; do
  shot=$E2E_DIR/$width.png
  browser --window-size=$width,1600 --screenshot="$shot" || { tail -n 20 "$E2E_DIR/browser.log"; fail "no screenshot at $width pixels"; }
  bytes=$(stat -c %s "$shot")
  [ "$bytes" -gt 20000 ] || fail "the screenshot at $width pixels has $bytes bytes: blank?"
  say "ok: $bytes bytes of picture at $width pixels"
done
