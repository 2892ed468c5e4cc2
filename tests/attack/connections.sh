#!/usr/bin/env bash
# Strangers who hold connections, and a process without a descriptor left.
. "$(dirname "$0")/lib.sh"
e2e_begin attack_connections
db_start
inherited=$(ulimit -Sn)
ulimit -Sn 256  # as low as a login's: to be raised
server_start --no-jobs --max-connections-per-client 300
ulimit -Sn "$inherited"
attack attack.py connections 3 64
counted client

# Not one descriptor more: nobody comes in, the server says so, and that is over when they are back.
limit=$(prlimit --pid "$SERVER_PID" --nofile --noheadings --output SOFT)
[ "$limit" -gt 256 ] || fail "the limit of descriptors was not raised: $limit"
prlimit --pid "$SERVER_PID" --nofile=3:
# A probe cannot come in now either: the log says it.
unready() { grep -q 'server is not ready: gRPC:' "$E2E_DIR/server.log"; }
wait_until 60 unready
if timeout 5 "$BIN/tremorcast" --server "$SERVER" stations list > /dev/null 2>&1; then fail "somebody came in"; fi
prlimit --pid "$SERVER_PID" --nofile="$limit":
wait_until 60 http_ready
probes_and_calls || fail "not served after descriptors came back"
counted descriptors
server_stop || fail "the server did not drain"
