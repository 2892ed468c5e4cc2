#!/usr/bin/env bash
# Links and anchors of every Markdown file lead to files and headings that are there
# (remark-validate-links, from npm). Links to other sites are not followed.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
npm=${TREMORCAST_BINARY_DIR:-$root/build/dev}/npm-docs
"$root/tests/deploy/npm" "$npm" remark-cli@12.0.1 remark-validate-links@13.1.0 || exit $?
cd "$root"
mapfile -t files < <(git ls-files -c -o --exclude-standard '*.md')
[ ${#files[@]} -gt 10 ] || { echo "FAILED: only ${#files[@]} Markdown files were found"; exit 1; }
node "$npm/node_modules/remark-cli/cli.js" --frail --quiet --no-stdout --no-config --no-ignore \
  --use "$npm/node_modules/remark-validate-links/index.js=repository:false" "${files[@]}"
echo "ok: ${#files[@]} Markdown files"
