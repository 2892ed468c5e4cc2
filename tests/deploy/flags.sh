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

# shellcheck source=command_lines.sh
. "$root/tests/deploy/command_lines.sh"

# WHERE PROGRAM ARGUMENT...: paths of secrets become ours, ports any free one.
try() {
  local where=$1 program=$2 rc=0
  shift 2
  [ $# -gt 1 ] || { echo "FAILED: $where: the arguments of $program were not found"; exit 1; }
  mapfile -t arguments < <(printf '%s\n' "$@" | sed -e "s#/run/secrets/[a-z/-]*/#$dir/#; s#/run/secrets/#$dir/#; s#/var/lib/tremorcast#$dir#; s#:50051\$#:0#; s#:9464\$#:0#" \
    -e "s#\${[A-Z]*_DIRECTORY}#$dir#")
  timeout 120 "$bin/$program" "${arguments[@]}" > "$dir/said" 2>&1 || rc=$?
  [ $rc -eq 1 ] || { cat "$dir/said"; echo "FAILED: $where: $program ended with $rc: $*"; exit 1; }
  echo "ok: $where: $program takes ${#arguments[@]} arguments"
}

for where in compose kubernetes systemd; do
  mapfile -t server < <(server_of $where)
  # It does not wait for a database that never comes.
  try $where tremorcast-server "${server[@]}" --database-wait 0s
  mapfile -t trainer < <(trainer_of $where)
  # With --every it would stay and try again.
  [ "$where" != compose ] || { [ "${trainer[*]:0:2}" = "--every 1w" ] && trainer=("${trainer[@]:2}"); }
  try $where tremorcast-trainer "${trainer[@]}"
  mapfile -t catalogue < <(catalogue_of $where)
  [ "$where" != compose ] || { [ "${catalogue[*]:0:3}" = "catalogue --every 1w" ] && catalogue=(catalogue "${catalogue[@]:3}"); }
  [ "${catalogue[0]}" = catalogue ] || { echo "FAILED: $where: the catalogue rung's command was not found"; exit 1; }
  try $where tremorcast-trainer "${catalogue[@]}"
done
