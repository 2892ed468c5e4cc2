// tremorcast completion: scripts for bash and zsh out of the table of commands, so that they cannot
// fall behind it.

#include <map>
#include <memory>
#include <ostream>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <absl/strings/str_cat.h>
#include <absl/strings/str_join.h>
#include <absl/strings/str_replace.h>
#include <absl/strings/str_split.h>

#include "cli/calls/connection.h"
#include "cli/commands/commands.h"

namespace tremorcast::cli {
namespace {

struct Entry {
  std::string path, summary;
  std::unique_ptr<Command> command;  // its flags point into it
  std::vector<Flag> flags;
};

std::vector<Entry> Entries() {
  std::vector<Entry> entries;
  for (const CommandSpec& spec : AllCommands()) {
    std::unique_ptr<Command> command = spec.make();
    std::vector<Flag> flags = command->Flags();
    entries.push_back({spec.path, spec.summary, std::move(command), std::move(flags)});
  }
  return entries;
}

bool IsPositional(const Flag& flag) { return flag.name[0] != '-'; }
bool TakesValue(const Flag& flag) { return !std::holds_alternative<bool*>(flag.target); }
bool MayRepeat(const Flag& flag) { return std::holds_alternative<std::vector<std::string>*>(flag.target); }
std::vector<std::string> Names(const Flag& flag) { return absl::StrSplit(flag.name, ','); }

// The words below each prefix: "" -> ingest, stations, ...; "stations" -> import, list.
std::map<std::string, std::vector<std::pair<std::string, std::string>>> Words(const std::vector<Entry>& entries) {
  std::map<std::string, std::vector<std::pair<std::string, std::string>>> words;
  for (const Entry& entry : entries) {
    const std::vector<std::string> parts = absl::StrSplit(entry.path, ' ');
    if (parts.size() == 2) words[parts[0]].emplace_back(parts[1], entry.summary);
    auto& first = words[""];
    if (parts.size() == 2 && !first.empty() && first.back().first == parts[0]) {
      absl::StrAppend(&first.back().second, ", ", parts[1]);
    } else {
      first.emplace_back(parts[0], parts.size() == 2 ? parts[1] : entry.summary);
    }
  }
  return words;
}

std::string Bash(const std::vector<Entry>& entries) {
  std::vector<std::string> connection;
  for (const ConnectionFlag& flag : ConnectionFlags()) connection.push_back(flag.name);
  const std::string shared = absl::StrJoin(connection, " ");
  std::string out = absl::StrCat(
      "# tremorcast in bash. For this shell: source <(tremorcast completion bash)\n"
      "_tremorcast() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} command='' word words='' i\n"
      "  if [ \"$current\" = = ]; then current=''; fi\n"
      "  if [ \"$previous\" = = ]; then previous=${COMP_WORDS[COMP_CWORD-2]}; fi\n"
      "  for ((i = 1; i < COMP_CWORD; ++i)); do\n"
      "    word=${COMP_WORDS[i]}\n"
      "    case $word in\n"
      "      ",
      absl::StrJoin(connection, "|"),
      ") ((++i)) ;;\n"
      "      -*) [ -n \"$command\" ] && break ;;\n"
      "      *) command=${command:+$command }$word ;;\n"
      "    esac\n"
      "    case $command in ");
  const auto words = Words(entries);
  std::vector<std::string> groups;
  for (const auto& [prefix, under] : words) {
    if (!prefix.empty()) groups.push_back(prefix);
  }
  absl::StrAppend(&out, absl::StrJoin(groups, "|"), "|'') ;; *) break ;; esac\n  done\n  case $command in\n");
  for (const auto& [prefix, under] : words) {
    absl::StrAppend(
        &out, "    '", prefix, "') words='",
        absl::StrJoin(under, " ", [](std::string* to, const auto& word) { absl::StrAppend(to, word.first); }),
        prefix.empty() ? absl::StrCat(" ", shared, " --help --version") : "", "' ;;\n");
  }
  for (const Entry& entry : entries) {
    std::string flags, values, arguments;
    for (const Flag& flag : entry.flags) {
      if (IsPositional(flag)) {
        absl::StrAppend(&arguments, absl::StrJoin(flag.choices, " "));
        continue;
      }
      absl::StrAppend(&flags, absl::StrJoin(Names(flag), " "), " ");
      if (TakesValue(flag))
        absl::StrAppend(&values, "        ", absl::StrJoin(Names(flag), "|"), ") words='",
                        absl::StrJoin(flag.choices, " "), "' ;;\n");
    }
    absl::StrAppend(&out, "    '", entry.path, "') case $previous in\n", values,
                    "        *) case $current in -*) words='", flags, shared, " --help' ;; *) words='", arguments,
                    "' ;; esac ;;\n      esac ;;\n");
  }
  // Where nothing of ours fits, -o default offers files: for arguments and for flags with a value.
  absl::StrAppend(&out, "  esac\n  case $previous in ", absl::StrJoin(connection, "|"),
                  ") words='' ;; esac\n"
                  "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
                  "}\n"
                  "complete -o default -F _tremorcast tremorcast\n");
  return out;
}

// Quotes a text for the inside of '...' in an _arguments specification.
std::string ZshText(absl::string_view text) {
  return absl::StrReplaceAll(text, {{"\\", "\\\\"}, {"[", "\\["}, {"]", "\\]"}, {":", "\\:"}, {"'", "'\\''"}});
}

std::string ZshFlag(const std::string& name, absl::string_view help, bool with_value, bool repeated,
                    const std::vector<std::string>& choices) {
  return absl::StrCat(" \\\n        '", repeated ? "*" : "", name, "[", ZshText(help), "]",
                      !with_value       ? ""
                      : choices.empty() ? ":value:_files"
                                        : absl::StrCat(":value:(", absl::StrJoin(choices, " "), ")"),
                      "'");
}

std::string Zsh(const std::vector<Entry>& entries) {
  std::string connection;
  for (const ConnectionFlag& flag : ConnectionFlags())
    absl::StrAppend(&connection, ZshFlag(flag.name, flag.help, true, false, {}));
  std::string out =
      "#compdef tremorcast\n"
      "# tremorcast in zsh. For this shell: source <(tremorcast completion zsh)\n";
  for (const auto& [prefix, under] : Words(entries)) {
    absl::StrAppend(&out, "_tremorcast_words", prefix.empty() ? "" : "_", prefix, "() {\n  local -a words=(");
    for (const auto& [word, summary] : under) absl::StrAppend(&out, "\n    '", word, ":", ZshText(summary), "'");
    absl::StrAppend(&out, ")\n  _describe command words\n}\n");
  }
  absl::StrAppend(&out,
                  "_tremorcast() {\n"
                  "  local curcontext=$curcontext state line ret=1 command\n"
                  "  _arguments -C",
                  connection,
                  " \\\n    '--help[show the commands]' '--version[show the version]' '1: :_tremorcast_words' "
                  "'*:: :->rest' && ret=0\n"
                  "  [[ $state == rest ]] || return ret\n"
                  "  command=$words[1]\n"
                  "  case $command in\n");
  for (const auto& [prefix, under] : Words(entries)) {
    if (prefix.empty()) continue;
    absl::StrAppend(&out, "    ", prefix, ")\n      if ((CURRENT == 2)); then _tremorcast_words_", prefix,
                    "; return; fi\n      shift words; ((--CURRENT)); command=\"$command $words[1]\" ;;\n");
  }
  absl::StrAppend(&out, "  esac\n  case $command in\n");
  for (const Entry& entry : entries) {
    absl::StrAppend(&out, "    '", entry.path, "')\n      _arguments", connection,
                    ZshFlag("--help", "show flags and examples", false, false, {}));
    for (const Flag& flag : entry.flags) {
      if (IsPositional(flag)) {
        absl::StrAppend(&out, " \\\n        '", MayRepeat(flag) ? "*" : "", ":", ZshText(flag.name), ":",
                        flag.choices.empty() ? "_files" : absl::StrCat("(", absl::StrJoin(flag.choices, " "), ")"),
                        "'");
        continue;
      }
      for (const std::string& name : Names(flag))
        absl::StrAppend(&out, ZshFlag(name, flag.help, TakesValue(flag), MayRepeat(flag), flag.choices));
    }
    absl::StrAppend(&out, " && ret=0 ;;\n");
  }
  absl::StrAppend(&out,
                  "  esac\n  return ret\n}\n"
                  "if [[ $zsh_eval_context[-1] == loadautofunc ]]; then _tremorcast \"$@\"; else compdef _tremorcast "
                  "tremorcast; fi\n");
  return out;
}

class CompletionCommand final : public Command {
 public:
  std::vector<Flag> Flags() override { return {{"SHELL", "bash or zsh", &shell_, true, {"bash", "zsh"}}}; }
  ExitCode Run(CommandContext& context) override {
    context.console.out() << (shell_ == "bash" ? Bash(Entries()) : Zsh(Entries()));
    return ExitCode::kOk;
  }

 private:
  std::string shell_;
};

}  // namespace

CommandSpec CompletionSpec() {
  return {"completion",
          "Print the completion script of bash or zsh",
          "Commands, flags and their choices; file names elsewhere. Asks no server.",
          {"source <(tremorcast completion bash)", "tremorcast completion zsh > \"${fpath[1]}/_tremorcast\""},
          [] { return std::make_unique<CompletionCommand>(); }};
}

}  // namespace tremorcast::cli
