#!/usr/bin/env bash
# The programs over TLS with tokens: every command of the client, certificates changed under the running server, a token taken back; and no
# secret in argument lists, logs, metrics or messages.
# shellcheck source=../../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../e2e/lib.sh"

[ -x "$BIN/tremorcast-server" ] && [ -x "$BIN/tremorcast" ] || skip "no programs in $BIN"
e2e_begin security-program
unset TREMORCAST_DATABASE TREMORCAST_SERVER TREMORCAST_TLS_CA TREMORCAST_TLS_CERT TREMORCAST_TLS_KEY TREMORCAST_TOKEN_FILE
cd "$E2E_DIR"

new_key=(-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes)
authority() { openssl req -x509 "${new_key[@]}" -days 2 -subj "/CN=$1" -keyout "$1.key" -out "$1.pem" 2>> openssl.log; }
issue() { # AUTHORITY NAME ALTERNATIVE-NAMES
  openssl req "${new_key[@]}" -subj "/CN=$2" -keyout "$2.key" -out "$2.csr" 2>> openssl.log
  openssl x509 -req -days 2 -in "$2.csr" -CA "$1.pem" -CAkey "$1.key" -CAcreateserial -extfile <(echo "subjectAltName=$3") -out "$2.pem" 2>> openssl.log
}
install_as() { cp "$1" "$2.new" && mv "$2.new" "$2"; }

# Runs the client; sets $code and $output.
try() { code=0; output=$("$BIN/tremorcast" --server "$SERVER" "$@" 2>&1) || code=$?; printf '%s\n' "$output" >> said; }
says() { case $output in *"$1"*) say "ok: says '$1'" ;; *) fail "does not say '$1' but: $output" ;; esac; }
try_as() { local who=$1; shift; try --tls-ca ca.pem --token-file "$who.token" "$@"; }
token() { "$BIN/tremorcast" token create --out "$1.token" --name "$1" "${@:2}" >> access; }

db_start
# A database that wants a password, as a real one does.
sql "create role service login superuser password 'planted-password'"
printf '%s user=service password=planted-password\n' "$(printf '%s' "$CONNINFO" | sed -E "s/ *user=[^ ]*//")" > database
authority ca; issue ca server "IP:127.0.0.1"; issue ca desk "DNS:desk.example.org"
install_as server.pem live.pem; install_as server.key live.key; install_as ca.pem clients.pem

touch access
token ops --role admin
token relay --role writer --stations 'S0001,other-*'
token desk --role reader
check "mode of a token's file" "$(stat -c %a ops.token)" 600
echo "desk reader - cert:desk.example.org" >> access
SERVER=127.0.0.1:1
try token create --out ops.token --name ops --role admin; check "exit of a token that would overwrite a file" $code 1
try token create --name relay --role writer; check "exit of a writer without stations" $code 2; says "needs its stations"
output=$("$BIN/tremorcast" token create --name x --role reader)
printed=$(grep -o 'tcast_[A-Za-z0-9_-]*' <<< "$output")
check "hash in the printed line" "$(grep -o '[0-9a-f]\{64\}' <<< "$output")" "$(printf %s "$printed" | sha256sum | cut -d' ' -f1)"

unset SERVER
"$BIN/tremorcast-server" --database-file database --listen 127.0.0.1:0 --http 127.0.0.1:0 --port-file ports --log-level debug \
  --tls-cert live.pem --tls-key live.key --tls-client-ca clients.pem --tls-reload-interval 1s --access-file access \
  >> server.log 2>&1 &
SERVER_PID=$!
wait_until 60 server_ports
wait_until 60 http_ready
tr '\0' ' ' < "/proc/$SERVER_PID/cmdline" > cmdline

# Every command of the client, by an admin; rows by the writer that owns their station.
"$BIN/tremorcast" simulate --out net --regions 1 --stations 2 --weeks 1 > /dev/null
try_as ops stations import net/stations.csv; check "exit of stations import" $code 0
try_as ops regions import net/regions.json; check "exit of regions import" $code 0
try_as ops catalog import net/catalogue.txt; check "exit of catalog import" $code 0
try_as relay ingest net/S0001_magn.csv; check "exit of the writer's ingest" $code 0
check "rows of the writer's station" "$([ "$(stored_rows)" -gt 100 ] && echo stored)" stored
try_as relay ingest net/S0002_magn.csv; check "exit of a foreign station's ingest" $code 1; says "does not send for station S0002"
check "rows of the foreign station" "$(sql "select count(*) from observations where station = 'S0002'")" 0
try_as desk ingest net/S0002_magn.csv; check "exit of a reader's ingest" $code 1; says "for writer,admin"
try_as ops simulate --regions 1 --stations 1 --weeks 1; check "exit of simulate" $code 0
for command in "stations list" "regions list" "catalog list" "models list" "models history" "status" "forecast" "models show models/x" "models promote models/x --reason no" \
  "models rollback --reason no" "watch --since 0 --count 1"; do
  # shellcheck disable=SC2086
  code=0; output=$(timeout 5 "$BIN/tremorcast" --server "$SERVER" --tls-ca ca.pem --token-file ops.token $command 2>&1) || code=$?
  say "ops $command: exit $code"
  case $output in *UNAUTHENTICATED* | *PERMISSION_DENIED* | *UNAVAILABLE*) fail "ops $command: $output" ;; esac
