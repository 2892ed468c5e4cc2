#!/usr/bin/env bash
# PostgreSQL's disk runs full, then PostgreSQL turns read-only, under stations that go on sending. Each time: the server says so on /readyz and in
# the status it answers, nothing is acknowledged that is not stored, and once the cause is gone all goes on by itself, with every row once.
. "$(dirname "$0")/lib.sh"
e2e_begin storage_refused
disk=$E2E_DIR/pg
mkdir "$disk"
mount -t tmpfs -o size=300m,mode=755 tmpfs "$disk" 2>/dev/null || skip "no tmpfs can be mounted here (root is needed): the disk cannot be filled"
db_start
# The log of changes has a disk of its own, as is usual; with that one full PostgreSQL stops at once.
"$ROOT/deploy/cluster" stop "$disk"
mv "$disk/data/pg_wal" "$E2E_DIR/wal"
ln -s "$E2E_DIR/wal" "$disk/data/pg_wal"
db_start
server_start
rough_begin 1200
rough_start

readyz() { curl -s -w '%{http_code}\n' "http://$HTTP/readyz"; }
not_ready_for() { readyz | tr '\n' ' ' | grep "not ready database: .*$1.* 503" > /dev/null; }
# One more batch, by the client people type, which is told not to wait.
try_to_ingest() {
  local rc=0
  client ingest --retry-for 0s "$E2E_DIR/one" > "$E2E_DIR/try.log" 2>&1 || rc=$?
  cat "$E2E_DIR/try.log"
  check "exit code of an ingest that does not wait" $rc 3
  grep -q "UNAVAILABLE: .*$1" "$E2E_DIR/try.log" || fail "the client was not told '$1'"
}
goes_on() {
  wait_until 120 http_ready
  wait_until 120 acked_at_least $(($(acked_rows) + 160))
  check_acked_are_stored
  say "goes on by itself, $(acked_rows) rows acknowledged, none lost"
}

say "--- the disk is full"
wait_until 120 acked_at_least 320
client simulate --seed 9 --regions 1 --stations 1 --weeks 1 --out "$E2E_DIR/one" > /dev/null
client stations import "$E2E_DIR/one/stations.csv"
dd if=/dev/zero of="$disk/filler" bs=64k 2>/dev/null || true
wait_until 120 not_ready_for "disk is full"
readyz
try_to_ingest "disk is full"
rm "$disk/filler"
goes_on

say "--- the database is read-only"
sql "alter system set default_transaction_read_only = on" && sql "select pg_reload_conf()" > /dev/null
wait_until 120 not_ready_for "read-only"
readyz
try_to_ingest "read-only"
sql "alter system reset default_transaction_read_only" && sql "select pg_reload_conf()" > /dev/null
goes_on

rough_end
