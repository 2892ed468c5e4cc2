#!/usr/bin/env bash
# Strangers at the HTTP port: requests without an end, slow ones, many ranges, and pages while the database stands still.
. "$(dirname "$0")/lib.sh"
e2e_begin attack_http
db_start
server_start --no-jobs
for kind in request-line headers body slow; do attack attack_http.py $kind 2 16; done
attack attack_http.py ranges 3 64
get / || fail "the bulletin is not served"

# The database answers nothing, and more pages are asked for than there are threads: health says why, and is not held up.
postmaster=$("$ROOT/deploy/cluster" pid "$E2E_DIR/pg")
# The postmaster first: it makes no further ones then.
# shellcheck disable=SC2046
stand_still() { kill -STOP "$postmaster" && kill -STOP $(pgrep -P "$postmaster"); }
# shellcheck disable=SC2046
go_on() { kill -CONT "$postmaster" $(pgrep -P "$postmaster"); }
trap 'rc=$?; go_on; (exit $rc); e2e_end' EXIT  # what stands still cannot be stopped
stand_still
says_not_ready() { curl -sS --max-time 20 "http://$HTTP/readyz" | grep -q '^database:'; }
wait_until 60 says_not_ready
probes_alone() { get /healthz && says_not_ready && get /metrics; }
NEIGHBOUR=probes_alone
attack attack_http.py pages 4 32
go_on
trap e2e_end EXIT
wait_until 60 http_ready
NEIGHBOUR=probes_and_calls
probes_and_calls || fail "not served after the database came back"
server_stop || fail "the server did not drain"
