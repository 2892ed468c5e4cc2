#!/usr/bin/env bash
# Example reports as pages: a strict XML reader takes them, and Chromium lays them out at the width of a phone and of a desk, light and dark,
# without anything wider than the page, and prints them. Pictures stay in REPORT_PAGE_OUT where it is set.
# Skipped without Chromium; without xmllint the strict reading is left out with a message.
set -euo pipefail
render=$TREMORCAST_BINARY_DIR/tests/bin/render_example_report
out=${REPORT_PAGE_OUT:-$(mktemp -d)}
[ -n "${REPORT_PAGE_OUT:-}" ] || trap 'rm -rf "$out"' EXIT
mkdir -p "$out"
fail() { echo "FAILED: $*"; exit 1; }

for which in rich curves; do
  "$render" $which "$out/$which.html"
  if command -v xmllint > /dev/null; then
    xmllint --noout "$out/$which.html" || fail "$which.html is not well-formed"
  else
    echo "no xmllint: $which.html was not read strictly"
  fi
done

chromium=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
if [ -z "$chromium" ]; then echo "SKIPPED: no Chromium (Debian package chromium)"; exit 77; fi
# --no-sandbox: the page is ours, and containers often lack the namespaces.
browse() {
  timeout 120 "$chromium" --headless=new --no-sandbox --disable-gpu --hide-scrollbars --user-data-dir="$out/profile" "$@" \
    2> "$out/chromium.log" || { cat "$out/chromium.log"; fail "Chromium: $*"; }
}
# A frame of the wanted width around the page: a window of a headless Chromium lays out no narrower than 500 px. The frame says how wide the
# page became.
frame() {
  cat << END
<!DOCTYPE html><body style="margin:0"><iframe id="page" src="$1" style="border:0;width:$2px;height:$3px"></iframe>
<p id="width">unread</p><script>
onload = () => { width.textContent = "wide " + page.contentDocument.documentElement.scrollWidth; };
</script></body>
END
}
for which in rich curves; do
  for width in 390 1280; do
    height=$([ $which = rich ] && echo 15000 || echo 2600)
    frame "$which.html" $width $height > "$out/frame-$which-$width.html"
    wide=$(browse --allow-file-access-from-files --dump-dom "file://$out/frame-$which-$width.html" | grep -o 'wide [0-9]*' | head -n 1 || true)
    [ "$wide" = "wide $width" ] || fail "$which in a frame of $width px is '$wide'"
    for scheme in light dark; do
      blink=$([ $scheme = dark ] && echo 0 || echo 1)
      picture=$out/$which-$width-$scheme.png
      browse --blink-settings=preferredColorScheme=$blink --window-size=$width,$height --screenshot="$picture" "file://$out/frame-$which-$width.html"
      [ -s "$picture" ] || fail "no picture of $which at $width px, $scheme"
    done
  done
  browse --no-pdf-header-footer --print-to-pdf="$out/$which.pdf" "file://$out/$which.html"
  [ "$(head -c 5 "$out/$which.pdf")" = "%PDF-" ] || fail "no print of $which"
done
! cmp -s "$out/rich-1280-light.png" "$out/rich-1280-dark.png" || fail "dark looks like light"
echo "ok: pictures and prints of both pages"
