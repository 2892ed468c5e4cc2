#!/usr/bin/env bash
# Backups taken beside a running server, restored elsewhere: (1) pg_dump and pg_restore; (2) a base backup with archived WAL, replayed to its end
# after the primary was killed, with rows that were acknowledged long after the base backup was taken. Each restored database holds every row of
# every table, replays an archived forecast bit for bit, and goes on: positions say that nothing is to be sent again, batch ids and keys that nothing is
# stored twice.
. "$(dirname "$0")/lib.sh"
e2e_begin backup_restore
bin=$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -n 1)
as_postgres() { if [ "$(id -u)" -eq 0 ]; then (cd / && runuser -u postgres -- "$@"); else "$@"; fi; }
archive=$E2E_DIR/archive
backups=$E2E_DIR/backups
mkdir "$archive" "$backups"
[ "$(id -u)" -ne 0 ] || chown postgres: "$archive" "$backups"

# The cluster of the test, or another: DIR. $CONNINFO and the server go with it.
use_cluster() { CONNINFO=$("$ROOT/deploy/cluster" start "$1"); }
# A line for each table: how many rows, and a digest of all of them as text (every float in its shortest exact form).
fingerprint() {
  local table
  for table in $(sql "select relname from pg_class where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and not relispartition
                      order by relname"); do
    printf '%s\t%s\n' "$table" "$(sql "select count(*), md5(coalesce(string_agg(md5(t::text), '' order by md5(t::text)), '')) from \"$table\" t")"
  done
}
same_as() {
  fingerprint > "$E2E_DIR/restored"
  diff "$1" "$E2E_DIR/restored" || fail "$2 differs from what was backed up"
  say "ok: $2: $(wc -l < "$1") tables the same, $(awk '{n += $2} END {print n}' "$1") rows"
}
replays() {
  client forecast --replay "$forecast" | tee "$E2E_DIR/replay"
  grep -q "identical to the bit" "$E2E_DIR/replay" || fail "the forecast does not replay from $1"
}
goes_on() {
  client ingest --json "$E2E_DIR/files" > "$E2E_DIR/again.json"
  check "rows that the restored positions leave to send" "$(json_number "$E2E_DIR/again.json" rows)" 0
  client ingest --no-resume --batch-rows 777 --json "$E2E_DIR/files" > "$E2E_DIR/again.json"
  check "rows stored when all are sent again" "$(json_number "$E2E_DIR/again.json" accepted)" 0
  check "rows known as duplicates" "$(json_number "$E2E_DIR/again.json" duplicate)" "$(rows_in_files "$E2E_DIR"/files/*_*.csv)"
}

use_cluster "$E2E_DIR/pg"
sql "alter system set archive_mode = on"
sql "alter system set archive_command = 'test ! -f $archive/%f && cp %p $archive/%f.part && mv $archive/%f.part $archive/%f'"
"$ROOT/deploy/cluster" stop "$E2E_DIR/pg"
use_cluster "$E2E_DIR/pg"
# Nothing changes by itself once all is sealed: what is compared stands still.
server_start --grace 0s --seal-quiet 0s --issue-from 2100-01-01
say "--- a network of twelve weeks, a model, forecasts"
client simulate --seed 3 --regions 2 --stations 2 --weeks 12 --event-rate 0.5 --json > /dev/null
client status --wait-sealed > /dev/null
train_and_promote
client forecast --all --compute-latest
forecast=$(sql "select 'regions/' || region || '/forecasts/' || forecast_id from forecasts where model_version is not null order by 1 limit 1")
[ -n "$forecast" ] || fail "no forecast used the model"
replays "the original"
say "--- a base backup; what comes after it is in archived WAL alone"
as_postgres "$bin/pg_basebackup" -d "$CONNINFO" -D "$backups/base" --checkpoint=fast --wal-method=none 2>&1 | grep -v NOTICE || true
client simulate --seed 3 --regions 2 --stations 2 --weeks 1 --start 2024-01-07 --out "$E2E_DIR/files" > /dev/null
client ingest --json "$E2E_DIR/files" > "$E2E_DIR/first.json"
check "rows acknowledged after the base backup" "$(json_number "$E2E_DIR/first.json" accepted)" "$(rows_in_files "$E2E_DIR"/files/*_*.csv)"
client status --wait-sealed > /dev/null
server_stop || fail "the server did not drain"
fingerprint > "$E2E_DIR/original"
cat "$E2E_DIR/original"

say "--- pg_dump, pg_restore"
pg_dump -d "$CONNINFO" -Fc -f "$E2E_DIR/dump"
newest=$(sql "select pg_walfile_name(pg_current_wal_lsn())")
sql "select pg_switch_wal()" > /dev/null
archived() { [ -f "$archive/$newest" ]; }
wait_until 60 archived
db_kill
use_cluster "$E2E_DIR/from-dump"
pg_restore -d "$CONNINFO" --no-owner "$E2E_DIR/dump"
same_as "$E2E_DIR/original" "the restored dump"
server_start --no-jobs
replays "the restored dump"
goes_on
server_stop || fail "the server did not drain"
"$ROOT/deploy/cluster" stop "$E2E_DIR/from-dump"

say "--- the base backup, its WAL replayed to the end; the primary is dead"
mkdir -p "$E2E_DIR/from-base"
mv "$backups/base" "$E2E_DIR/from-base/data"
as_postgres tee -a "$E2E_DIR/from-base/data/postgresql.conf" > /dev/null <<CONF
unix_socket_directories = '$E2E_DIR/from-base/run'
restore_command = 'cp $archive/%f %p'
archive_mode = off
CONF
as_postgres sed -i '/^archive_/d' "$E2E_DIR/from-base/data/postgresql.auto.conf"
as_postgres touch "$E2E_DIR/from-base/data/recovery.signal"
use_cluster "$E2E_DIR/from-base"
promoted() { [ "$(sql "select pg_is_in_recovery()")" = f ]; }
wait_until 60 promoted
same_as "$E2E_DIR/original" "the base backup with its WAL"
server_start --no-jobs
replays "the base backup"
goes_on
server_stop || fail "the server did not drain"
"$ROOT/deploy/cluster" stop "$E2E_DIR/from-base"
