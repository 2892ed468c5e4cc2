#!/usr/bin/env bash
# What the packaged gRPC cannot bound, behind the proxy that can: deploy/haproxy/haproxy.cfg as it is shipped, but for its port and its certificate.
. "$(dirname "$0")/lib.sh"
e2e_begin attack_proxy
command -v haproxy > /dev/null || skip "no haproxy (Debian package haproxy)"
db_start
umask 077
"$BIN/tremorcast" token create --name desk --role reader --out "$E2E_DIR/desk.token" > "$E2E_DIR/access"
server_start --no-jobs --access-file "$E2E_DIR/access"
openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -addext subjectAltName=IP:127.0.0.1 -days 2 \
  -keyout "$E2E_DIR/key.pem" -out "$E2E_DIR/ca.pem" 2> /dev/null
cat "$E2E_DIR/ca.pem" "$E2E_DIR/key.pem" > "$E2E_DIR/both.pem"
# HAProxy takes over a socket that is bound already: a port that was free a moment ago may be taken.
sed -e "s#bind :50443#bind fd@9#" -e "s#/etc/haproxy/tremorcast.pem#$E2E_DIR/both.pem#" -e "s#127.0.0.1:50051#$SERVER#" \
  -e "s#port 9464#port ${HTTP##*:}#" "$ROOT/deploy/haproxy/haproxy.cfg" > "$E2E_DIR/haproxy.cfg"
for what in fd@9 "$E2E_DIR/both.pem" "$SERVER" "port ${HTTP##*:}"; do
  grep -qF "$what" "$E2E_DIR/haproxy.cfg" || fail "haproxy.cfg says otherwise than this test believes: $what"
done
# COMMAND... with a socket on a free port as descriptor 9; the address is then in $E2E_DIR/proxy.
with_a_port() {
  exec python3 -c '
import os, socket, sys
listener = socket.socket()
listener.bind(("127.0.0.1", 0))
os.dup2(listener.fileno(), 9, inheritable=True)
with open(sys.argv[1], "w") as file: file.write("127.0.0.1:%d" % listener.getsockname()[1])
os.execvp(sys.argv[2], sys.argv[2:])' "$E2E_DIR/proxy" "$@"
}
(with_a_port haproxy -c -f "$E2E_DIR/haproxy.cfg") || fail "haproxy does not take its configuration"
rm "$E2E_DIR/proxy"
with_a_port haproxy -db -f "$E2E_DIR/haproxy.cfg" > "$E2E_DIR/haproxy.log" 2>&1 &
has_a_port() { [ -s "$E2E_DIR/proxy" ]; }
wait_until 30 has_a_port
PROXY=$(cat "$E2E_DIR/proxy")
calls_through_the_proxy() {
  persist "$BIN/tremorcast" --server "$PROXY" --tls-ca "$E2E_DIR/ca.pem" --token-file "$E2E_DIR/desk.token" stations list
}
wait_until 30 calls_through_the_proxy
probes_and_calls_through_the_proxy() { get /healthz && get /readyz && calls_through_the_proxy; }
NEIGHBOUR=probes_and_calls_through_the_proxy
for kind in continuation rapid-reset; do attack attack.py $kind 3 64 "tls:$PROXY"; done
attack attack.py slow-message 2 160 "tls:$PROXY"
server_stop || fail "the server did not drain"
