#!/usr/bin/env bash
# The program tremorcast-server itself: flags, exit codes, port file, signals.
# shellcheck source=../../e2e/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/../../e2e/lib.sh"

server="$BIN/tremorcast-server"
[ -x "$server" ] || skip "no $server"
e2e_begin server-program

# Runs it; sets $code and $output.
try() { code=0; output=$("$server" "$@" 2>&1) || code=$?; }
says() { case $output in *"$1"*) say "ok: says '$1'" ;; *) fail "does not say '$1' but: $output" ;; esac; }

unset TREMORCAST_DATABASE
try --help; check "exit of --help" $code 0; says "Examples:"; says "--port-file"
try --version; check "exit of --version" $code 0; says "tremorcast-server"
try --databse x; check "exit of an unknown flag" $code 2; says "--databse"
try; check "exit without a database" $code 2; says "TREMORCAST_DATABASE"
try --database "dbname=x" --listen 0.0.0.0:0; check "exit of plain text beyond loopback" $code 2; says "--insecure"
try --database "dbname=x" --http 0.0.0.0:0 --insecure; check "exit of plain pages beyond loopback, which --insecure does not allow" $code 2; says "--insecure-http"
try --database "dbname=x" --listen 0.0.0.0:0 --insecure-http; check "exit of plain gRPC beyond loopback, which --insecure-http does not allow" $code 2; says "--insecure"
try --database "dbname=x" --max-connection-age 0s; check "exit of connections that end at once" $code 2; says "--max-connection-age"
try --database "dbname=x" --grace soon; check "exit of a bad duration" $code 2; says "--grace"
try --database "dbname=x" --drop-expired; check "exit of dropping without a retention" $code 2; says "--drop-expired needs --retention"
try --database "dbname=x" --drop-expired --retention 24h; check "exit of a retention too short to drop" $code 2; says "360h"
try --database "dbname=x" --serve-unskilled maybe; check "exit of an unknown policy" $code 2; says "--serve-unskilled"
try --database "dbname=x" --auto-promote --auto-min-weeks 0; check "exit of a policy without evidence" $code 2; says "skill policy"
try --database "host=127.0.0.1 port=1 dbname=x password=hunter2"; check "exit of a password in the argument list" $code 2; says "--database-file"
case $output in *hunter2*) fail "the password is in the message: $output" ;; esac
echo "host=127.0.0.1 port=1 dbname=x password=hunter2" > "$E2E_DIR/away"
try --database-file "$E2E_DIR/away" --database-wait 0s; check "exit without a server behind the database" $code 1
case $output in *hunter2*) fail "the password is in the message: $output" ;; esac

db_start
# From a file, so that the string is in no argument list.
echo "$CONNINFO" > "$E2E_DIR/database"
"$server" --database-file "$E2E_DIR/database" --listen 127.0.0.1:0 --http 127.0.0.1:0 --port-file "$E2E_DIR/ports" \
  >> "$E2E_DIR/server.log" 2>&1 &
SERVER_PID=$!
wait_until 60 server_ports
wait_until 60 http_ready
try --database "$CONNINFO" --listen "$SERVER" --http 127.0.0.1:0; check "exit when the port is taken" $code 1; says "$SERVER"
server_stop && code=0 || code=$?
check "exit after SIGTERM" $code 0
[ ! -e "$E2E_DIR/ports" ] || fail "the port file is still there"

# The second signal does not wait for the first one's lame duck.
"$server" --database-file "$E2E_DIR/database" --listen 127.0.0.1:0 --http 127.0.0.1:0 --port-file "$E2E_DIR/ports" --lame-duck 1h \
  >> "$E2E_DIR/server.log" 2>&1 &
