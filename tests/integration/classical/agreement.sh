#!/usr/bin/env bash
# The weighted tree and SVM of table IV against scikit-learn's on the same features of real weeks. See agreement.py for what is asked.
set -euo pipefail
python=/usr/bin/python3
here=$(dirname "$0")
series=${TREMORCAST_SHARED:-$TREMORCAST_SOURCE_DIR/../shared}/data/timeseries
program=$TREMORCAST_BINARY_DIR/tests/bin/export_classical

[ -e "$series/AETAAreaWeek_TRAIN.ts.xz" ] || { echo "skipped: no $series/AETAAreaWeek_TRAIN.ts.xz"; exit 77; }
"$python" -c 'import sklearn, numpy' 2>/dev/null || { echo "skipped: no scikit-learn for $python (Debian package python3-sklearn)"; exit 77; }
[ -x "$program" ] || { echo "no $program" >&2; exit 1; }

out=$(mktemp -d)
trap 'rm -rf "$out"' EXIT
"$program" "$series/AETAAreaWeek" "$out"
OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 "$python" "$here/agreement.py" "$out"
