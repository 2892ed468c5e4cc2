#!/usr/bin/env bash
# Starts the server as docker-compose.yml, deploy/kubernetes and deploy/systemd start it, with the secrets that their own steps
# make and a PostgreSQL behind it. It serves those who are named, each in its role, and refuses everybody else: no call without a
# token, no page, no plain text. Without its access file it does not start.
# shellcheck source=../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"
root=$ROOT
# shellcheck source=command_lines.sh
. "$root/tests/deploy/command_lines.sh"
e2e_begin strangers
db_start

# The secrets of each, as its own steps make them, in $E2E_DIR/WHERE.
make_compose() {
  mkdir -p "$1/deploy"
  cp "$root/deploy/compose-secrets" "$1/deploy"
  "$1/deploy/compose-secrets" > /dev/null
  # NAME: { file: PATH }, as docker-compose.yml mounts it.
  while read -r name path; do cp "$1/$path" "$1/$name"; done < <(sed -n 's/^  \([a-z_]*\): { file: \(deploy[^ ]*\) }/\1 \2/p' "$root/docker-compose.yml")
  cp "$1"/deploy/secrets/{admin.token,prometheus.token} "$1"
  mv "$1/prometheus.token" "$1/reader.token"
  certificate=$1/server_certificate
}
# The commands of its README that make tokens, and the names of the secrets that server.yml mounts.
make_kubernetes() {
  mkdir -p "$1"
  (cd "$1" && PATH=$BIN:$PATH bash -euo pipefail -c "$(grep '^tremorcast token create' "$root/deploy/kubernetes/README.md")") || fail "the README's tokens"
  while read -r secret; do
    grep -q "create secret [a-z]* $secret " "$root/deploy/kubernetes/README.md" || fail "the README does not make the secret $secret"
  done < <(grep -o 'secretName: [a-z-]*' "$root/deploy/kubernetes/base/server.yml" | cut -d' ' -f2)
  openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 \
    -keyout "$1/tls.key" -out "$1/tls.crt" 2>/dev/null
  mv "$1/ops.token" "$1/admin.token"
  mv "$1/token" "$1/reader.token"
  certificate=$1/tls.crt
}
make_systemd() {
  mkdir -p "$1/etc/tremorcast"
  PATH=$BIN:$PATH bash -euo pipefail -c "$(grep '^tremorcast token create' "$root/deploy/systemd/README.md" | sed "s#/etc/tremorcast#$1#g")" || fail "the README's token"
  mv "$1/ops.token" "$1/admin.token"
  "$BIN/tremorcast" token create --name reader --role reader --out "$1/reader.token" >> "$1/access"
  certificate=""
}

# FOLDER FLAG...: becomes the server with the shipped arguments with the paths of FOLDER and free ports, and further ones.
start() {
  local dir=$1 arguments
  shift
  mapfile -t arguments < <(server_of "$where" | sed -e "s#/run/secrets/[a-z/-]*/#$dir/#; s#/run/secrets/#$dir/#; s#/etc/tremorcast/#$dir/#; s#:50051\$#:0#; s#:9464\$#:0#" \
    -e "s#\${CREDENTIALS_DIRECTORY}#$dir#")
  # The unit says nothing of addresses; the default ports may be taken here.
  [ "$where" != systemd ] || arguments+=(--listen 127.0.0.1:0 --http 127.0.0.1:0)
  exec ${LIMIT:+timeout "$LIMIT"} "$BIN/tremorcast-server" "${arguments[@]}" --port-file "$E2E_DIR/ports" "$@"
}
# CODE ARGUMENT...: what the server says to a call of the client.
answers() {
  local code=$1 said
  shift
  said=$("$BIN/tremorcast" --server "$address" "$@" 2>&1) && said="OK $said"
  [[ $said == *"$code"* ]] || fail "$where: tremorcast $* is answered: $said"
  say "ok: $where: tremorcast ${*: -3} is answered $code"
}
page() { curl -s -o /dev/null -w '%{http_code}' "$@"; }

for where in compose kubernetes systemd; do
  dir=$E2E_DIR/$where
  "make_$where" "$dir"
  echo "$CONNINFO" > "$dir/database"
  rm -f "$E2E_DIR/ports"
  start "$dir" >> "$E2E_DIR/server.log" 2>&1 &
  SERVER_PID=$!
  wait_until 60 server_ports
  address=127.0.0.1:${SERVER##*:}
  HTTP=127.0.0.1:${HTTP##*:}
  wait_until 60 http_ready

  tls=(${certificate:+--tls-ca "$certificate"})
  for call in "models rollback --reason stranger" "models history" "status" "stations list"; do
    # shellcheck disable=SC2086
    answers UNAUTHENTICATED "${tls[@]}" $call
  done
  [ -z "$certificate" ] || answers UNAVAILABLE models rollback --reason stranger
  printf 'tcast_00000000_%043d\n' 0 > "$dir/forged.token"
  answers UNAUTHENTICATED "${tls[@]}" --token-file "$dir/forged.token" models rollback --reason forged
  answers PERMISSION_DENIED "${tls[@]}" --token-file "$dir/reader.token" models rollback --reason reader
  answers OK "${tls[@]}" --token-file "$dir/reader.token" models history
  # Past the gate: there is no champion to go back from.
  answers FAILED_PRECONDITION "${tls[@]}" --token-file "$dir/admin.token" models rollback --reason ops
  check "$where: /metrics without a token" "$(page "http://$HTTP/metrics")" 401
  check "$where: a page without a token" "$(page "http://$HTTP/")" 401
  check "$where: /metrics with Prometheus' token" "$(page -H "Authorization: Bearer $(cat "$dir/reader.token")" "http://$HTTP/metrics")" 200
  check "$where: /healthz" "$(page "http://$HTTP/healthz")" 200
  server_stop || fail "$where: the server ended with $?"

  mv "$dir/access" "$dir/access.away"
  rc=0
  (LIMIT=60 start "$dir") > "$E2E_DIR/refused" 2>&1 || rc=$?
  check "$where: exit without its access file" $rc 1
  grep -q -- --access-file "$E2E_DIR/refused" || fail "$where: does not say what is missing: $(cat "$E2E_DIR/refused")"
done
