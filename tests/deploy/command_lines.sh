# shellcheck shell=bash
# Sourced by the tests of what is shipped: the command lines in docker-compose.yml, deploy/kubernetes and deploy/systemd.
#
#   server_of compose|kubernetes|systemd, trainer_of ..., catalogue_of ...     the arguments, one on a line, as they stand there

words() { grep -o '"[^"]*"' <<<"$1" | tr -d '"'; }

server_of() {
  case $1 in
    compose) words "$(grep -m 1 'command: \["--database-file"' "$root/docker-compose.yml")" ;;
    kubernetes) sed -n 's/^ *- \(--[a-z-].*\)$/\1/p' "$root/deploy/kubernetes/base/server.yml" ;;
    systemd) sed -n 's#^ExecStart=/usr/local/bin/tremorcast-server \(.*\) \$TREMORCAST_SERVER_FLAGS#\1#p' "$root/deploy/systemd/tremorcast-server.service" | tr ' ' '\n' ;;
  esac
}
trainer_of() {
  case $1 in
    compose) words "$(grep -m 1 'command: \["--every"' "$root/docker-compose.yml")" ;;
    kubernetes) sed -n 's/^ *args: \[\(.*\)\]/\1/p' "$root/deploy/kubernetes/base/trainer.yml" | tr -d ',' | tr ' ' '\n' ;;
    systemd) sed -n 's#^ExecStart=/usr/local/bin/tremorcast-trainer \(.*\) \$TREMORCAST_TRAINER_FLAGS#\1#p' "$root/deploy/systemd/tremorcast-trainer.service" | tr ' ' '\n' ;;
  esac
}
catalogue_of() {
  case $1 in
    compose) words "$(grep -m 1 'command: \["catalogue"' "$root/docker-compose.yml")" ;;
    kubernetes) sed -n 's/^ *args: \[\(.*\)\]/\1/p' "$root/deploy/kubernetes/base/catalogue.yml" | tr -d ',' | tr ' ' '\n' ;;
    systemd) sed -n 's#^ExecStart=/usr/local/bin/tremorcast-trainer \(.*\) \$TREMORCAST_CATALOGUE_FLAGS#\1#p' "$root/deploy/systemd/tremorcast-catalogue.service" | tr ' ' '\n' ;;
  esac
}
