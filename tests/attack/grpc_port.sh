#!/usr/bin/env bash
# Strangers at the gRPC port who know HTTP/2 and have no credential.
# The kernel may have a lot of what a stranger sent: where a network of its own may be had, as much as large machines are set up to have.
if [ "${OWN_NETWORK:-}" = "" ] && unshare --net true 2>/dev/null; then
  OWN_NETWORK=1 exec unshare --net "$0" "$@"
fi
if [ "${OWN_NETWORK:-}" = 1 ]; then
  ip link set lo up
  echo "a network of its own"
  sysctl -q -w net.ipv4.tcp_rmem="4096 1048576 33554432" net.ipv4.tcp_wmem="4096 1048576 16777216"
fi
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
cut_for_cancelling() { [ "$(floods)" -gt "$before_resets" ]; }
for resets in rapid-reset rapid-reset-nowhere; do
  before_resets=$(floods)
  attack attack.py $resets 3 256
  wait_until 30 cut_for_cancelling
done
# Its memory is bounded here; its processor time is not, and only a proxy keeps other calls going meanwhile (proxy.sh).
alive() { get /healthz && get /metrics; }
NEIGHBOUR=alive
attack attack.py continuation 6 768
wait_until 60 probes_and_calls
server_stop || fail "the server did not drain"
