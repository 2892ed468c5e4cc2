#!/usr/bin/env bash
# The programs take the command lines that docker-compose.yml, deploy/kubernetes and deploy/systemd
# give them. With a database that is not there they end with 1, since they tried in vain, and not
# with 2, which is wrong usage.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=${TREMORCAST_BINARY_DIR:-$root/build/dev}/bin
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
echo "host=$dir/none user=x dbname=x" > "$dir/database"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -keyout "$dir/tls.key" -out "$dir/tls.crt" 2>/dev/null

# WHAT PROGRAM ARGUMENT...: paths of secrets become ours, ports any free one.
try() {
  local what=$1 program=$2 rc=0
  shift 2
  mapfile -t arguments < <(printf '%s\n' "$@" | sed -e "s#/run/secrets/[a-z/-]*/#$dir/#; s#/run/secrets/#$dir/#; s#/var/lib/tremorcast#$dir#; s#:50051\$#:0#; s#:9464\$#:0#")
  timeout 120 "$bin/$program" "${arguments[@]}" > "$dir/said" 2>&1 || rc=$?
  [ $rc -eq 1 ] || { cat "$dir/said"; echo "FAILED: $what: $program ended with $rc: $*"; exit 1; }
  echo "ok: $what: $program takes ${#arguments[@]} arguments"
}
words() { grep -o '"[^"]*"' <<<"$1" | tr -d '"'; }

mapfile -t server < <(words "$(grep -m 1 'command: \["--database-file"' "$root/docker-compose.yml")")
try docker-compose.yml tremorcast-server "${server[@]}"
mapfile -t trainer < <(words "$(grep -m 1 'command: \["--every"' "$root/docker-compose.yml")")
# With --every it would stay and try again.
[ "${trainer[0]} ${trainer[1]}" = "--every 1w" ] || { echo "FAILED: the trainer's arguments were not found"; exit 1; }
try docker-compose.yml tremorcast-trainer "${trainer[@]:2}"

mapfile -t server < <(sed -n 's/^ *- \(--[a-z-].*\)$/\1/p' "$root/deploy/kubernetes/base/server.yml")
[ ${#server[@]} -gt 5 ] || { echo "FAILED: the server's arguments were not found"; exit 1; }
try deploy/kubernetes tremorcast-server "${server[@]}"
read -ra trainer <<<"$(sed -n 's/^ *args: \[\(.*\)\]/\1/p' "$root/deploy/kubernetes/base/trainer.yml" | tr -d ',')"
try deploy/kubernetes tremorcast-trainer "${trainer[@]}"

read -ra server <<<"$(sed -n 's#^ExecStart=/usr/local/bin/tremorcast-server \(.*\) \$TREMORCAST_SERVER_FLAGS#\1#p' "$root/deploy/systemd/tremorcast-server.service")"
[ ${#server[@]} -gt 1 ] || { echo "FAILED: the unit's arguments were not found"; exit 1; }
try deploy/systemd tremorcast-server "${server[@]/\$\{CREDENTIALS_DIRECTORY\}/$dir}"
read -ra trainer <<<"$(sed -n 's#^ExecStart=/usr/local/bin/tremorcast-trainer \(.*\) \$TREMORCAST_TRAINER_FLAGS#\1#p' "$root/deploy/systemd/tremorcast-trainer.service")"
[ ${#trainer[@]} -gt 1 ] || { echo "FAILED: the unit's arguments were not found"; exit 1; }
try deploy/systemd tremorcast-trainer "${trainer[@]/\$\{*_DIRECTORY\}/$dir}"
