# shellcheck shell=bash
# Sourced by the attack tests: a real server on a real database, strangers on 127.0.0.2 who attack it (attack.py, attack_http.py), and neighbours on
# 127.0.0.1 who want to be served meanwhile.
#
#   attack PROGRAM KIND SECONDS MIB [ADDRESS]   the server's memory may grow by MIB at its peak; neighbours are served during and after
#   counted REASON                              connections were refused or cut for it
#   NEIGHBOUR                                   the command of a neighbour; by default probes, metrics and a call that asks the database
. "$(dirname "${BASH_SOURCE[0]}")/../e2e/lib.sh"

ATTACKS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
export PYTHONDONTWRITEBYTECODE=1

# KiB: VmRSS now, VmHWM at its peak since forget_peak.
memory_of_server() { awk -v what="$1:" '$1 == what {print $2}' "/proc/$SERVER_PID/status"; }
forget_peak() { echo 5 > "/proc/$SERVER_PID/clear_refs"; }

# Patient with a loaded machine, not with a server that has stopped answering.
get() { curl -fsS --max-time 20 -o "$E2E_DIR/got" "http://$HTTP$1"; }
probes_are_answered() { get /healthz && get /readyz && get /metrics; }
# A client gives a connection a fraction of a second and comes again, as `tremorcast ingest` does.
persist() {
  local end=$((SECONDS + 20))
  until timeout 20 "$@" > "$E2E_DIR/called" 2>&1; do
    [ $SECONDS -lt $end ] || { cat "$E2E_DIR/called"; return 1; }
  done
}
calls_are_answered() { persist "$BIN/tremorcast" --server "$SERVER" stations list; }
probes_and_calls() { probes_are_answered && calls_are_answered; }
NEIGHBOUR=probes_and_calls
metric() { curl -fsS --max-time 20 "http://$HTTP/metrics" | awk -v name="$1" '$1 == name {print $2}'; }
counted() { [ "$(metric "tremorcast_connections_refused_total{reason=\"$1\"}")" -gt 0 ] || fail "no connection counted: $1"; }

attack() {
  local program=$1 kind=$2 seconds=$3 allowance=$4 address=${5:-} before peak attacker rounds=0
  case $program in attack_http.py) : "${address:=$HTTP}" ;; *) : "${address:=$SERVER}" ;; esac
  forget_peak
  before=$(memory_of_server VmRSS)
  python3 "$ATTACKS/$program" "$kind" "$address" "$seconds" > "$E2E_DIR/attack.log" 2>&1 &
  attacker=$!
  while kill -0 $attacker 2>/dev/null; do
    $NEIGHBOUR || fail "$kind: a neighbour was not served during the attack"
    rounds=$((rounds + 1))
  done
  wait $attacker || fail "the attack itself failed: $(cat "$E2E_DIR/attack.log")"
  grep -qE '(: |sent |received )[1-9]' "$E2E_DIR/attack.log" || fail "$kind: nothing was attacked: $(cat "$E2E_DIR/attack.log")"
  kill -0 "$SERVER_PID" || fail "$kind: the server is gone"
  $NEIGHBOUR || fail "$kind: a neighbour was not served after the attack"
  peak=$(($(memory_of_server VmHWM) - before))
  say "$(cat "$E2E_DIR/attack.log"); peak +$((peak / 1024)) MiB of $allowance; neighbours served $rounds times"
  [ $peak -le $((allowance * 1024)) ] || fail "$kind: the server grew by $((peak / 1024)) MiB, and $allowance were allowed"
}
