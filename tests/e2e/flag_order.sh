#!/usr/bin/env bash
# In every program a value that is typed counts before one in a file, and that before one in the environment, wherever in the
# argument list it stands. Each source names another place that is not there, and the program says which one it tried.
set -euo pipefail
BIN=${TREMORCAST_BINARY_DIR:-$(cd "$(dirname "$0")/../.." && pwd)/build/dev}/bin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
fail() { echo "FAILED: $*"; exit 1; }
tried=0

# WORD PROGRAM ARGUMENT...: of the words typed, file and variable the program says this one alone.
tries() {
  local word=$1 program=$2 said
  shift 2
  said=$("$BIN/$program" "$@" 2>&1) && fail "$program $* did not fail"
  [ "$(grep -oE 'of-the-(typed|file|variable)' <<<"$said" | sort -u | xargs)" = "of-the-$word" ] ||
    fail "$program $* tried something else than the $word: $said"
  tried=$((tried + 1))
}
# PROGRAM ARGUMENT...: a flag that is given and empty is wrong usage; the environment is not taken in its place.
refuses() {
  local program=$1 rc=0 said
  shift
  said=$("$BIN/$program" "$@" 2>&1) || rc=$?
  [ $rc -eq 2 ] || fail "$program $* ended with $rc: $said"
  tried=$((tried + 1))
}

typed="host=$dir/of-the-typed dbname=x"
echo "host=$dir/of-the-file dbname=x" > "$dir/file"
export TREMORCAST_DATABASE="host=$dir/of-the-variable dbname=x"
# What libpq itself reads comes before none of them.
export PGHOST=$dir/of-libpq
server=(tremorcast-server --database-wait 0s --listen 127.0.0.1:0 --http 127.0.0.1:0)
tries variable "${server[@]}"
tries file "${server[@]}" --database-file "$dir/file"
tries typed "${server[@]}" --database-file "$dir/file" --database "$typed"
tries typed "${server[@]}" --database "$typed"
refuses "${server[@]}" --database ""
refuses "${server[@]}" --database-file ""
for command in "" train runs evaluate; do
  trainer=(tremorcast-trainer ${command:+"$command"})
  tries variable "${trainer[@]}"
  tries typed "${trainer[@]}" --database-file "$dir/file" --database "$typed"
  refuses "${trainer[@]}" --database ""
  # Before the command too.
  [ -z "$command" ] || tries typed tremorcast-trainer --database "$typed" "$command" --database-file "$dir/file"
done
tries file tremorcast-trainer --database-file "$dir/file" runs

# The client's flags name files that it reads before it calls, and the server, which it names when nobody answers.
for flag in server tls-ca tls-cert tls-key token-file; do
  variable=TREMORCAST_$(tr 'a-z-' 'A-Z_' <<<"$flag")
  other=()
  case $flag in
    tls-cert) other=(--tls-key "$dir/file" --tls-ca "$dir/file") ;;
    tls-key) other=(--tls-cert "$dir/file" --tls-ca "$dir/file") ;;
  esac
  from=$dir/
  [ "$flag" != server ] || from=unix:$dir/
  export "$variable=${from}of-the-variable"
  value=${from}of-the-typed
  tries variable tremorcast "${other[@]}" status
  tries variable tremorcast status "${other[@]}"
  tries typed tremorcast "--$flag" "$value" "${other[@]}" status
  tries typed tremorcast "--$flag=$value" "${other[@]}" status
  tries typed tremorcast status "--$flag" "$value" "${other[@]}"
  refuses tremorcast "--$flag=" "${other[@]}" status
  refuses tremorcast status "--$flag" "" "${other[@]}"
  unset "$variable"
done
[ $tried -ge 50 ] || fail "only $tried were tried"
echo "ok: $tried command lines"
