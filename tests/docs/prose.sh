#!/usr/bin/env bash
# Prose of every Markdown page is wrapped at 100 columns. Code blocks, tables, headings and HTML may be wider; a link counts as
# its text, since an address cannot be broken.
set -euo pipefail
export LC_ALL=C.UTF-8  # columns are characters, not bytes
cd "$(dirname "$0")/../.."
git rev-parse --is-inside-work-tree > /dev/null 2>&1 || { echo "SKIPPED: not a git checkout"; exit 77; }
mapfile -t pages < <(git ls-files '*.md')
status=0 lines=0
for page in "${pages[@]}"; do
  number=0 code=false
  while IFS= read -r line; do
    number=$((number + 1))
    if [[ $line =~ ^\ *\`\`\` ]]; then
      if $code; then code=false; else code=true; fi
      continue
    fi
    if $code || [[ $line =~ ^\ *[\|\<#] ]]; then continue; fi
    lines=$((lines + 1))
    [ ${#line} -gt 100 ] || continue
    shown=$(sed -E 's/\]\([^)]*\)/]/g' <<< "$line")
    [ ${#shown} -le 100 ] || { echo "FAILED: $page:$number has ${#shown} columns"; status=1; }
  done < "$page"
  ! $code || { echo "FAILED: $page ends in a code block"; status=1; }
done
[ $lines -gt 1000 ] || { echo "FAILED: only $lines lines of prose were found"; status=1; }
[ $status -ne 0 ] || echo "ok: $lines lines of prose on ${#pages[@]} pages"
exit $status