SERVER_PID=$!
wait_until 60 server_ports
kill -TERM "$SERVER_PID"
draining() { [ "$(curl -s -o "$E2E_DIR/readyz" -w '%{http_code}' "http://$HTTP/readyz")" = 503 ] && grep -q draining "$E2E_DIR/readyz"; }
wait_until 60 draining
sleep 3  # long enough for a drain without a lame duck to end; one with it may take any time
check "the lame duck still answers" "$(draining && echo yes)" yes
server_stop && code=0 || code=$?
check "exit after a second signal" $code 1
SERVER_PID=""

# Told to stop while its start waits for somebody else's lock: it serves nobody yet, so it ends at once instead of when the lock is gone.
psql "$CONNINFO" -X -q -c "begin; lock table schema_migrations; select pg_sleep(3600)" >/dev/null 2>&1 &
locker=$!
lock_is_held() { [ "$(sql "select count(*) from pg_locks where relation = 'schema_migrations'::regclass and mode = 'AccessExclusiveLock' and granted")" = 1 ]; }
somebody_waits() { [ "$(sql "select count(*) from pg_locks where not granted")" -ge 1 ]; }
wait_until 60 lock_is_held
"$server" --database-file "$E2E_DIR/database" --listen 127.0.0.1:0 --http 127.0.0.1:0 > "$E2E_DIR/start.log" 2>&1 &
SERVER_PID=$!
wait_until 60 somebody_waits
kill -TERM "$SERVER_PID"
server_is_gone() { ! kill -0 "$SERVER_PID" 2>/dev/null; }
wait_until 60 server_is_gone
wait "$SERVER_PID" && code=0 || code=$?
check "exit when told to stop during the start" $code 0
grep -q "during the start" "$E2E_DIR/start.log" || fail "does not say why it ended: $(cat "$E2E_DIR/start.log")"
check "the lock that it waited for is still held" "$(lock_is_held && echo yes)" yes
kill "$locker"
SERVER_PID=""

# A start that does not find its database waits for it, says so, and serves once it is there.
"$ROOT/deploy/cluster" stop "$E2E_DIR/pg" > /dev/null
# Its port file is a link, which stays one.
ln -sf "$E2E_DIR/ports-elsewhere" "$E2E_DIR/ports"
: > "$E2E_DIR/server.log"
"$server" --database-file "$E2E_DIR/database" --listen 127.0.0.1:0 --http 127.0.0.1:0 --port-file "$E2E_DIR/ports" \
  >> "$E2E_DIR/server.log" 2>&1 &
SERVER_PID=$!
waits() { [ "$(grep -c 'waiting for the database' "$E2E_DIR/server.log")" -ge 2 ]; }
wait_until 60 waits
db_start
wait_until 60 server_ports
wait_until 60 http_ready

# Signals that would end a program do not end this one.
reloads() { [ "$(grep -c 'event=reload' "$E2E_DIR/server.log")" -ge "$1" ]; }
kill -USR1 "$SERVER_PID"
kill -USR2 "$SERVER_PID"
kill -HUP "$SERVER_PID"
# Had one of them ended it, the exit code would be that signal's.
server_stop && code=0 || code=$?
check "exit after SIGTERM behind USR1, USR2 and HUP" $code 0
[ -L "$E2E_DIR/ports" ] || fail "the link was replaced by a file, or removed"

# SIGHUP has it take the access file and the certificate anew.
certificate() { openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj "/CN=$1" -keyout "$E2E_DIR/key" -out "$E2E_DIR/cert" 2> /dev/null; }
shown() { openssl s_client -connect "$SERVER" -alpn h2 < /dev/null 2> /dev/null | openssl x509 -noout -subject | tr -d ' '; }
"$BIN/tremorcast" token create --name ops --role admin --out "$E2E_DIR/ops.token" > "$E2E_DIR/access"
certificate before
rm -f "$E2E_DIR/ports"
"$server" --database-file "$E2E_DIR/database" --listen 127.0.0.1:0 --http 127.0.0.1:0 --port-file "$E2E_DIR/ports" \
  --access-file "$E2E_DIR/access" --tls-cert "$E2E_DIR/cert" --tls-key "$E2E_DIR/key" --tls-reload-interval 24h >> "$E2E_DIR/server.log" 2>&1 &
SERVER_PID=$!
wait_until 60 server_ports
check "certificate at the start" "$(shown)" "subject=CN=before"
"$BIN/tremorcast" token create --name desk --role reader --out "$E2E_DIR/desk.token" >> "$E2E_DIR/access"
certificate renewed
check "certificate that nobody looked at" "$(shown)" "subject=CN=before"
kill -HUP "$SERVER_PID"
wait_until 60 reloads 2
grep -q 'the access list has 2 credentials event=reload' "$E2E_DIR/server.log" || fail "the access file was not read again"
grep -q "the certificate in $E2E_DIR/cert fits its key" "$E2E_DIR/server.log" || fail "the certificate was not looked at"
check "certificate behind SIGHUP" "$(shown)" "subject=CN=renewed"
echo broken > "$E2E_DIR/cert"
kill -HUP "$SERVER_PID"
wait_until 60 reloads 4
grep -q 'the PEM files cannot be used' "$E2E_DIR/server.log" || fail "a broken certificate is not named"
check "certificate while the file is broken" "$(shown)" "subject=CN=renewed"
server_stop && code=0 || code=$?
check "exit after SIGTERM" $code 0
