#!/usr/bin/env bash
# Reads every profile of docker-compose.yml with docker-compose and the secrets made by
# deploy/compose-secrets. Nothing is published beyond this machine, and every file that is mounted
# exists. The Dockerfile passes the rules of two linters.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
fail() { echo "FAILED: $*"; exit 1; }
skipped=""

if command -v docker-compose >/dev/null; then
  # A copy, so that nobody's secrets are made or seen.
  dir=$(mktemp -d)
  trap 'rm -rf "$dir"' EXIT
  mkdir "$dir/project"
  cp -a "$root/docker-compose.yml" "$root/Dockerfile" "$root/deploy" "$dir/project"
  rm -rf "$dir/project/deploy/secrets"
  "$dir/project/deploy/compose-secrets" >/dev/null
  first=$(cat "$dir"/project/deploy/secrets/*)
  "$dir/project/deploy/compose-secrets" >/dev/null
  [ "$first" = "$(cat "$dir"/project/deploy/secrets/*)" ] || fail "compose-secrets made new secrets over the old ones"
  # The containers' users are others than the one who made them.
  unreadable=$(find "$dir/project/deploy/secrets" -type f ! -perm -o=r)
  [ -z "$unreadable" ] || fail "the containers' users cannot read $unreadable"
  grep -q "password=$(cat "$dir/project/deploy/secrets/postgres_password")\$" "$dir/project/deploy/secrets/database" ||
    fail "the connection string has not the database's password"
  cd "$dir/project"
  for profile in "" simulated; do
    docker-compose ${profile:+--profile "$profile"} config > "$dir/config${profile:+-$profile}.yml"
  done
  services=$(docker-compose --profile simulated config --services | sort | xargs)
  [ "$services" = "catalogue-trainer grafana postgres prometheus server simulated-stations trainer" ] || fail "the services are: $services"
  if grep -F 'ports:' docker-compose.yml | grep -vq 'ports: \["'; then fail "ports are written in a way this test does not read"; fi
  if grep -o 'ports: \[.*\]' docker-compose.yml | grep -o '"[^"]*"' | grep -v '^"127\.0\.0\.1:'; then fail "a port is published beyond this machine"; fi
  while read -r file; do
    [ -e "$file" ] || fail "$file is mounted and not there"
  done < <(grep -oE '"\./[^:"]+' docker-compose.yml | tr -d '"'; sed -n 's/.*file: \(deploy[^ ]*\).*/\1/p' docker-compose.yml)
  # Nobody takes the machine along, and everybody comes back.
  for limit in mem_limit restart; do
    limited=$(docker-compose --profile simulated config | grep -c "^    $limit:")
    [ "$limited" = "$(wc -w <<< "$services")" ] || fail "$limited of $services have a $limit"
  done
  if grep -n 'password=' docker-compose.yml; then fail "a password stands in docker-compose.yml"; fi
  echo "ok: $services"
  cd "$root"
else
  skipped="no docker-compose (Debian package of that name)"
fi

npm=${TREMORCAST_BINARY_DIR:-$root/build/dev}/npm
rc=0
"$root/tests/deploy/npm" "$npm" dockerfilelint@1.8.0 dockerfile-utils@0.16.3 || rc=$?
if [ $rc -eq 0 ]; then
  NODE_PATH=$npm/node_modules node -e '
    const fs = require("fs");
    const text = fs.readFileSync(process.argv[1], "utf8");
    const faults = require("dockerfile-utils").validate(text)
      .map((d) => `line ${d.range.start.line + 1}: ${d.message}`);
    faults.forEach((f) => console.log("FAILED: Dockerfile " + f));
    process.exit(faults.length ? 1 : 0);' "$root/Dockerfile"
  # dockerfilelint does not know an image named by an argument, packages named by xargs, and options of HEALTHCHECK.
  "$npm/node_modules/.bin/dockerfilelint" -o json "$root/Dockerfile" > "$npm/lint.json" || true
  NODE_PATH=$npm/node_modules node -e '
    const { files } = JSON.parse(require("fs").readFileSync(process.argv[1], "utf8"));
    const faults = files.flatMap((f) => f.issues).filter((i) => !(/base image missing tag/i.test(i.title) && i.content.includes("${DEVICE}")) &&
        !(/apt-get update/.test(i.title) && /^RUN apt-get update/.test(i.content)) && !/^HEALTHCHECK --/.test(i.content));
    faults.forEach((f) => console.log(`FAILED: Dockerfile line ${f.line}: ${f.title}: ${f.description ?? ""} ${f.content}`));
    process.exit(faults.length ? 1 : 0);' "$npm/lint.json"
  echo "ok: the Dockerfile"
elif [ $rc -ne 77 ]; then
  exit $rc
else
  skipped="${skipped:+$skipped; }no linters"
fi
[ -z "$skipped" ] || { echo "SKIPPED: $skipped"; exit 77; }
