#!/usr/bin/env bash
# A full disk behind standard output is no success, of any program; and a reader that has it all is one.
set -euo pipefail
bin=$TREMORCAST_BINARY_DIR/bin
[ -c /dev/full ] || { echo "no /dev/full here"; exit 77; }

failed=0
for program in tremorcast tremorcast-server tremorcast-trainer; do
  for argument in --help --version; do
    status=0
    said=$("$bin/$program" $argument 2>&1 >/dev/full) || status=$?
    if [ $status -ne 1 ] || [[ $said != *"$program: standard output could not be written"* ]]; then
      echo "$program $argument >/dev/full: exit status $status, '$said'"
      failed=1
    fi
    "$bin/$program" $argument >/dev/null || { echo "$program $argument fails"; failed=1; }
  done
done
# As a file that is written piece by piece.
status=0
"$bin/tremorcast" completion bash 2>/dev/null >/dev/full || status=$?
[ $status -eq 1 ] || { echo "tremorcast completion bash >/dev/full: exit status $status"; failed=1; }
exit $failed
