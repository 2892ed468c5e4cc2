#!/usr/bin/env bash
# Types docs/TUTORIAL.md: its `sh` blocks run in order in one shell, with the programs of this
# build, where there is one, and the data in a folder of its own. Each line of a `text` block must
# be a line of what the `sh` block before it printed: runs of spaces count as one, `...` is
# anything. A command that fails without saying `|| ...` ends the test.
#
#   tests/bare-root/run --fresh bookworm tests/docs/tutorial.sh       as on a newcomer's machine: packages and build, too
. "$(dirname "$0")/../e2e/lib.sh"
tutorial=$ROOT/docs/TUTORIAL.md
e2e_begin tutorial
mkdir "$E2E_DIR/blocks" "$E2E_DIR/tmp"
export TMPDIR=$E2E_DIR/tmp TREMORCAST_QUICKSTART_DIR=$E2E_DIR/quickstart
# Where nothing is built, the quickstart builds, as it does for a newcomer.
[ ! -x "$BIN/tremorcast" ] || export TREMORCAST_BUILD=${BIN%/bin}
# Whatever happens, nothing is left running.
tutorial_end() {
  local rc=$?
  set +e
  "$ROOT/deploy/quickstart" --clean > /dev/null 2>&1
  (exit $rc)
  e2e_end
}
trap tutorial_end EXIT

# 01.sh, 01.text, 02.sh, ...
awk -v dir="$E2E_DIR/blocks" '
  /^```/ && block { close(block); block = ""; next }
  /^```sh$/ { block = sprintf("%s/%02d.sh", dir, ++n); next }
  /^```text$/ { block = sprintf("%s/%02d.text", dir, n); next }
  /^```/ { print "FAILED: " FILENAME ":" FNR ": a block that is neither sh nor text"; exit 1 }
  block { print > block }' "$tutorial"
blocks=("$E2E_DIR"/blocks/*.sh)
[ ${#blocks[@]} -gt 10 ] || fail "only ${#blocks[@]} blocks were found in $tutorial"

# A line of a text block as a regular expression.
expression() { sed -E -e 's/[[:space:]]+/ /g; s/^ | $//g' -e 's/[][\\.*^$+?(){}|]/\\&/g' -e 's/\\\.\\\.\\\./.*/g' "$1"; }
compare() {
  local printed=$1.out line
  sed -E 's/[[:space:]]+/ /g; s/^ | $//g' "$printed" > "$1.lines"
  while IFS= read -r line; do
    grep -qxE -- "$line" "$1.lines" || { sed 's/^/  | /' "$printed"; fail "no line '$line' in what this printed: $(cat "$1.sh")"; }
    lines=$((lines + 1))
  done < <(expression "$1.text")
}

cd "$ROOT"
lines=0
exec 3>&1 4>&2
for block in "${blocks[@]}"; do
  step=${block%.sh}
  exec > "$step.out" 2>&1
  trap 'trap - ERR; exec >&3 2>&4; say "FAILED: in $(cat "$block")"; cat "$step.out"' ERR
  # shellcheck disable=SC1090
  . "$block"
  trap - ERR
  exec >&3 2>&4
  [ ! -f "$step.text" ] || compare "$step"
done
[ ! -e "$TREMORCAST_QUICKSTART_DIR" ] || fail "$TREMORCAST_QUICKSTART_DIR is still there at the end"
say "ok: ${#blocks[@]} steps, $lines lines of output as written, $SECONDS s"
