#!/usr/bin/env bash
# The completion scripts in the shells they are for: bash by calling the function as bash does, zsh through a terminal of its own.
set -euo pipefail
BIN=${TREMORCAST_BINARY_DIR:-$(cd "$(dirname "$0")/../.." && pwd)/build/dev}/bin
fail() { printf 'FAILED: %s\n' "$*"; exit 1; }
export PATH=$BIN:$PATH

# WORDS... LAST: what bash offers for LAST.
offered() {
  COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
  _tremorcast
  printf '%s\n' "${COMPREPLY[@]}"
}
has() { grep -qx -- "$1" <<< "$2" || fail "$3: '$1' is not among: $(tr '\n' ' ' <<< "$2")"; }
hasnt() { ! grep -qx -- "$1" <<< "$2" || fail "$3: '$1' is offered"; }

# shellcheck source=/dev/null
source <(tremorcast completion bash)
complete -p tremorcast > /dev/null || fail "bash knows no completion of tremorcast"
first=$(offered tremorcast '')
commands=0
while read -r word rest; do
  has "$word" "$first" "first word"
  commands=$((commands + 1))
  next=${rest%% *}
  if under=$(offered tremorcast "$word" '') && grep -qx -- "$next" <<< "$under"; then path=("$word" "$next"); else path=("$word"); fi
  flags=$(offered tremorcast "${path[@]}" --)
  # Each flag that the help of the command begins a line with.
  for flag in $(tremorcast "${path[@]}" --help | sed -n 's/^  \(--[a-z-]*\).*/\1/p'); do has "$flag" "$flags" "${path[*]}"; done
done < <(tremorcast --help | sed -n '/^  [a-z]/s/^ *//p')
[ "$commands" -ge 20 ] || fail "$commands commands were looked at"
has operational "$(offered tremorcast --server x:1 forecast --purpose o)" "choices"
hasnt hindcast "$(offered tremorcast --server x:1 forecast --purpose o)" "choices"
has test "$(offered tremorcast bulletin --purpose = t)" "choices after ="
[ -z "$(offered tremorcast ingest '')" ] || fail "a file is wanted, and something else is offered"
echo "ok: bash completes $commands commands"

command -v zsh > /dev/null || { echo "SKIPPED: no zsh; bash was tested"; exit 77; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
tremorcast completion zsh > "$folder/_tremorcast"
zsh -n "$folder/_tremorcast"
cat > "$folder/ask" <<'ZSH'
# FOLDER LINE TEXT: ends when zsh has listed TEXT for LINE, of which nothing is run.
zmodload zsh/zpty
zpty shell zsh -f -i
zpty -w shell "PS1=; TERM=dumb; stty columns 200; fpath=($1 \$fpath); autoload -Uz compinit; compinit -u -D; bindkey '^I' list-choices; echo rea''dy"
zpty -r shell seen '*ready*'
zpty -w -n shell "$2"$'\t'
zpty -r shell seen "*$3*"
ZSH
listed() { timeout 60 zsh -f "$folder/ask" "$folder" "$1" "$2" || fail "zsh does not list '$2' for '$1'"; }
listed 'tremorcast ' 'Write the bulletin as web pages'
listed 'tremorcast models ' 'rollback'
listed 'tremorcast --server x:1 models promote --' 'why, for the ledger'
listed 'tremorcast forecast --purpose ' 'hindcast'
echo "ok: zsh lists commands, flags and choices"
