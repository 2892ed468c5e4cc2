#!/usr/bin/env bash
# cmake --install into an empty folder: what is there, and that the programs and the quickstart work from there, with nothing of the build folder.
set -euo pipefail
root=${TREMORCAST_SOURCE_DIR:-$(cd "$(dirname "$0")/../.." && pwd)}
build=${TREMORCAST_BINARY_DIR:-$root/build/dev}
prefix=$(mktemp -d)
trap 'rm -rf "$prefix"' EXIT
fail() { echo "FAILED: $*"; exit 1; }

DESTDIR="" cmake --install "$build" --prefix "$prefix" --strip > "$prefix.log" 2>&1 || { cat "$prefix.log"; fail "cmake --install"; }
rm -f "$prefix.log"
[ "$(cd "$prefix" && echo *)" = "bin share" ] || fail "beside bin and share there is more: $(ls "$prefix")"
[ "$(cd "$prefix/bin" && echo *)" = "tremorcast tremorcast-server tremorcast-trainer" ] || fail "in bin: $(ls "$prefix/bin")"
for program in tremorcast-server tremorcast-trainer tremorcast; do
  from_here=(env -i PATH=/usr/bin:/bin HOME="$prefix" "$prefix/bin/$program")
  [ "$("${from_here[@]}" --version)" = "$("$build/bin/$program" --version)" ] || fail "$program --version"
  [[ $("${from_here[@]}" --help) == *--help* ]] || fail "$program --help"
  ! readelf -d "$prefix/bin/$program" | grep -F "$build" || fail "$program looks for libraries in the build folder"
  echo "ok: $program, $(stat -c %s "$prefix/bin/$program") bytes"
done

bash -c '. "$1" && complete -p tremorcast' - "$prefix/share/bash-completion/completions/tremorcast" > /dev/null || fail "completion for bash"
grep -q '^#compdef tremorcast' "$prefix/share/zsh/site-functions/_tremorcast" || fail "completion for zsh"
for file in doc/tremorcast/README.md doc/tremorcast/CHANGELOG.md doc/tremorcast/docs/RUNBOOK.md tremorcast/deploy/prometheus/alerts.yml \
  tremorcast/deploy/systemd/tremorcast-server.service tremorcast/deploy/kubernetes/base/kustomization.yaml; do
  [ -s "$prefix/share/$file" ] || fail "share/$file is missing"
done

# The scripts find one another and the programs. (That the quickstart works is another test's; here it gets as far as without a database.)
deploy=$prefix/share/tremorcast/deploy
for script in quickstart cluster install-packages simulated-stations replay-weeks; do [ -x "$deploy/$script" ] || fail "$script cannot be run"; done
[[ $("$deploy/quickstart" --help) == *--replay* ]] || fail "quickstart --help"
"$deploy/quickstart" --stop --dir "$prefix/none" || fail "quickstart --stop"
rc=0
said=$("$deploy/quickstart" --env --dir "$prefix/none" 2>&1) || rc=$?
[ $rc -eq 1 ] && [[ $said == *"nothing runs"* ]] || fail "quickstart --env: $said"

grep -q 'cmake --install' "$root/Dockerfile" || fail "the image is not made by cmake --install"
echo "ok: installed and run from an empty folder"
