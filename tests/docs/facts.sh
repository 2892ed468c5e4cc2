#!/usr/bin/env bash
# Holds what Markdown files say of the source against it. Paths, flags, types, metrics, tests and
# presets that they name are there, and docs/SECURITY.md allows to each role what the server does.
# shellcheck disable=SC2016  # backticks are Markdown's
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
cd "$root"
git rev-parse --is-inside-work-tree > /dev/null 2>&1 || { echo "SKIPPED: not a git checkout"; exit 77; }
status=0
fault() { echo "FAILED: $*"; status=1; }
mapfile -t pages < <(git ls-files '*.md')
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# `core/observation/drift.h`, `storage/ingest/ingest_transaction` (.h, .cc), `tests/sanitize/suppressions-*.txt`, `tests/fuzz/NAME_fuzz.cc`
paths=0
while IFS=: read -r page path; do
  compgen -G "$path" > /dev/null || compgen -G "$path.*" > /dev/null || fault "$page names $path, which is not there"
  paths=$((paths + 1))
done < <(grep -oE '`(bulletin|cli|cmake|core|deploy|docs|examples|files|model|page|proto|server|storage|tests|trainer|\.ci)/[^ `]*`' "${pages[@]}" |
  tr -d '`' | sed 's|/$||; s|NAME|*|' | sort -u)
[ $paths -gt 50 ] || fault "only $paths paths were found"

# Those of other programs: kubectl, pg_restore, systemctl, GoogleTest.
foreign=" --from-file --cert --key --dbname --exit-on-error --now --gtest "
git grep -hoE -e '--[a-z][a-z-]+' -- ':!*.md' | sort -u > "$scratch/flags"
flags=0
while IFS=: read -r page flag; do
  [[ $foreign == *" $flag "* ]] || grep -qxF -e "$flag" "$scratch/flags" || fault "$page names $flag, which no program has"
  flags=$((flags + 1))
done < <(grep -oE -e '--[a-z][a-z-]+' "${pages[@]}" | sort -u)

# Types, methods, tests and metrics: `IssueJob`, `tremorcast_check_status{check}`
word='[A-Z][a-z]+[A-Z][A-Za-z]+|tremorcast_[a-z_]+'
git grep -hoE "\\b($word)\\b" -- ':!*.md' | sort -u > "$scratch/words"
names=$(grep -ohE "\`($word)[\`{]" "${pages[@]}" | tr -d '`{' | sort -u)
[ "$(wc -l <<< "$names")" -gt 50 ] || fault "only a few names were found"
for name in $(comm -23 - "$scratch/words" <<< "$names"); do fault "a page names $name, which is nowhere in the source"; done

# Test programs: core_test, ingest_kill_e2e
git grep -hoE '^ *tremorcast_(test|script_test|executable)\([a-z0-9_]+' -- '*CMakeLists.txt' | sed 's/.*(//' | sort -u > "$scratch/programs"
for name in $(grep -ohE '\b[a-z0-9_]+_(test|e2e|soak|bench)\b' "${pages[@]}" | sort -u | comm -23 - "$scratch/programs"); do
  fault "a page names the test $name, which is not there"
done

# cmake --preset dev, and the list of CONTRIBUTING.md
for preset in $(grep -ohE -e '--preset [a-z-]+' "${pages[@]}" | cut -d' ' -f2 | sort -u) \
  $(grep -oE '^Other presets: [^.]*' CONTRIBUTING.md | grep -oE '`[a-z-]+`' | tr -d '`'); do
  grep -qF "\"name\": \"$preset\"" CMakePresets.json || fault "a page names the preset $preset, which is not in CMakePresets.json"
done

# Lines "METHOD ROLES", once from the table of the page and once from that of the source.
said() { grep -F "$1" docs/SECURITY.md | head -n 1 | cut -d'|' -f2 | grep -oE '`[A-Z][A-Za-z]+`' | tr -d '`' | sed "s/\$/ $2/"; }
{
  said '| health `Check`' kAnyRole
  said '| reflection' kAnyRole
  said '| `GetStation`' kReads
  said '| `IngestObservations`' kWrites
  said '| `UpdateStation`' kAdmin
} | sort > "$scratch/said"
sed -nE 's|^ *\{"/[a-zA-Z0-9.]+/([A-Za-z]+)", (k[A-Za-z]+)(, true)?\},.*|\1 \2|p' server/rpc/access/auth_methods.cc | grep -v ServerReflectionInfo | sort > "$scratch/allowed"
methods=$(wc -l < "$scratch/allowed")
[ "$methods" -gt 20 ] || fault "only a few methods were found in server/rpc/access/auth_methods.cc"
diff "$scratch/said" "$scratch/allowed" || fault "docs/SECURITY.md (<) and server/rpc/access/auth_methods.cc (>) differ"

[ $status -ne 0 ] || echo "ok: $paths paths, $flags flags, $(wc -l <<< "$names") names, $methods methods"
exit $status