done
try_as desk stations list; check "exit of a reader's list" $code 0
try_as relay stations list; check "exit of a writer's list" $code 1; says "PERMISSION_DENIED"
try_as desk models promote models/x --reason no; check "exit of a reader's promotion" $code 1; says "for admin"
try --tls-ca ca.pem stations list; check "exit without a credential" $code 1; says "UNAUTHENTICATED"; says "--token-file"
try --tls-ca ca.pem --tls-cert desk.pem --tls-key desk.key stations list; check "exit with a client certificate" $code 0
try stations list; check "exit in plain text" $code 3; says "--tls-ca"
try --server 192.0.2.1:50051 --token-file desk.token stations list; check "exit of a token in plain text to elsewhere" $code 2; says "plain text"
# A name that looks like an address of this machine is anybody's.
for name in 127.evil.example 127.0.0.1.evil.example 127.0.0.1@evil.example; do
  try --server $name:50051 --token-file desk.token stations list; check "exit of a token in plain text to $name" $code 2; says "plain text"
done
try --tls-ca ca.pem --tls-cert desk.pem stations list; check "exit of a certificate without its key" $code 2
try --tls-ca ca.pem --token-file server.log stations list; check "exit of a file without a token" $code 2; says "holds no token"
try --tls-ca ca.pem --token "$(cat desk.token)" stations list; check "exit of a token in the argument list" $code 2; says "unknown flag '--token'"
try stations list --tls-ca ca.pem --token-file=desk.token; check "exit with flags behind the command" $code 0
TREMORCAST_TLS_CA=ca.pem TREMORCAST_TOKEN_FILE=desk.token try stations list; check "exit with the environment's files" $code 0

# The server's certificate, then the authority of clients, change without a restart.
authority next; issue next renewed "IP:127.0.0.1"; issue next desk2 "DNS:desk.example.org"
try --tls-ca next.pem --token-file desk.token stations list; check "exit before the change" $code 3
# Meanwhile the key is a pipe for a moment: nobody waits for it, and what was read before stays in force.
mkfifo pipe; mv pipe live.key
pipe_refused() { try --tls-ca ca.pem --token-file desk.token stations list; grep -q "live.key: is no regular file" server.log; }
wait_until 60 pipe_refused; check "exit beside a key that is a pipe" $code 0
install_as renewed.key live.key; install_as renewed.pem live.pem
by_next() { try --tls-ca next.pem --token-file desk.token stations list; [ $code = 0 ]; }
wait_until 120 by_next; say "ok: the renewed certificate is shown"
cat ca.pem next.pem > both.pem; install_as both.pem clients.pem
by_desk2() { try --tls-ca next.pem --tls-cert desk2.pem --tls-key desk2.key stations list; [ $code = 0 ]; }
wait_until 120 by_desk2; say "ok: certificates of the new authority are taken"
install_as next.pem clients.pem
no_desk() { try --tls-ca next.pem --tls-cert desk.pem --tls-key desk.key stations list; [ $code != 0 ]; }
wait_until 120 no_desk; say "ok: those of the old one are not"

# A token taken back; and pages.
check "status of /metrics without a token" "$(curl -s -o /dev/null -w '%{http_code}' "http://$HTTP/metrics")" 401
curl -fsS -H "Authorization: Bearer $(cat desk.token)" "http://$HTTP/metrics" > metrics
grep -q '^tremorcast_access_refused_total{reason="role"} [1-9]' metrics || fail "refusals are not counted"
grep -v '^desk ' access > access.new; mv access.new access
try --tls-ca next.pem --token-file desk.token stations list; check "exit of a token taken back" $code 1; says "no longer"

# Secrets.
try_server() { code=0; output=$("$BIN/tremorcast-server" "$@" 2>&1) || code=$?; printf '%s\n' "$output" >> said; }
try_server --database "$(cat database)"; check "exit of a password in the argument list" $code 2; says "--database-file"
try_server --database "postgresql://service:planted-password@127.0.0.1:1/x"; check "exit of a password in a URI" $code 2
try_server --database-file database --listen 0.0.0.0:0 --access-file access --insecure; check "exit of tokens in plain text" $code 2; says "TLS"
try_server --database-file database --listen 127.0.0.1:0 --access-file ""; check "exit of an access file without a name" $code 2; says "without a value"
try_server --database-file database --listen 127.0.0.1:0 --event-magnitude nan; check "exit of a magnitude of nan" $code 2; says "is no number"
for meaningless in --event-distance=-1 --event-distance=inf --event-magnitude=0 --catalogue-max-age=0s --settling=9999w; do
  try_server --database-file database --listen 127.0.0.1:0 $meaningless; check "exit of $meaningless" $code 2; says "${meaningless%=*}"
done
try_server --database-file database --listen 0.0.0.0:0 --tls-cert live.pem --tls-key live.key; check "exit of TLS that asks nobody" $code 2; says "who they are"
server_stop && code=0 || code=$?
check "exit after SIGTERM" $code 0
for file in cmdline server.log metrics said access; do
  for secret in planted-password "$printed" "$(cat ops.token)" "$(cat relay.token)" "$(cat desk.token)" "$(sed -n 2p server.key)"; do
    if grep -qF -- "$secret" "$file"; then fail "a secret is in $file"; fi
  done
done
grep -q "admin call: " server.log || fail "admin calls are not in the log"
say "ok: no secret in the argument list, the log, the metrics, the messages or the access file"
