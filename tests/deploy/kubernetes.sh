#!/usr/bin/env bash
# Renders base, example and each component with kubectl kustomize and holds every object against the
# schema of its kind. The schemas, those of Kubernetes and of the Prometheus operator, come from
# npm.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
kubernetes=$root/deploy/kubernetes
command -v kubectl >/dev/null || { echo "SKIPPED: no kubectl (Debian 13's package kubernetes-client)"; exit 77; }
version=$(kubectl version --client 2>/dev/null | sed -n 's/^Kustomize Version: v\([0-9]*\).*/\1/p')
[ "${version:-0}" -ge 4 ] || { echo "SKIPPED: this kubectl's kustomize is older than v4 (Debian 12's is): it knows no components"; exit 77; }
npm=${TREMORCAST_BINARY_DIR:-$root/build/dev}/npm
# Outside the source tree, so that no node_modules of somebody's is in the way.
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
cp -a "$root/deploy" "$dir/deploy"

render() { kubectl kustomize "$1" > "$dir/$2.yml"; echo "ok: $2 renders $(grep -c '^kind:' "$dir/$2.yml") objects"; }
render "$dir/deploy/kubernetes/base" base
render "$dir/deploy/kubernetes/example" example
for component in "$kubernetes"/components/*; do
  name=$(basename "$component")
  mkdir "$dir/deploy/kubernetes/try-$name"
  printf 'resources: [../base]\ncomponents: [../components/%s]\n' "$name" > "$dir/deploy/kubernetes/try-$name/kustomization.yaml"
  render "$dir/deploy/kubernetes/try-$name" "with-$name"
done
"$kubernetes/prometheus-rule" > "$dir/prometheus-rule.yml"

"$root/tests/deploy/npm" "$npm" kubernetes-models@5.1.0 @kubernetes-models/prometheus-operator@6.0.0 js-yaml@4.1.0 typescript@5.7.3 || exit $?
NODE_PATH=$npm/node_modules node "$root/tests/deploy/validate_kubernetes.js" "$dir"/*.yml
