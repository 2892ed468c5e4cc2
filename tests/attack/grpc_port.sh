#!/usr/bin/env bash
# Strangers at the gRPC port who know HTTP/2 and have no credential.
. "$(dirname "$0")/lib.sh"
e2e_begin attack_grpc
db_start
server_start --no-jobs
attack attack.py bomb 2 64
attack attack.py slow-message 3 256
attack attack.py settings 2 64
attack attack.py pings 2 64
counted flood
floods() { metric 'tremorcast_connections_refused_total{reason="flood"}'; }
before_resets=$(floods)
attack attack.py rapid-reset 3 256
cut_for_cancelling() { [ "$(floods)" -gt "$before_resets" ]; }
wait_until 30 cut_for_cancelling
# Its memory is bounded here; its processor time is not, and only a proxy keeps other calls going meanwhile (proxy.sh).
alive() { get /healthz && get /metrics; }
NEIGHBOUR=alive
attack attack.py continuation 6 768
wait_until 60 probes_and_calls
server_stop || fail "the server did not drain"
